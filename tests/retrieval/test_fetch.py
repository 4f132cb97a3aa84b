"""Pages as sources: what is fetched, what is kept, and every way it can fail."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from configs.settings import FetchSettings
from retrieval.sources import Found, discover
from tests.retrieval.site import Site, page, redirect, running

HERE = ("127.0.0.1",)


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as running_site:
        yield running_site


class Look:
    """Ingests addresses with settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.downloads, self._scratch = folder / "downloads", folder / "scratch"

    def __call__(self, *addresses: str, allow: tuple[str, ...] = HERE, **settings: float) -> Found:
        fetch = FetchSettings.model_validate({"timeout_s": 5, "allow_hosts": allow, **settings})
        return discover(addresses, scratch=self._scratch, fetch=fetch, downloads=self.downloads)

    def kept(self) -> list[str]:
        return sorted(file.name for file in self.downloads.rglob("*") if file.is_file())


@pytest.fixture
def look(tmp_path: Path) -> Look:
    return Look(tmp_path)


def _why(found: Found) -> str:
    assert found.files == ()
    ((_, error),) = found.unreadable
    assert error.hint
    return error.message


def test_a_page_is_a_document_with_its_address_as_location(site: Site, look: Look) -> None:
    site.answers["/a/Guide%20One?x=1"] = page(b"<p>Hello</p>", "text/html; charset=utf-8")
    found = look(site.url("/a/Guide One?x=1#part"))
    (file,) = found.files
    assert file.source == file.location == site.url("/a/Guide%20One?x=1")
    assert (file.path.name, file.path.read_bytes()) == ("Guide One.html", b"<p>Hello</p>")
    assert not found.gone(file.location)
    assert site.requests[0]["host"] == f"127.0.0.1:{site.port}"


def test_pages_and_files_keep_their_order(site: Site, look: Look, tmp_path: Path) -> None:
    site.answers |= {"/1": page(b"1"), "/2": page(b"2")}
    (tmp_path / "x.md").write_text("x")
    found = look(site.url("/1"), str(tmp_path / "x.md"), site.url("/nothing"), site.url("/2"), site.url("/1"))
    assert [file.path.name for file in found.files] == ["1.html", "x.md", "2.html"]
    assert [source for source, _ in found.unreadable] == [site.url("/nothing")]


@pytest.mark.parametrize(
    ("path", "content_type", "name"),
    [
        ("/", "text/html", "127.0.0.1.html"),
        ("/paper/2101.00001", "application/pdf", "2101.00001.pdf"),
        ("/paper.pdf", "application/pdf", "paper.pdf"),
        ("/paper.pdf", "application/octet-stream", "paper.pdf"),
        ("/login.pdf", "text/html", "login.html"),
        ("/README.md", "text/plain; charset=utf-8", "README.md"),
        ("/data", "TEXT/CSV", "data.csv"),
        ("/script.py", "text/plain", "script.py.txt"),
        ("/..%2f..%2fetc%2fpasswd.md", "text/markdown", "_.._etc_passwd.md"),
        ("/.hidden.html", "text/html", "hidden.html"),
        ("/" + "n" * 400 + ".html", "text/html", "n" * 195 + ".html"),
    ],
)
def test_type_and_address_give_the_file_its_name(
    site: Site, look: Look, path: str, content_type: str, name: str
) -> None:
    site.answers[path] = page(b"text", content_type)
    (file,) = look(site.url(path)).files
    assert file.path.name == name
    assert file.path.parent.parent == look.downloads


@pytest.mark.parametrize("content_type", ["image/x-unknown", "application/zip", "video/mp4"])
def test_what_no_parser_reads_is_refused_unread(site: Site, look: Look, content_type: str) -> None:
    site.answers["/x"] = page(b"x", content_type)
    assert f"a type that cannot be read ({content_type})" in _why(look(site.url("/x")))
    assert look.kept() == []


def test_an_unchanged_page_is_not_sent_again(site: Site, look: Look) -> None:
    site.answers["/x"] = page(b"one", ETag='"v1é"', Last_Modified="Tue, 02 Jan 2024 03:04:05 GMT")
    (first,) = look(site.url("/x")).files
    site.answers["/x"] = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
    (second,) = look(site.url("/x")).files
    assert second == first
    assert second.path.read_bytes() == b"one"
    assert site.requests[1]["if-none-match"].encode("latin-1").decode() == '"v1é"'
    assert site.requests[1]["if-modified-since"] == "Tue, 02 Jan 2024 03:04:05 GMT"


def test_what_one_page_said_is_not_asked_of_another_it_is_moved_to(site: Site, look: Look) -> None:
    site.answers |= {"/latest": redirect("/v1"), "/v1": page(b"one", ETag='"1"'), "/v2": page(b"two", ETag='"1"')}
    look(site.url("/latest"), site.url("/latest"))
    site.answers["/latest"] = redirect("/v2")
    (file,) = look(site.url("/latest")).files
    assert file.path.read_bytes() == b"two"
    assert ["if-none-match" in request for request in site.requests] == [False] * 4
    look(site.url("/latest"))
    assert "if-none-match" in site.requests[-1]


