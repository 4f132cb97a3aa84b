"""Builds a folder of documents as nobody should send them, each with what has to become of it."""

from __future__ import annotations

import io
import os
import socket
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import docx
from openpyxl import Workbook  # type: ignore[import-untyped]  # it has no stubs

from tests.retrieval.parsing.sheets import Sheet, serialize, write_pdf

Fate = Literal["found", "refused", "either", "unseen"]
"""Found by its sentence; refused with a reason; either of them; or not even looked at."""

PLACES = ("lighthouse", "windmill", "orchard", "quarry", "harbour", "chapel", "library", "bakery", "tannery", "stable")
BEASTS = ("otter", "heron", "badger", "marten", "osprey", "lynx", "beaver", "magpie", "walrus", "gecko", "tapir")


@dataclass(frozen=True)
class Case:
    """A file of the folder by its path in it, its fate, and the sentence that stands in it."""

    name: str
    fate: Fate
    says: str = ""


class HostileFolder:
    """`cases` is filled as the files are written; web addresses in documents point to `port` on this machine."""

    def __init__(self, root: Path, *, port: int) -> None:
        self.root, self.outside = root / "documents", root / "outside"
        self.root.mkdir()
        self.outside.mkdir()
        self.cases: list[Case] = []
        self._sockets: list[socket.socket] = []
        self._address = f"http://127.0.0.1:{port}"
        self._secret = (self.outside / "secret.md").as_uri()
        for build in (self._broken, self._bombs, self._misnamed, self._encoded, self._remote, self._named):
            build()
        for build in (self._linked, self._special, self._packed, self._moving):
            build()

    @property
    def vanishing(self) -> Path:
        """To be removed while the folder is ingested."""
        return self.root / "zz" / "vanishes.md"

    @property
    def growing(self) -> Path:
        """To be written to while the folder is ingested."""
        return self.root / "zz" / "grows.md"

    def close(self) -> None:
        """Let go of the socket in the folder."""
        for listener in self._sockets:
            listener.close()

    def _sentence(self) -> str:
        number = len(self.cases)
        beast, place = BEASTS[number % len(BEASTS)], PLACES[number % len(PLACES)]
        return f"The {beast} of the {place} keeps {number + 100} copper keys."

    def _add(self, name: str, content: bytes | str, fate: Fate, says: str = "") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.cases.append(Case(name, fate, says))

    def _good(self, name: str, pattern: str = "# Keys\n\n{}\n", *, encoding: str = "utf-8") -> None:
        says = self._sentence()
        self._add(name, pattern.replace("{}", says).encode(encoding), "found", says)

    def _broken(self) -> None:
        pdf = _pdf(*(f"Page {number} speaks of brass." for number in range(8)))
        self._add("encrypted.pdf", _pdf("Nobody reads this.", encrypted=True), "refused")
        self._add("garbage.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40, "refused")
        self._add("truncated.pdf", pdf[: len(pdf) // 2], "either")
        self._add("truncated.docx", _docx("Nobody reads this.")[:-200], "refused")
        self._add("no words.docx", _docx(), "refused")
        self._add("blank.md", " \n\n \t\n", "refused")
        self._add("broken.eml", b"\x00\xff\xfe" * 200, "either")
        self._add("broken.epub", b"PK\x03\x04 no epub", "refused")
        self._add("broken.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "refused")
        self._add("noise.xlsx", os.urandom(20_000), "refused")
        self._add("two\nlines.docx", b"no document", "refused")
        self._add(os.fsdecode(b"caf\xe9.pdf"), b"no document", "refused")
        for suffix in ("pdf", "docx", "csv", "html", "md", "xlsx", "txt"):
            self._add(f"empty.{suffix}", b"", "refused")

    def _bombs(self) -> None:
        body = f"<?xml version='1.0'?><w:document>{' ' * 300_000_000}</w:document>"
        self._add("bomb.docx", _zip({"[Content_Types].xml": "<Types/>", "word/document.xml": body}), "refused")
        self._add("corners.xlsx", _corners(self._sentence()), "either")
        self._add("nested.html", "<div>" * 20_000 + "deep" + "</div>" * 20_000, "either")
        self._add("quotes.md", ">" * 5000 + " deep\n", "either")
        self._add("lists.md", "\n".join("  " * depth + "- deep" for depth in range(1500)), "either")
        self._add("brackets.md", "[" * 50_000 + "](" * 50_000, "either")
        self._add("one line.txt", "long " * 100_000, "either")
        self._add(
            "wide.csv", ",".join(f"column{number}" for number in range(5000)) + "\n" + "1," * 4999 + "1\n", "either"
        )
        self._add("stream bomb.pdf", _pdf_bomb(), "either")
        self._add("bomb.png", _png_bomb(30_000), "refused")
        laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
        dtd = f'<!DOCTYPE article [<!ENTITY l0 "ha">{laughs}]>'
        self._add("laughs.nxml", _jats("&l9;", dtd), "either")

    def _misnamed(self) -> None:
        for name, content in (("a docx.pdf", _docx), ("a pdf.docx", _pdf), ("a pdf", _pdf), ("SHOUTED.PDF", _pdf)):
            says = self._sentence()
            self._add(name, content(says), "found", says)
        self._good("a page.md", "<html><body><p>{}</p></body></html>")
        self._add("program.bin", b"\x7fELF\x02\x01\x01" + os.urandom(4000), "refused")
        self._add("program.md", b"\x7fELF\x02\x01\x01" + bytes(range(32)) * 400, "refused")
        self._add("unknown.xyz", os.urandom(4000), "refused")

    def _encoded(self) -> None:
        self._good("latin-1.md", "# Café crème\n\n{} Où ça?\n", encoding="latin-1")
        self._good("utf-8 with mark.md", encoding="utf-8-sig")
        self._good("utf-16.csv", 'beast,keys\n"{}",many\n', encoding="utf-16")
        self._good("utf-16 big.txt", "\ufeff{}", encoding="utf-16-be")
        self._good("nul.md", "# Keys\x00\n\n{}\n\x00\x00")
        self._good("old mac.txt", "First.\r\r{}\r")
        self._add(
            "gb18030.txt", "鲸鱼住在蓝色的灯塔里，每天敲三次钟。".encode("gb18030"), "found", "鲸鱼住在蓝色的灯塔里"
        )
        self._add("half.md", b"# Keys\n\n" + b"\xc3\x28\xa0\xa1 " + (says := self._sentence()).encode(), "found", says)

    def _remote(self) -> None:
        web = (
            f'<img src="{self._address}/i.png"><iframe src="{self._address}/f"></iframe><link href="{self._address}/c">'
        )
        local = f'<img src="{self._secret}"><script>document.body.innerHTML = "gone"</script>'
        self._good("remote.html", f"<html><head></head><body>{web}{local}<p>{{}}</p></body></html>")
        self._good("remote.md", f"# Keys\n\n![i]({self._address}/i.png)\n\n{{}}\n")
        dtd = f'<!DOCTYPE article SYSTEM "{self._address}/a.dtd" [<!ENTITY x SYSTEM "{self._secret}">]>'
        says = self._sentence()
        self._add("entities.nxml", _jats(f"{says} &x;", dtd), "either", says)
        relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
        target = f'<Relationship Id="rId99" Type="{relation}" Target="{self._address}/t.dotm" TargetMode="External"/>'
        says = self._sentence()
        self._add("remote.docx", _docx(says, relation=target), "found", says)

    def _named(self) -> None:
        long = "x" * (255 - len(".md")) + ".md"
        undecodable = os.fsdecode(b"caf\xe9.md")
        odd = ("two\nlines.md", "\"quotes\" and 'more'.md", long, undecodable, "\N{RIGHT-TO-LEFT OVERRIDE}fdp.md")
        more = (
            "\N{GRINNING FACE}.md",
            "-rf.md",
            " spaces .md",
            "$(touch x) `y` %s {z}.md",
            "back\\slash.md",
            "e\u0301.md",
            "\u00e9.md",
        )
        for name in (*odd, *more, "/".join(["deep"] * 60) + "/down.md", "folder.md/inside.md"):
            self._good(name)

    def _linked(self) -> None:
        (self.root / "loop-a.md").symlink_to("loop-b.md")
        (self.root / "loop-b.md").symlink_to("loop-a.md")
        (self.root / "dangling.md").symlink_to("nowhere.md")
        self.cases += [Case("loop-a.md", "refused"), Case("loop-b.md", "refused"), Case("dangling.md", "refused")]
        (self.root / "around").symlink_to(".", target_is_directory=True)
        (self.outside / "secret.md").write_text("# Secret\n\nThe pangolin of the outside world is not for you.\n")
        (self.root / "elsewhere").symlink_to(self.outside, target_is_directory=True)
        self.cases.append(Case("elsewhere/secret.md", "unseen", "The pangolin of the outside world is not for you."))
        (self.outside / "linked.md").write_text(f"# Keys\n\n{(says := self._sentence())}\n")
        (self.root / "link.md").symlink_to(self.outside / "linked.md")
        self.cases.append(Case("link.md", "found", says))

    def _special(self) -> None:
        os.mkfifo(self.root / "pipe.md")
        listener = socket.socket(socket.AF_UNIX)
        here = os.open(self.root, os.O_RDONLY)  # the path itself may be too long for a socket
        listener.bind(f"/proc/self/fd/{here}/socket.md")
        os.close(here)
        self._sockets.append(listener)
        (self.root / "device.md").symlink_to("/dev/zero")
        self.cases += [Case(name, "refused") for name in ("pipe.md", "socket.md", "device.md")]
        self._add("locked.md", "# Keys\n\nA locked door.\n", "either")
        (self.root / "locked.md").chmod(0)
        self._add(".hidden.md", "# Hidden\n\nThe narwhal is hidden here.\n", "unseen", "The narwhal is hidden here.")
        self._add(".git/config.md", "# Git\n\nThe quokka is hidden too.\n", "unseen", "The quokka is hidden too.")
        self._add("copy.md", (self.root / "-rf.md").read_bytes(), "either")

    def _packed(self) -> None:
        says = self._sentence()
        self._add("good.zip", _zip({"inside/note.md": f"# Keys\n\n{says}\n"}), "unseen")
        self.cases.append(Case("good.zip!/inside/note.md", "found", says))
        for name in ("../climbs.md", "/absolute.md"):
            stem = name.strip("./").partition(".")[0]
            self._add(f"{stem}.zip", _zip({name: "# No\n\nThis must not be unpacked.\n"}), "unseen")
            self.cases.append(Case(f"{stem}.zip!/{name}", "refused"))
        self._add("bomb.zip", _zip({"bomb.txt": " " * 300_000_000}), "unseen")
        self.cases.append(Case("bomb.zip!/bomb.txt", "refused"))
        inner = _zip({"note.md": "# No\n\nTwo ZIPs deep.\n"})
        self._add("nested.zip", _zip({"inner.zip": inner}), "unseen")
        self.cases.append(Case("nested.zip!/inner.zip", "refused"))
        self._add("broken.zip", b"PK\x05\x06 no zip", "refused")

    def _moving(self) -> None:
        self._add("zz/vanishes.md", "# Keys\n\nThis document will not stay.\n", "either")
        self._add("zz/grows.md", "# Keys\n\nThis document becomes longer.\n", "either")
        self._good("zz/zz last.md")


def tiny_files(root: Path, count: int) -> Iterator[Path]:
    """`count` Markdown files of some words each, no two alike."""
    for number in range(count):
        path = root / f"{number // 100:03}" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Key {number} of the {BEASTS[number % len(BEASTS)]}.\n")
        yield path


def long_pdf(path: Path, pages: int) -> Path:
    """A PDF of text pages; page N, counted from 0, speaks of ledgerN."""
    wrote = "the keeper of the keys wrote about brass, copper and the weather"
    return write_pdf(
        path, [Sheet().lines(60, 80, [f"Entry {i} of ledger{n}: {wrote}." for i in range(40)]) for n in range(pages)]
    )


def _pdf(*lines: str, encrypted: bool = False) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        sheets = [Sheet().text(72, 300, line) for line in lines]
        return write_pdf(Path(folder, "a.pdf"), sheets, encrypted=encrypted).read_bytes()


def _pdf_bomb() -> bytes:
    """One page whose content unpacks to a gigabyte of blanks."""
    content = zlib.compress(zlib.compress(b" " * 2**30, 1), 9).decode("latin-1")
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    stream = f"<</Length {len(content)}/Filter[/FlateDecode/FlateDecode]>>\nstream\n{content}\nendstream"
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", page, stream]
    return serialize(objects, "/Size 5/Root 1 0 R")


def _png_bomb(side: int) -> bytes:
    """A black square of `side` times `side` pixels in some kilobytes."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (side // 8 + 2) * side, 9)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", rows) + part(b"IEND", b"")


def _docx(*paragraphs: str, relation: str = "") -> bytes:
    document, whole = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(whole)
    if not relation:
        return whole.getvalue()
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "word/_rels/document.xml.rels"
    members[name] = members[name].replace(b"</Relationships>", f"{relation}</Relationships>".encode())
    return _zip(members)


def _corners(says: str) -> bytes:
    book, whole = Workbook(), io.BytesIO()
    sheet = book.active
    sheet["A1"], sheet["XFD1048576"] = says, "the other corner"
    book.save(whole)
    return whole.getvalue()


def _jats(paragraph: str, dtd: str) -> str:
    front = "<front><article-meta><title-group><article-title>Keys</article-title></title-group></article-meta></front>"
    body = f"<body><sec><title>One</title><p>{paragraph}</p></sec></body>"
    return f"<?xml version='1.0'?>{dtd}<article>{front}{body}</article>"


def _zip(members: dict[str, bytes] | dict[str, str]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return whole.getvalue()
