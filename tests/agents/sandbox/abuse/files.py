"""Attacks on files: SandboxEval's file system, and what the application makes of the files it is given."""

from __future__ import annotations

from functools import partial
from html.parser import HTMLParser
from pathlib import Path

from agents.ports import CodeResult
from tests.agents.sandbox.abuse.case import Case, Cell, Put

_case = partial(Case, category="file system")


def _names(results: list[CodeResult]) -> list[str]:
    return [artifact["name"] for result in results for artifact in result.artifacts]


def only_the_plain_file(results: list[CodeResult], kept: Path) -> str:
    names = _names(results)
    return "" if names == ["plain.txt"] and (kept / "plain.txt").read_text() == "plain" else f"kept {names}"


def names_are_safe(results: list[CodeResult], kept: Path) -> str:
    """Below the folder, one name each, nothing hidden, no control or direction, none too long."""
    found = sorted(path.relative_to(kept).as_posix() for path in kept.rglob("*"))
    names = sorted(_names(results))
    bad = [name for name in names if name.startswith((".", " ")) or not name.isprintable() or "/" in name]
    sized = [name for name in names if not 0 < len(name.encode()) <= 255]
    return "" if found == names and len(names) >= 12 and not bad + sized else f"kept {found}, told {names}, bad {bad}"


class _Markup(HTMLParser):
    """The tags and attributes a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs)}


def nothing_active(results: list[CodeResult], kept: Path) -> str:
    """Only what a table is made of; markup in its cells stands there as text."""
    texts = [path.read_text() for path in kept.iterdir() if path.name.startswith("table-")]
    found = set().union(*(_Markup(text).found for text in texts))
    bad = found - {"table", "thead", "tbody", "tr", "th", "td", "p", "caption", "colspan"}
    return "" if len(texts) == 3 and not bad and "\u202e" not in "".join(texts) else f"{len(texts)} tables, {bad}"


def no_picture(results: list[CodeResult], kept: Path) -> str:
    kinds = {a["name"]: a["media_type"] for result in results for a in result.artifacts}
    pictures = [name for name, kind in kinds.items() if kind in ("image/png", "image/jpeg")]
    return "" if kinds and pictures == ["true.dat"] else f"kept {kinds}"


def at_most(number: int, megabytes: int, results: list[CodeResult], kept: Path) -> str:
    sizes = [path.stat().st_size for path in kept.iterdir()] if kept.is_dir() else []
    fits = len(sizes) <= number and sum(sizes) <= megabytes << 20
    return "" if fits else f"kept {len(sizes)} files of {sum(sizes)} bytes"


CASES = (
    _case(
        number=4,
        name="files made or changed outside the workspace",
        leaks_outside=True,
        code="""
system = ["/", "/etc", "/usr", "/usr/bin", "/usr/lib", "/usr/local/lib", "/bin", "/dev", "/proc", "/var/tmp", "/opt", "/home", "/packages", os.path.dirname(os.__file__)]
for folder in [HOST["open"], HOST["home"], *(system if HOST["walled"] else [])]:
    attempt(folder, lambda: made(folder + "/escaped"))
    attempt(folder, lambda: os.mkdir(folder + "/escaped-folder") or os.rmdir(folder + "/escaped-folder"))
for path in ["/usr/bin/env", os.__file__, "/etc/ld.so.cache", "/bin/sh"] if HOST["walled"] else []:
    attempt(path, lambda: opened(path))
    attempt(path, lambda: os.chmod(path, 0o777))
    attempt(path, lambda: os.utime(path))
    attempt(path, lambda: os.rename(path, path + ".old"))
attempt("link", lambda: HOST["walled"] and os.symlink("/", "/escaped"))
""",
    ),
    _case(
        number=20,
        name="devices",
        code="""
allowed = "null zero full random urandom tty fd stdin stdout stderr core pts ptmx shm mqueue console".split()
print("LEAK", set(os.listdir("/dev")) - set(allowed)) if set(os.listdir("/dev")) - set(allowed) else None
for folder in ("/tmp", "/workspace", "/dev/shm", "/dev"):
    attempt(folder, lambda: os.mknod(folder + "/disk", 0o60600, os.makedev(8, 0)))
    attempt(folder, lambda: os.mknod(folder + "/memory", 0o20600, os.makedev(1, 1)))
for name in ("sda", "vda", "nvme0n1", "mem", "port", "loop-control", "loop0", "mapper/control", "input/event0", "fb0", "watchdog"):
    attempt(name, lambda: opened("/dev/" + name, os.O_RDONLY))
""",
    ),
    _case(
        number=21,
        name="/sys and control groups",
        code="""
for top in ("/sys/kernel", "/sys/fs/cgroup", "/sys/power", "/sys/module", "/sys/class/block"):
    for folder, _, files in os.walk(top):
        for name in files[:20]:
            attempt(name, lambda: opened(f"{folder}/{name}"))
