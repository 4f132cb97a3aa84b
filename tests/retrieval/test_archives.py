"""ZIPs of documents, honest and hostile."""

from __future__ import annotations

import os
import stat
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from retrieval.archives import Archive, Limits, Unpacker
from retrieval.errors import SourceError


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


def _zip(path: Path, *members: tuple[str | zipfile.ZipInfo, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def _read(archive: Archive) -> dict[str, str]:
    return {name: copy.read_text() for name, copy in archive.members}


def _why(archive: Archive) -> dict[str, str]:
    return {name: str(error) for name, error in archive.unreadable}


def _patched(path: Path, change: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(change(path.read_bytes()))
    return path


def test_members_are_unpacked_under_their_own_names(tmp_path: Path, scratch: Path) -> None:
    path = _zip(tmp_path / "a.zip", ("b/x.md", "1"), ("c/x.md", "2"), ("empty/", ""), ("./dot//y.md", "3"))
    archive = Unpacker(scratch).unpack(path)
    assert _read(archive) == {"b/x.md": "1", "c/x.md": "2", "dot/y.md": "3"}
    assert [copy.name for _, copy in archive.members] == ["x.md", "x.md", "y.md"]
    assert archive.names == {"b/x.md", "c/x.md", "dot/y.md"}
    assert archive.unreadable == ()


def test_hidden_members_are_left_out(tmp_path: Path, scratch: Path) -> None:
    names = (".DS_Store", "__MACOSX/._x.md", ".git/x.md", "a/~$x.docx", "x.md")
    archive = Unpacker(scratch).unpack(_zip(tmp_path / "a.zip", *((name, "x") for name in names)))
    assert (set(_read(archive)), archive.unreadable) == ({"x.md"}, ())


@pytest.mark.parametrize(
    "name", ["../x.md", "a/../../x.md", "/etc/x.md", "..\\x.md", "C:\\x.md", "c:x.md", "\\\\server\\x.md"]
)
def test_names_that_lead_outside_are_refused(tmp_path: Path, scratch: Path, name: str) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name
    archive = Unpacker(scratch).unpack(_zip(tmp_path / "a.zip", (info, "evil"), ("good.md", "good")))
    assert _read(archive) == {"good.md": "good"}
    assert [why for why in _why(archive).values() if "outside" in why]
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["a.zip", "good.md"]


def test_backslashes_of_old_windows_programs_are_folders(tmp_path: Path, scratch: Path) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = "dir\\x.md"
    assert _read(Unpacker(scratch).unpack(_zip(tmp_path / "a.zip", (info, "1")))) == {"dir/x.md": "1"}


def test_links_are_not_documents(tmp_path: Path, scratch: Path) -> None:
    link = zipfile.ZipInfo("passwd.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = Unpacker(scratch).unpack(_zip(tmp_path / "a.zip", (link, "/etc/passwd")))
    assert archive.members == ()
    assert "is a link or device" in _why(archive)["passwd.md"]


def test_encrypted_members_are_told(tmp_path: Path, scratch: Path) -> None:
    path = _zip(tmp_path / "a.zip", ("x.md", "secret"), ("y.md", "open"))

    def encrypt_the_first(data: bytes) -> bytes:
        at = data.index(b"PK\x01\x02")
        return data[: at + 8] + b"\x01" + data[at + 9 :]

    archive = Unpacker(scratch).unpack(_patched(path, encrypt_the_first))
    assert _read(archive) == {"y.md": "open"}
    assert "is encrypted" in _why(archive)["x.md"]


def test_a_zip_within_a_zip_is_not_read(tmp_path: Path, scratch: Path) -> None:
    inner = _zip(tmp_path / "inner.zip", ("x.md", "x")).read_bytes()
    archive = Unpacker(scratch).unpack(_zip(tmp_path / "a.zip", ("in/inner.zip", inner)))
    assert "ZIP within a ZIP" in _why(archive)["in/inner.zip"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_members_of_one_name_the_first_is_read(tmp_path: Path, scratch: Path) -> None:
    archive = Unpacker(scratch).unpack(_zip(tmp_path / "a.zip", ("x.md", "1"), ("x.md", "2")))
    assert _read(archive) == {"x.md": "1"}
    assert "twice" in _why(archive)["x.md"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_without_a_bound_are_not_read(tmp_path: Path, scratch: Path, method: int) -> None:
    archive = Unpacker(scratch).unpack(_zip(tmp_path / "a.zip", ("x.md", "x" * 999), method=method))
    assert "method" in _why(archive)["x.md"]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("年度报告.md".encode("gb18030"), "年度报告.md"),
        ("财务/预算 2024（终稿）.md".encode("gb18030"), "财务/预算 2024（终稿）.md"),
        ("年度报告.md".encode(), "年度报告.md"),
        ("résumé/détail.md".encode("cp437"), "résumé/détail.md"),
        ("Übergrößenträger.md".encode("cp437"), "Übergrößenträger.md"),
        (b"plain.md", "plain.md"),
    ],
)
def test_names_without_the_utf8_flag_are_decoded_by_what_they_make(
    tmp_path: Path, scratch: Path, raw: bytes, name: str
) -> None:
    placeholder = b"N" * len(raw)
    path = _patched(
        _zip(tmp_path / "a.zip", (placeholder.decode(), "text")), lambda data: data.replace(placeholder, raw)
    )
    archive = Unpacker(scratch).unpack(path)
    assert _read(archive) == {name: "text"}
    assert archive.members[0][1].name == name.rpartition("/")[2]


def test_a_long_name_is_cut_and_keeps_its_suffix(tmp_path: Path, scratch: Path) -> None:
    archive = Unpacker(scratch).unpack(_zip(tmp_path / "a.zip", ("文" * 300 + ".md", "long")))
    ((name, copy),) = archive.members
    assert (len(name), copy.suffix, copy.read_text()) == (303, ".md", "long")


def test_a_bomb_is_stopped_by_its_ratio_and_leaves_nothing(tmp_path: Path, scratch: Path) -> None:
    path = _zip(tmp_path / "a.zip", ("bomb.md", bytes(64 << 20)), ("good.md", "good"))
    archive = Unpacker(scratch).unpack(path)
    assert _read(archive) == {"good.md": "good"}
    assert "times its size" in _why(archive)["bomb.md"]
    assert [file.name for file in scratch.rglob("*") if file.is_file()] == ["good.md"]


def test_a_bomb_that_declares_a_small_size_is_read_no_further(tmp_path: Path, scratch: Path) -> None:
    size = 64 << 20

    def lie(data: bytes) -> bytes:
        return data.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))

    archive = Unpacker(scratch).unpack(_patched(_zip(tmp_path / "a.zip", ("bomb.md", bytes(size))), lie))
    assert archive.members == ()
    assert "corrupt" in _why(archive)["bomb.md"]


def test_a_member_over_the_limit_is_refused_while_unpacking(tmp_path: Path, scratch: Path) -> None:
    path = _zip(tmp_path / "a.zip", ("large.md", os.urandom((1 << 20) + 1)), ("fits.bin", bytes(1 << 20)))
    archive = Unpacker(scratch, Limits(member_bytes=1 << 20)).unpack(path)
    assert [name for name, _ in archive.members] == ["fits.bin"]
    assert "larger than 1 MiB" in _why(archive)["large.md"]


def test_the_limit_in_all_holds_for_all_zips_together(tmp_path: Path, scratch: Path) -> None:
    unpacker = Unpacker(scratch, Limits(total_bytes=1 << 20))
    first = unpacker.unpack(_zip(tmp_path / "a.zip", ("a.md", os.urandom(1 << 20))))
    second = unpacker.unpack(_zip(tmp_path / "b.zip", ("b.md", "b"), ("c.md", "c")))
    assert (len(first.members), first.unreadable) == (1, ())
    assert second.members == ()
    assert second.names == {"b.md", "c.md"}
    assert "Of the 2 files in b.zip only 0 are read" in _why(second)[""]


def test_many_small_bombs_are_bounded_together(tmp_path: Path, scratch: Path) -> None:
    path = _zip(tmp_path / "a.zip", *((f"{number}.md", bytes(1 << 20)) for number in range(30)))
    archive = Unpacker(scratch, Limits(ratio=100, free_bytes=2 << 20)).unpack(path)
    assert len(archive.members) == 4 == len(list(scratch.rglob("*.md")))
    assert "Of the 30 files in a.zip only 4 are read" in _why(archive)[""]


def test_too_many_members_are_refused(tmp_path: Path, scratch: Path) -> None:
    path = _zip(tmp_path / "a.zip", *((f"{i}.md", "") for i in range(11)), method=0)
    with pytest.raises(SourceError, match="holds 11 files; at most 10"):
        Unpacker(scratch, Limits(members=10)).unpack(path)
    assert len(Unpacker(scratch).unpack(path).members) == 11


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_huge_list_of_files_is_not_even_read(tmp_path: Path, scratch: Path) -> None:
    info = zipfile.ZipInfo("x.md")
    info.comment = bytes(65_000)
    path = _zip(tmp_path / "a.zip", *((info, "") for _ in range(150)), method=0)
    tracemalloc.start()
    with pytest.raises(SourceError, match="list of files is too large"):
        Unpacker(scratch).unpack(path)
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


def test_a_large_member_is_not_held_in_memory(tmp_path: Path, scratch: Path) -> None:
    path = _zip(tmp_path / "a.zip", ("x.bin", os.urandom(32 << 20)), method=zipfile.ZIP_STORED)
    tracemalloc.start()
    ((_, copy),) = Unpacker(scratch).unpack(path).members
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
    assert copy.stat().st_size == 32 << 20


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)[:10]])
def test_what_is_no_zip_is_an_error(tmp_path: Path, scratch: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(SourceError, match="cannot be read as a ZIP"):
        Unpacker(scratch).unpack(tmp_path / "a.zip")


def test_every_cut_and_every_changed_byte_ends_in_a_reason(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", ("x.md", "some text " * 9), ("dir/y.md", "more"))
    whole = path.read_bytes()
    damaged = [whole[:cut] for cut in range(0, len(whole), 7)]
    damaged += [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(len(whole))]
    read = 0
    for number, data in enumerate(damaged):
        path.write_bytes(data)
        with suppress(SourceError):
            read += len(Unpacker(tmp_path / str(number)).unpack(path).members)
    assert 0 < read < 2 * len(damaged)


def test_one_member_is_unpacked_alone(tmp_path: Path, scratch: Path) -> None:
    path = _zip(tmp_path / "a.zip", ("x.md", "1"), ("d/y.md", "2"))
    assert Unpacker(scratch).member(path, "d/y.md").read_text() == "2"
    with pytest.raises(SourceError, match=r"does not hold z\.md"):
        Unpacker(scratch).member(path, "z.md")