def test_a_changed_page_replaces_its_copy_under_any_name(site: Site, look: Look) -> None:
    site.answers["/x"] = page(b"one")
    look(site.url("/x"))
    site.answers["/x"] = page(b"two", "text/plain")
    (file,) = look(site.url("/x")).files
    assert (file.path.name, file.path.read_bytes()) == ("x.txt", b"two")
    assert look.kept() == [".kept.json", "x.txt"]


def test_a_copy_that_was_tampered_with_is_fetched_anew(site: Site, look: Look) -> None:
    site.answers["/x"] = page(b"one", ETag='"v1"')
    (file,) = look(site.url("/x")).files
    file.path.write_bytes(b"other")
    look(site.url("/x"))
    assert "if-none-match" not in site.requests[1]
    assert file.path.read_bytes() == b"one"


@pytest.mark.parametrize("broken", [page(b"", status="500 Oops"), page(b"two")[:-1], b"", b"garbage\r\n\r\n"])
def test_a_failure_leaves_the_copy_from_before(site: Site, look: Look, broken: bytes) -> None:
    site.answers["/x"] = page(b"one")
    (file,) = look(site.url("/x")).files
    site.answers["/x"] = broken
    found = look(site.url("/x"))
    assert _why(found)
    assert not found.gone(file.location)
    assert file.path.read_bytes() == b"one"
    assert look.kept() == [".kept.json", "x.html"]


@pytest.mark.parametrize(
    ("status", "part"),
    [
        ("404 Not Found", "answered 404 (Not Found)."),
        ("403 Forbidden", "answered 403"),
        ("304 Not Modified", "answered 304"),
        ("302 Found", "answered 302"),
        ("599 Odd", "answered 599."),
    ],
)
def test_other_answers_are_told(site: Site, look: Look, status: str, part: str) -> None:
    site.answers["/x"] = page(b"", status=status)
    assert part in _why(look(site.url("/x")))


def test_a_copy_that_cannot_be_kept_is_told(site: Site, look: Look) -> None:
    site.answers["/x"] = page(b"x")
    look.downloads.write_text("no folder")
    assert "cannot be kept" in _why(look(site.url("/x")))


def test_gzip_is_unpacked(site: Site, look: Look) -> None:
    text = b"<p>again</p>" * 100_000
    site.answers["/x"] = page(gzip.compress(text, mtime=0), Content_Encoding="gzip")
    site.answers["/y"] = page(zlib.compress(text), Content_Encoding="deflate")
    assert [file.path.read_bytes() == text for file in look(site.url("/x"), site.url("/y")).files] == [True, True]
    assert site.requests[0]["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("br", b"x"), ("gzip, gzip", b"x"), ("gzip", b"x"), ("gzip", gzip.compress(b"x" * 99, mtime=0)[:-9])],
)
def test_what_cannot_be_unpacked_is_refused(site: Site, look: Look, encoding: str, body: bytes) -> None:
    site.answers["/x"] = page(body, Content_Encoding=encoding)
    assert _why(look(site.url("/x")))
    assert look.kept() == []


def test_a_page_too_large_is_refused_by_what_it_declares_and_by_what_comes(site: Site, look: Look) -> None:
    sent = []

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            sent.append(connection.send(bytes(65536)))

    site.answers["/declared"] = page(b"", Content_Length=3 << 20)
    site.answers["/endless"] = endless
    site.answers["/bomb"] = page(gzip.compress(bytes(64 << 20), 9), Content_Encoding="gzip")
    assert "has 3 MiB; at most 2 MiB" in _why(look(site.url("/declared"), max_mb=2))
    assert "larger than 2 MiB" in _why(look(site.url("/endless"), max_mb=2))
    assert "larger than 2 MiB" in _why(look(site.url("/bomb"), max_mb=2))
    assert sum(sent) < 16 << 20
    assert look.kept() == []


def _drip(start: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(200):
            time.sleep(0.1)
            connection.sendall(drop)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        _drip(b"", b""),
        _drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        _drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"x"),
    ],
    ids=["nothing", "headers", "body"],
)
def test_the_time_limit_is_on_the_whole_however_little_comes_each_time(
    site: Site, look: Look, answer: Callable[[socket.socket], None]
) -> None:
    site.answers["/x"] = answer
    started = time.monotonic()
    why = _why(look(site.url("/x"), timeout_s=0.6))
    assert time.monotonic() - started < 1.5
    assert "took longer than 0.6 s" in why


def test_redirections_are_followed_and_the_location_stays_as_given(site: Site, look: Look) -> None:
    site.answers |= {"/a": redirect("b"), "/b": redirect(site.url("/c.md")[5:], "308 Permanent Redirect")}
    site.answers["/c.md"] = page(b"# c", "text/plain")
    (file,) = look(site.url("/a")).files
    assert (file.location, file.path.name) == (site.url("/a"), "c.md")


def test_redirections_in_a_circle_end(site: Site, look: Look) -> None:
    site.answers["/a"] = redirect("/a")
    assert "redirects more than 3 times" in _why(look(site.url("/a"), max_redirects=3))
    assert len(site.requests) == 4