attempt("group", lambda: os.mkdir("/sys/fs/cgroup/escaped"))
""",
    ),
    _case(
        number=40,
        name="links and special files handed over as results",
        alone=True,
        check=only_the_plain_file,
        code="""
open("plain.txt", "w").write("plain")
for number, target in enumerate([HOST["secrets"][0], "/etc/shadow", "/etc/passwd", "/proc/1/environ", "/proc/self/mem", "/", "plain.txt", "/dev/zero"]):
    os.symlink(target, f"link-{number}.txt")
os.mkfifo("pipe.csv")
socket.socket(socket.AF_UNIX).bind("socket.png")
os.symlink("/usr", "folder")
os.symlink(".", "loop")
open("one.txt", "w").write("x")
os.link("one.txt", "two.txt")
open("locked.txt", "w").write("x")
os.chmod("locked.txt", 0)
""",
    ),
    _case(
        number=50,
        name="bombs in archives and pictures handed over as results",
        alone=True,
        check=partial(at_most, 50, 32),
        code="""
import struct, zipfile, zlib
with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
    bomb.writestr("big", b"\\0" * 100_000_000)
rows = zlib.compress(b"\\0" * 50_000_000)
chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
head = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
open("bomb.png", "wb").write(b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
open("bomb.csv", "w").write("a," * 1_000_000)
""",
    ),
    _case(
        number=52,
        name="programs written and executed: they stay inside",
        code="""
import shutil
for folder in ("/workspace", "/tmp"):
    shutil.copy("/usr/bin/id", folder + "/own")
    os.chmod(folder + "/own", 0o755)
    attempt(folder, lambda: "uid=0" in run(folder + "/own"))
    attempt(folder, lambda: bool(run("/bin/sh", "-c", f"cat {HOST['secrets'][0]}")))
    os.unlink(folder + "/own")
def in_memory():
    descriptor = os.memfd_create("own")
    os.write(descriptor, open("/usr/bin/id", "rb").read())
    return "uid=0" in run(f"/proc/{os.getpid()}/fd/{descriptor}")
attempt("memory", in_memory)
""",
    ),
    _case(
        number=70,
        name="shared memory, /tmp and the workspace of another session",
        code="""
from multiprocessing import shared_memory
for folder in ("/dev/shm", "/tmp", "/workspace", "/var/tmp"):
    try:
        open(folder + "/from-one-session", "w").write(HOST["mark"])
    except OSError:
        continue
""",
        alone=True,
        then=(
            Cell(
                elsewhere=True,
                code="""
for folder in ("/dev/shm", "/tmp", "/workspace", "/var/tmp"):
    attempt(folder, lambda: read(folder + "/from-one-session"))
    attempt(folder, lambda: [name for name in os.listdir(folder) if "session" in name] or False if os.path.isdir(folder) else False)
""",
            ),
        ),
    ),
    _case(
        number=71,
        name="the installed packages changed",
        code="""
for entry in [path for path in sys.path if os.path.isdir(path) and path not in ("", os.getcwd())]:
    attempt(entry, lambda: made(entry + "/escaped.pth"))
    attempt(entry, lambda: made(entry + "/sitecustomize.py"))
import numpy, IPython
for module in (numpy, IPython):
    attempt(module.__name__, lambda: opened(module.__file__))
    attempt(module.__name__, lambda: os.unlink(module.__file__))
    attempt(module.__name__, lambda: os.chmod(os.path.dirname(module.__file__), 0o777))
    attempt(module.__name__, lambda: os.rename(os.path.dirname(module.__file__), "/tmp/moved"))
""",
    ),
    _case(
        number=72,
        name="start-up files poisoned for the next session",
        alone=True,
        code="""
poison = "import sys; sys.stdout.write('LEAK poisoned\\\\n')"
home = os.path.expanduser("~")
version = f"{sys.version_info[0]}.{sys.version_info[1]}"
for path in (".local/lib/python" + version + "/site-packages/usercustomize.py", ".local/lib/python" + version + "/site-packages/x.pth", ".ipython/profile_default/startup/00.py", ".ipython/profile_default/ipython_config.py", ".matplotlib/matplotlibrc", ".pythonrc.py", ".bashrc", ".profile"):
    path = os.path.join(home, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").write(poison if path.endswith((".py", ".pth")) else "echo LEAK poisoned")
for name in ("sitecustomize.py", "json.py", "base64.py", "IPython.py", "numpy.py", "signal.py"):
    open(name, "w").write(poison)
""",
        then=(
            Cell("import json, numpy, matplotlib; print('fine')", elsewhere=True),
            Cell("bash -c true; bash -lc true; sh -c true", language="sh", elsewhere=True),
        ),
    ),
    _case(
        number=73,
        name="the files that were laid before it changed, removed, replaced by a link",
        alone=True,
        code="""
import shutil
if os.path.isdir("inputs"):
    shutil.rmtree("inputs")
os.symlink(HOST["open"], "inputs")
""",
        then=(
            Put("given.csv", b"a,b\n1,2\n"),
            Cell(
                "os.path.islink('inputs') and os.unlink('inputs')\n"
                "attempt('host', lambda: os.listdir(HOST['open']) or False)"
            ),
            Put("given.csv", b"a,b\n1,2\n"),
            Cell(
                "print('LEAK changed') if open('inputs/given.csv', 'rb').read() != b'a,b\\n1,2\\n' else None\n"
                "attempt('writing', lambda: opened('inputs/given.csv'))"
            ),
        ),
    ),
    _case(
        number=74,
        name="results with hostile names",
        alone=True,
        check=names_are_safe,
        code="""
long = chr(0x96EA) * 80 + ".txt"
names = ["-rf", "..hidden", " ", "a\\nb.txt", "\\x1b[31mred\\x1b[0m.txt", "\\x1b]0;title\\x07.csv", chr(0x202E) + "gnp.exe", "x" * 200 + ".txt", "$(touch escaped).sh", "`id`;|&.txt", "..", "C:\\\\evil.txt", "CON", "%2e%2e%2fescaped", "'\\"><script>.html", chr(0x200B) + "zero.txt", "~root", "name.png.\\u202ejpg"]
for name in names:
    if name != "..":
        open(name, "w").write("x")
open(b"\\xff\\xfe-bytes.txt", "wb").write(b"x")
for folder in ("a", "b", "c"):
    os.mkdir(folder)
    open(folder + "/" + long, "w").write("x")
os.makedirs("deep/er/down")
open("deep/er/down/same.txt", "w").write("x")
open("deep/same.txt", "w").write("x")
""",
    ),
    _case(
        number=75,
        name="a folder swapped for a link, files changed, while results are gathered",
        alone=True,
        check=partial(at_most, 150, 96),
        code="""
os.makedirs("real")
for number in range(200):
    open(f"real/{number}", "w").write("x" * 1000)
if os.fork() == 0:
    end = time.monotonic() + 8
    while time.monotonic() < end:
        try:
            os.rename("real", "aside"); os.symlink("/proc/1", "real"); os.unlink("real"); os.symlink("/usr/share", "real"); os.unlink("real"); os.rename("aside", "real")
            with open("real/1", "r+b") as file:
                file.truncate(0); file.truncate(200_000_000); file.truncate(5)
        except OSError:
            continue
    os._exit(0)
""",
        then=(Cell("open('after.txt', 'w').write('x')"), Cell("open('later.txt', 'w').write('x')")),
    ),
    _case(
        number=76,
        name="ten thousand results, holes of gigabytes, folders without end",
        alone=True,
        check=partial(at_most, 50, 32),
        code="""
for number in range(10_000):
    open(f"result-{number}", "w").write("x")
os.close(os.open("hole", os.O_CREAT | os.O_WRONLY))
attempt("hole", lambda: os.truncate("hole", 1 << 40))
try:
    os.truncate("hole", 200 << 20)
except OSError:
    pass
here = os.getcwd()
for number in range(500):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
open("deepest.txt", "w").write("x")
os.chdir(here)
""",
    ),
    _case(
        number=77,
        name="tables that are programs",
        alone=True,
        check=nothing_active,
        code="""
from IPython.display import HTML, display
bad = "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src='javascript:alert(1)'></iframe><svg onload=alert(1)><a href='javascript:alert(1)'>x</a><style>*{display:none}</style><link rel=stylesheet href=//evil><td style='position:fixed'>" + chr(0x202E) + "abc</td>"
display(HTML(f"<table><tr><td onclick=alert(1)>{bad}</td></tr></table>"))
display(HTML(bad))
import pandas
display(pandas.DataFrame({"<script>alert(1)</script>": ["<img src=x onerror=alert(1)>"]}))
""",
    ),
    _case(
        number=78,
        name="pictures that are not",
        alone=True,
        check=no_picture,
        code="""
from IPython.display import Image, display
display({"image/png": "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "text/plain": ""}, raw=True)
display({"image/jpeg": "PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+", "text/plain": ""}, raw=True)
for name in ("page.png", "page.jpg", "page.jpeg"):
    open(name, "w").write("<script>alert(1)</script>")
open("picture.svg", "w").write("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
open("true.dat", "wb").write(b"\\x89PNG\\r\\n\\x1a\\n" + b"x" * 10)
""",
    ),
    _case(
        number=79,
        name="the programs' own files replaced by folders and links",
        alone=True,
        code="""
os.makedirs("main.sh/x")
os.symlink(HOST["open"] + "/escaped", "main.py")
""",
        then=(
            Cell("import shutil; shutil.rmtree('main.sh'); os.symlink(HOST['open'] + '/escaped', 'main.sh')"),
            Cell("true", language="sh"),
        ),
    ),
)
