"""Attacks on the kernel and on the host's processes: SandboxEval's dangerous operations."""

from __future__ import annotations

from functools import partial

from tests.agents.sandbox.abuse.case import Case

_case = partial(Case, category="dangerous operations")

CASES = (
    _case(
        number=10,
        name="processes of the host seen and signalled",
        leaks_outside=True,
        code="""
seen = {int(name) for name in os.listdir("/proc") if name.isdigit()}
attempt("signal", lambda: os.kill(HOST["pid"], 0) if HOST["pid"] not in seen else holds(f"/proc/{HOST['pid']}/cmdline", HOST["token"]))
attempt("pidfd", lambda: os.pidfd_open(HOST["pid"]) if HOST["pid"] not in seen else False)
attempt("command lines", lambda: any(HOST["token"] in line for line in command_lines()))
hidden = []
for pid in range(1, 5000):
    if pid not in seen:
        try:
            os.kill(pid, 0)
            hidden.append(pid)
        except OSError:
            continue
visible = {int(name) for name in os.listdir("/proc") if name.isdigit()}
print("LEAK hidden processes", hidden) if len(set(hidden) - visible) > 8 else None
""",
    ),
    _case(
        number=12,
        name="settings of the kernel, opened for writing and closed",
        code="""
for folder, _, files in os.walk("/proc/sys"):
    for name in files:
        attempt(name, lambda: opened(f"{folder}/{name}")) if "LEAK" not in name else None
for name in ("sysrq-trigger", "kmsg", "kcore", "mtrr", "scsi/scsi", "acpi/wakeup", "irq/default_smp_affinity", "bus/pci/devices", "1/oom_score_adj", "1/mem", "1/attr/current", "1/coredump_filter", "1/clear_refs", "1/uid_map"):
    attempt(name, lambda: opened("/proc/" + name))
""",
    ),
    _case(
        number=14,
        name="other processes traced, their memory read",
        leaks_outside=True,
        code="""
attempt("traceme", lambda: in_child(lambda: syscall("ptrace", 0, 0, 0, 0)))
victim = subprocess.Popen(["sleep", "60"])
for pid in (1, victim.pid):
    attempt("seize", lambda: in_child(lambda: syscall("ptrace", 0x4206, pid, 0, 0)))
    attempt("attach", lambda: in_child(lambda: syscall("ptrace", 16, pid, 0, 0)))
victim.kill()
victim.wait()
text = ctypes.create_string_buffer(b"text")
part = (ctypes.c_size_t * 2)(ctypes.addressof(text), 4)
attempt("read", lambda: syscall("process_vm_readv", os.getpid(), part, 1, part, 1, 0))
attempt("write", lambda: syscall("process_vm_writev", os.getpid(), part, 1, part, 1, 0))
""",
    ),
    _case(
        number=15,
        name="mounts and roots changed",
        code="""
attempt("mount", lambda: syscall("mount", b"none", b"/tmp", b"tmpfs", 0, 0))
attempt("bind", lambda: syscall("mount", b"/proc/sys", b"/tmp", b"", 4096, 0))
attempt("remount", lambda: syscall("mount", b"none", b"/", b"", 32, 0))
attempt("umount", lambda: in_child(lambda: syscall("umount2", b"/dev/shm", 2)))
attempt("chroot", lambda: in_child(lambda: syscall("chroot", b"/tmp")))
attempt("pivot_root", lambda: in_child(lambda: syscall("pivot_root", b".", b".")))
attempt("open_tree", lambda: syscall("open_tree", -100, b"/", 1))
attempt("fsopen", lambda: syscall("fsopen", b"proc", 0))
attempt("move_mount", lambda: refused("move_mount"))
attempt("mount_setattr", lambda: refused("mount_setattr"))
for words in (["mount", "-t", "tmpfs", "none", "/tmp"], ["mount", "--bind", "/", "/tmp"], ["umount", "/tmp"], ["fusermount", "-V"]):
    attempt(words, lambda: words[0] != "fusermount" and bool(run(*words, seconds=3)))
""",
    ),
    _case(
        number=16,
        name="namespaces of its own, with the rights they give",
        leaks_outside=True,
        code="""
for name, flag in dict(user=0x10000000, mount=0x20000, pid=0x20000000, net=0x40000000, ipc=0x8000000, uts=0x4000000, cgroup=0x2000000).items():
    attempt("unshare " + name, lambda: in_child(lambda: syscall("unshare", flag)))
    attempt("clone " + name, lambda: in_child(lambda: syscall("clone", flag | signal.SIGCHLD, 0, 0, 0, 0) or os._exit(0)))
wanted = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, signal.SIGCHLD)
attempt("clone3", lambda: in_child(lambda: syscall("clone3", wanted, 88) or os._exit(0)))
for path in glob.glob("/proc/1/ns/*") + glob.glob("/proc/self/ns/*"):
    attempt(path, lambda: in_child(lambda: syscall("setns", os.open(path, os.O_RDONLY), 0)))
attempt("program", lambda: "uid=0" in run("unshare", "--user", "--map-root-user", "id"))
""",
    ),
    _case(
        number=17,
        name="keys of the kernel",
        leaks_outside=True,
        code="""
attempt("keyring", lambda: syscall("keyctl", 0, -3, 0, 0, 0))
attempt("add", lambda: syscall("add_key", b"user", b"roundtable", b"x", 1, -2))
attempt("request", lambda: refused("request_key"))
attempt("list", lambda: "user" in run("keyctl", "show"))
""",
    ),
    _case(
        number=18,
        name="programs, modules and another kernel loaded",
        code="""
for name in ("bpf", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "open_by_handle_at", "fanotify_init", "quotactl", "swapon", "swapoff", "acct", "reboot", "syslog"):
    attempt(name, lambda: refused(name))
handle = (ctypes.c_uint32 * 40)(128)
attempt("handle", lambda: syscall("name_to_handle_at", -100, b"/", handle, ctypes.create_string_buffer(8), 0))
for tool in ("modprobe", "insmod", "kexec", "reboot"):
    attempt(tool, lambda: bool(run(tool, "--version")) and False)
""",
    ),
    _case(
        number=19,
        name="system calls by the numbers of another ABI",
        code="""
import mmap
def by_interrupt():  # mov eax, 20 (getpid of 32 bits); int 0x80; ret
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("b814000000cd80c3"))
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)() > 0
def by_x32():
    return LIBC.syscall(ctypes.c_long(0x40000000 | 39)) > 0
if X86:
    attempt("int 0x80", lambda: in_child(by_interrupt))
    attempt("x32", lambda: in_child(by_x32))
for number in (-1, 451, 462, 5000):
    attempt(number, lambda: in_child(lambda: LIBC.syscall(ctypes.c_long(number), -1, -1, -1) != -1))
""",
    ),
    _case(
        number=22,
        name="rights: capabilities, setuid programs, other users",
        code="""
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
for name, value in {"CapEff": 0, "CapPrm": 0, "CapBnd": 0, "CapAmb": 0, "CapInh": 0, "NoNewPrivs": 1, "Seccomp": 2}.items():
    print("LEAK", name, status[name]) if int(status[name], 16) != value else None
print("LEAK root") if 0 in os.getresuid() + os.getresgid() or 0 in os.getgroups() else None
for what, action in {"setuid": lambda: os.setuid(0), "setgid": lambda: os.setgid(0), "setgroups": lambda: os.setgroups([0]), "setresuid": lambda: os.setresuid(0, 0, 0), "setfsuid": lambda: (LIBC.setfsuid(0), LIBC.setfsuid(-1))[1] == 0}.items():
    attempt(what, action)
import shutil, stat
for name in ("sudo", "su", "pkexec", "doas", "newgrp", "sg", "chsh", "mount", "unix_chkpwd", "newuidmap"):
    for path in glob.glob(f"/usr/*bin/{name}"):
        attempt(name, lambda: "uid=0" in run(path, "-c", "id", seconds=1) + run(path, "-n", "id", seconds=1))
shutil.copy("/usr/bin/id", "/workspace/id")
os.chmod("/workspace/id", 0o6755)
attempt("own setuid copy", lambda: "euid=0" in run("/workspace/id"))
os.unlink("/workspace/id")
attempt("capability of a file", lambda: os.setxattr("/workspace", "security.capability", b"\\x01\\0\\0\\x02" + b"\\xff" * 16))
""",
    ),
    _case(
        number=23,
        name="the clock and the name of the host",
        code="""
for name in ("settimeofday", "clock_settime", "sethostname", "setdomainname"):
    attempt(name, lambda: refused(name))
for path in ("/dev/rtc0", "/dev/rtc", "/dev/ptp0", "/proc/sys/kernel/hostname", "/proc/sys/kernel/domainname"):
    attempt(path, lambda: opened(path))
attempt("name", lambda: os.uname().nodename == HOST["hostname"])
""",
    ),
    _case(
        number=24,
        name="keys typed into a terminal of the host",
        code="""
import fcntl
for path in ["/dev/tty", "/dev/console", *glob.glob("/dev/pts/[0-9]*"), *glob.glob("/dev/tty[0-9]*")]:
    attempt(path, lambda: opened(path, os.O_RDWR | os.O_NOCTTY))
attempt("standard streams", lambda: any(os.isatty(number) for number in range(3)))
ours, theirs = os.openpty()
for request in (0x5412, 0x541C):
    attempt(hex(request), lambda: in_child(lambda: fcntl.ioctl(theirs, request, b"x")))
    attempt(hex(request), lambda: in_child(lambda: LIBC.ioctl(theirs, ctypes.c_ulong(request | 1 << 32), b"x") == 0))
os.close(ours), os.close(theirs)
""",
    ),
    _case(
        number=41,
        name="a core dump with everything in memory",
        code="""
import resource
print("LEAK limit") if resource.getrlimit(resource.RLIMIT_CORE)[1] > 1 else None
child = os.fork()
if not child:
    os.kill(os.getpid(), signal.SIGQUIT)
    os._exit(1)
print("LEAK dumped") if os.WCOREDUMP(os.waitpid(child, 0)[1]) else None
print("LEAK file") if glob.glob("/workspace/core*") + glob.glob("/tmp/core*") else None
""",
    ),
    _case(
        number=42,
        name="its own limits raised",
        code="""
import resource
most = dict(AS=4 << 30, NPROC=64, NOFILE=1024, FSIZE=256 << 20, CORE=1, MEMLOCK=64 << 10, MSGQUEUE=0)
for name, value in most.items():
    kind = getattr(resource, "RLIMIT_" + name)
    soft, hard = resource.getrlimit(kind)
    print("LEAK", name, hard) if not 0 <= hard <= value else None
    attempt(name, lambda: resource.setrlimit(kind, (hard, hard + 4096)))
    attempt(name, lambda: resource.prlimit(1, kind, (hard, hard)) and False)
attempt("locked memory", lambda: LIBC.mlockall(3) == 0)
""",
    ),
    _case(
        number=51,
        name="more of the processor than is due",
        code="""
attempt("nice", lambda: os.nice(-1))
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, 0, 0))
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    attempt(policy, lambda: os.sched_setscheduler(0, policy, os.sched_param(1)))
attempt("pid 1", lambda: os.setpriority(os.PRIO_PROCESS, 1, 0))
""",
    ),
    _case(
        number=65,
        name="calls that kernel exploits are made of, with sound arguments",
        leaks_outside=True,
        code="""
parameters = ctypes.create_string_buffer(120)
attempt("io_uring", lambda: syscall("io_uring_setup", 1, parameters))
attempt("userfaultfd", lambda: syscall("userfaultfd", 1))
attempt("/dev/userfaultfd", lambda: opened("/dev/userfaultfd", os.O_RDWR))
event = (ctypes.c_uint32 * 32)(1, 128)
attempt("perf", lambda: syscall("perf_event_open", event, 0, -1, -1, 0))
program = ctypes.create_string_buffer(128)
attempt("bpf", lambda: refused("bpf", 0, program, 128))
if X86:
    CALLS["modify_ldt"] = (154, 0)
    attempt("modify_ldt", lambda: syscall("modify_ldt", 0, ctypes.create_string_buffer(64), 64))
for path in ("/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/vhost-net", "/dev/vsock", "/dev/dri/card0", "/dev/snd/timer"):
    attempt(path, lambda: opened(path, os.O_RDWR))
""",
    ),
    _case(
        number=66,
        name="a fresh /proc, to get past the read-only one",
        language="sh",
        code="""
mkdir -p /tmp/proc
unshare --user --map-root-user --mount --pid --fork sh -c 'mount -t proc proc /tmp/proc && echo LEAK mounted'
unshare --user --map-root-user --mount sh -c 'mount -o remount,rw /proc && echo LEAK remounted'
bwrap --unshare-all --dev-bind / / --proc /proc true && echo LEAK nested
(: >> /proc/sys/kernel/core_pattern) && echo LEAK core_pattern
(: >> /tmp/proc/sys/kernel/core_pattern) && [ -e /tmp/proc/sys ] && echo LEAK fresh core_pattern
true
""",
    ),
    _case(
        number=67,
        name="out through the release agent of a control group",
        language="sh",
        code="""
mkdir -p /tmp/cgroup
for kind in "cgroup -o memory" "cgroup -o rdma" "cgroup2"; do mount -t $kind none /tmp/cgroup && echo LEAK $kind; done
unshare -UrmC sh -c 'mount -t cgroup -o rdma none /tmp/cgroup && echo LEAK in a namespace'
for file in $(find /sys/fs/cgroup /sys/kernel/uevent_helper /sys/power /sys/kernel/mm -type f 2>/dev/null | head -200); do
  (: >> $file) 2>/dev/null && echo "LEAK $file"
done
true
""",
    ),
    _case(
        number=68,
        name="the next process number and mappings of users chosen",
        code="""
for name in ("sys/kernel/ns_last_pid", "sys/kernel/pid_max", "1/uid_map", "1/gid_map", "1/setgroups", "1/projid_map"):
    attempt(name, lambda: opened("/proc/" + name))
attempt("more users", lambda: len(read("/proc/self/uid_map").splitlines()) > 1)
attempt("helper", lambda: bool(run("newuidmap", str(os.getpid()), "0", "0", "1")))
""",
    ),
    _case(
        number=69,
        name="another name to hide behind",
        alone=True,
        code="""
linger(HOST["mark"])
if os.fork() == 0:
    LIBC.prctl(15, b"systemd", 0, 0, 0)  # PR_SET_NAME
    os.setsid()
    os.execv("/bin/sleep", ["[kworker/0:1]", HOST["mark"]])
LIBC.prctl(15, b"bwrap", 0, 0, 0)
""",
    ),
)