@pytest.mark.parametrize("to", ["ftp://127.0.0.1/x", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:x"])
def test_a_redirection_to_another_scheme_is_refused(site: Site, look: Look, to: str) -> None:
    site.answers["/a"] = redirect(to)
    assert "Only http and https" in _why(look(site.url("/a")))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "127.1", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_without_leave_no_connection_is_made_to_this_machine(site: Site, look: Look, host: str) -> None:
    site.answers["/x"] = page(b"secret")
    assert "not a public address" in _why(look(site.url("/x", host), allow=()))
    assert "not a public address" in _why(look(site.url("/x", host), allow=("example.org",)))
    assert site.connections == 0


def test_the_machine_asked_is_the_one_that_was_checked(site: Site, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, answers = socket.getaddrinfo, iter(["127.0.0.1", "127.0.0.2"])

    def rebinding(host: str, *args: Any, **options: Any) -> Any:
        return ask(next(answers) if host == "rebinding.example" else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    site.answers["/x"] = page(b"one")
    assert len(look(site.url("/x", "rebinding.example")).files) == 1
    assert site.requests[0]["host"] == f"rebinding.example:{site.port}"
    assert "rebinding.example was not asked: it is at 127.0.0.2" in _why(look(site.url("/x", "rebinding.example")))
    assert site.connections == 1


def test_every_hop_is_checked_before_it_is_asked(site: Site, look: Look) -> None:
    with running() as inner:
        inner.answers["/secret"] = page(b"secret")
        site.answers["/x"] = redirect(inner.url("/secret", "[::ffff:127.0.0.1]"))
        assert "::ffff:127.0.0.1 was not asked" in _why(look(site.url("/x")))
        assert (site.connections, inner.connections) == (1, 0)


def test_leave_is_given_to_a_host_by_name(site: Site, look: Look) -> None:
    site.answers["/x"] = page(b"ours")
    (file,) = look(site.url("/x", "LocalHost"), allow=("localhost",)).files
    assert file.path.read_bytes() == b"ours"
    assert site.requests[0]["host"] == f"localhost:{site.port}"


def test_name_and_password_are_sent_to_their_server_alone_and_kept_nowhere(site: Site, look: Look) -> None:
    with running() as other:
        other.answers["/x"] = page(b"there")
        site.answers["/x"] = redirect(other.url("/x"))
        found = look(site.url("/x", "me:s%40cret@127.0.0.1"), site.url("/no", "me:s%40cret@127.0.0.1"))
    assert site.requests[0]["authorization"] == "Basic bWU6c0BjcmV0"
    assert "authorization" not in other.requests[0]
    assert [file.source for file in found.files] == [site.url("/x")]
    assert "cret" not in repr(found)
    assert not [file for file in look.downloads.rglob("*") if file.is_file() and b"cret" in file.read_bytes()]


def test_the_environment_names_no_proxy_and_cookies_are_not_kept(
    site: Site, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        site.answers |= {"/a": page(b"", status="302 Found", Location="/b", Set_Cookie="a=b"), "/b": page(b"b")}
        assert len(look(site.url("/a")).files) == 1
        assert proxy.connections == 0
    assert "cookie" not in site.requests[1]


def test_pictures_and_frames_of_a_page_are_not_loaded(site: Site, look: Look) -> None:
    html = '<base href="{0}"><img src="{0}/i.png"><iframe src="{0}/f"></iframe><script src="{0}/s"></script>'
    site.answers["/x"] = page(html.format(site.url("")).encode())
    assert len(look(site.url("/x")).files) == 1
    assert site.connections == 1


def test_a_host_that_refuses_or_is_unknown_is_told(look: Look) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "cannot be reached" in _why(look(f"http://127.0.0.1:{port}/"))
    impossible = "n" * 64 + ".example"  # a label has at most 63 letters, so no resolver is asked
    assert f"No host {impossible} is known" in _why(look(f"http://{impossible}/"))


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Site, Path, list[str | None]]]:
    if not shutil.which("openssl"):
        pytest.skip("makes its certificate by openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    asked: list[str | None] = []
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost"
    subject = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make.split(), *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _, name, __: asked.append(name)
    with running(context) as site:
        site.answers["/x"] = page(b"over TLS")
        yield site, certificate, asked


def test_the_certificate_is_checked_for_the_name_though_an_ip_address_is_asked(
    secure: tuple[Site, Path, list[str | None]], look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, certificate, asked = secure
    assert "no secure connection: self" in _why(look(site.url("/x", "localhost"), allow=("localhost",)))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    (file,) = look(site.url("/x", "localhost"), allow=("localhost",)).files
    assert file.path.read_bytes() == b"over TLS"
    assert asked == ["localhost", "localhost"]
    assert "no secure connection: IP address mismatch" in _why(look(site.url("/x")))


def test_a_server_that_speaks_no_tls_is_told(site: Site, look: Look) -> None:
    site.answers["/x"] = page(b"x")
    assert _why(look(site.url("/x").replace("http:", "https:"), timeout_s=1))
