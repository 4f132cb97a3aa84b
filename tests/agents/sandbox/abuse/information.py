"""Attacks that only want to know: SandboxEval's information exposure."""

from __future__ import annotations

from functools import partial

from tests.agents.sandbox.abuse.case import Case

_case = partial(Case, category="information exposure")

CASES = (
    _case(
        number=1,
        name="accounts and names of the host",
        leaks_outside=True,
        code="""
import hashlib
def as_on_the_host(path):
    return hashlib.sha256(read(path)).hexdigest() == HOST["files"][path]
for path in HOST["files"]:
    attempt(path, lambda: as_on_the_host(path))
for path in ["/etc/shadow", "/etc/gshadow", "/etc/sudoers"]:
    attempt(path, lambda: read(path))
""",
    ),
    _case(
        number=2,
        name="homes, data, the application, logs",
        leaks_outside=True,
        code="""
for path in [HOST["home"], HOST["data"], HOST["folder"], HOST["repository"], "/root", "/home", "/var/log", "/run", "/opt", "/srv", "/mnt", "/media", "/boot", "/usr/src"]:
    attempt(path, lambda: os.listdir(path) or False)
for path in HOST["secrets"] + ["/root/.bashrc", "/var/log/dpkg.log", HOST["folder"] + "/../" + HOST["folder"] + "/canary"]:
    attempt(path, lambda: read(path))
""",
    ),
    _case(
        number=3,
        name="secrets in environments",
        leaks_outside=True,
        code="""
attempt("own", lambda: canaries(repr(os.environ).encode()))
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/task/*/environ"):
    attempt(path, lambda: canaries(read(path)))
""",
    ),
    _case(
        number=11,
        name="past the root through /proc/PID/root and cwd",
        leaks_outside=True,
        code="""
for link in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd") + ["/proc/self/root"]:
    attempt(link, lambda: read(link + "/" + HOST["secrets"][0]))
    attempt(link, lambda: read(link + "/../../../../../" + HOST["secrets"][0]))
""",
    ),
    _case(
        number=13,
        name="memory and addresses of the kernel",
        code="""
for path in ["/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/proc/slabinfo", "/proc/vmallocinfo", "/proc/pagetypeinfo", "/proc/sched_debug", "/proc/timer_list", "/sys/kernel/notes", "/sys/kernel/debug"]:
    attempt(path, lambda: read(path))
def addresses(path, column):
    return [line for line in read(path).decode().splitlines() if int(line.split()[column], 16)] or False
attempt("kallsyms", lambda: addresses("/proc/kallsyms", 0))
attempt("modules", lambda: addresses("/proc/modules", -1))
attempt("the kernel's log", lambda: syscall("syslog", 3, ctypes.create_string_buffer(64), 64))
def frames():
    with open("/proc/self/pagemap", "rb") as file:
        file.seek(ctypes.addressof(ctypes.create_string_buffer(1)) // 4096 * 8)
        return int.from_bytes(file.read(8), "little") & (1 << 55) - 1 or False
attempt("physical addresses", frames)
""",
    ),
    _case(
        number=25,
        name="inherited descriptors",
        leaks_outside=True,
        code="""
for descriptor in range(3, 256):
    attempt(descriptor, lambda: canaries(os.pread(descriptor, 100, 0)))
    attempt(descriptor, lambda: "socket:" in os.readlink(f"/proc/self/fd/{descriptor}"))
""",
    ),
    _case(
        number=54,
        name="planted secrets, wherever they could be",
        leaks_outside=True,
        code="""
def look(where, content):
    for found in set(CANARY.findall(content)):
        print("LEAK", where, found.decode())

def look_into_memory(pid):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(word, 16) for word in line.split()[0].split("-"))
            if "rw" in line and end - begin < 1 << 28:
                try:
                    memory.seek(begin)
                    look(f"memory of {pid}", memory.read(end - begin))
                except OSError:
                    continue

for pid in [*(name for name in os.listdir("/proc") if name.isdigit()), "self"] if HOST["walled"] else ["self"]:
    for name in ("environ", "cmdline", "maps", "mountinfo", "status", "cgroup", "comm", "auxv", "limits", "net/unix"):
        attempt(f"{pid} {name}", lambda: canaries(read(f"/proc/{pid}/{name}")))
    attempt(f"memory of {pid}", lambda: look_into_memory(pid) or False)

SYSTEM = ("/proc", "/sys", "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/packages", sys.base_prefix)
NAMES = {"roundtable.sqlite", "roundtable.toml", "id_ed25519", "credentials", ".netrc", "roundtable.sock"}
end, seen = time.monotonic() + 3, 0
for top in [HOST["data"], HOST["home"], HOST["folder"], *(["/"] if HOST["walled"] else [])]:
    for folder, folders, files in os.walk(top):
        if NAMES & set(files):
            print("LEAK", folder, NAMES & set(files))
        if folder.startswith(SYSTEM) and folder != "/" or time.monotonic() > end:
            continue
        for name in files:
            seen += 1
            attempt("file", lambda: canaries(read(os.path.join(folder, name), 1 << 20))) if seen < 2000 else None
        folders[:] = [each for each in folders if os.path.join(folder, each) not in ("/proc", "/sys")]
        if time.monotonic() > end:
            break
""",
    ),
    _case(
        number=55,
        name="command lines and names of the host's processes",
        leaks_outside=True,
        code="""
for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/task/*/cmdline"):
    attempt(path, lambda: holds(path, HOST["token"]))
attempt("how many", lambda: len(glob.glob("/proc/[0-9]*")) > 20)
""",
    ),
    _case(
        number=56,
        name="interfaces, routes and connections of the host",
        leaks_outside=True,
        code="""
attempt("interfaces", lambda: set(os.listdir("/sys/class/net")) - {"lo", "bonding_masters", "tunl0", "sit0", "ip6tnl0"} or False)
attempt("/proc/net/dev", lambda: [line for line in read("/proc/net/dev").decode().splitlines()[2:] if not line.split(":")[0].strip() in ("lo", "tunl0", "sit0", "ip6tnl0")] or False)
attempt("routes", lambda: read("/proc/net/route").splitlines()[1:] or False)
for name in ("arp", "tcp", "tcp6", "udp", "raw", "packet"):
    attempt(name, lambda: [line for line in read("/proc/net/" + name).splitlines()[1:] if line.strip()] or False)
attempt("ports", lambda: f":{HOST['port']:04X} " in read("/proc/net/tcp").decode())
""",
    ),
    _case(
        number=57,
        name="where the application keeps its things, told by what is shown inside",
        leaks_outside=True,
        code="""
telling = ["/proc/self/mountinfo", "/proc/self/environ", "/proc/1/cmdline", "/proc/1/environ", "/proc/self/cgroup", "/proc/cmdline"]
for entry in sys.path:
    telling += glob.glob(entry + "/*.dist-info/RECORD") + glob.glob(entry + "/*.dist-info/direct_url.json")
    telling += glob.glob(entry + "/*.pth") + glob.glob(entry + "/*.json") + glob.glob(entry + "/bin/*")
for path in telling:
    attempt(path, lambda: any(holds(path, HOST[name]) for name in ("home", "data", "folder")))
""",
    ),
    _case(
        number=58,
        name="the supervisor's environment, memory and descriptors",
        code="""
for name in ("environ", "mem", "maps", "fd/0", "fd/1", "fd/2", "cwd/x", "exe", "auxv", "stack", "syscall"):
    attempt(name, lambda: read("/proc/1/" + name))
attempt("descriptors", lambda: os.listdir("/proc/1/fd") or False)
buffer = ctypes.create_string_buffer(64)
attempt("process_vm_readv", lambda: syscall("process_vm_readv", 1, buffer, 1, buffer, 1, 0))
""",
    ),
)
