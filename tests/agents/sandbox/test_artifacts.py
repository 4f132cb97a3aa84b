"""Files and pictures that code made, as copies on the host."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from agents.ports import Sandbox, Session
from agents.sandbox.artifacts import safe_name
from tests.agents.sandbox.conftest import bubblewrap

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\n"

NAMES = {
    "a/b/plot.png": "plot.png",
    "../../etc/passwd": "passwd",
    "..": "file",
    ".hidden": "hidden",
    "价格 表.csv": "价格 表.csv",
    "a\nb.txt": "a b.txt",
    "\x1b[31mred\u202e.txt": "red.txt",
    'x"<script>.html': "x__script_.html",
    "-rf": "-rf",
    "con\\..\\x.txt": "con_.._x.txt",
    "x" * 300 + ".csv": "x" * 97 + ".csv",
}


@pytest.mark.parametrize(("name", "safe"), NAMES.items())
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_plot_is_a_picture(session: Session) -> None:
    result = session.run(f"{PLOT}plt.show()")

    (plot,) = result.artifacts
    content = Path(plot["path"]).read_bytes()
    assert (plot["name"], plot["media_type"], plot["bytes"]) == ("plot-1.png", "image/png", len(content))
    assert Image.open(io.BytesIO(content)).size > (100, 100)
    assert (result.stdout, result.stderr) == ("", "")


def test_each_plot_has_a_name_of_its_own(session: Session) -> None:
    names = [a["name"] for _ in range(2) for a in session.run(f"{PLOT}plt.show()\n{PLOT}plt.show()").artifacts]

    assert names == ["plot-1.png", "plot-2.png", "plot-3.png", "plot-4.png"]


def test_a_program_that_runs_alone_keeps_its_plots_too(sandbox: Sandbox, tmp_path: Path) -> None:
    result = sandbox.run(
        f"{PLOT}plt.savefig('out/mine.png') if __import__('os').mkdir('out') is None else 0", keep=tmp_path
    )

    assert [(a["name"], a["media_type"]) for a in result.artifacts] == [("mine.png", "image/png")]


def test_a_table_is_small_html_and_text(session: Session) -> None:
    result = session.run(
        "import pandas as pd\npd.DataFrame({'price': range(1000), 'x': ['<script>alert(1)</script>'] * 1000})"
    )

    (table,) = result.artifacts
    html = Path(table["path"]).read_text(encoding="utf-8")
    assert (table["name"], table["media_type"]) == ("table-1.html", "text/html")
    assert "<td>999</td>" in html
    assert "<script" not in html
    assert len(html) < 64 * 1024
    assert "price" in result.stdout


def test_html_of_the_code_s_own_loses_all_but_tables(session: Session) -> None:
    html = "<table onclick=x><tr><td>1</td></tr></table><img src=x onerror=alert(1)><style>*{}</style>\u202e"
    code = f"from IPython.display import HTML\nHTML({html!r})"

    (table,) = session.run(code).artifacts

    assert Path(table["path"]).read_text(encoding="utf-8") == "<table><tbody><tr><td>1</td></tr></tbody></table>"


def test_files_new_or_changed_are_kept_and_others_are_not(session: Session) -> None:
    first = session.run("open('a.csv', 'w').write('1'); open('b.csv', 'w').write('2')")
    second = session.run("open('b.csv', 'w').write('3')")
    third = session.run("1")

    assert sorted(a["name"] for a in first.artifacts) == ["a.csv", "b.csv"]
    assert [(a["name"], a["media_type"], Path(a["path"]).read_text()) for a in second.artifacts] == [
        ("b-2.csv", "text/csv", "3")
    ]
    assert third.artifacts == ()


def test_links_devices_and_second_names_are_not_followed(session: Session) -> None:
    result = session.run(
        """
import os
os.symlink('/etc/ld.so.cache', 'link.txt')
os.symlink('/usr', 'folder')
os.mkfifo('pipe.txt')
open('one.txt', 'w').write('x'); os.link('one.txt', 'two.txt')
os.mkdir('.hidden'); open('.hidden/file.txt', 'w').write('x')
open('good.txt', 'w').write('good')
"""
    )

    assert [a["name"] for a in result.artifacts] == ["good.txt"]


def test_what_calls_itself_a_picture_and_is_none_is_not_told_as_one(session: Session) -> None:
    (artifact,) = session.run("open('x.png', 'w').write('<html>')").artifacts

    assert artifact["media_type"] == "application/octet-stream"


def test_more_files_than_allowed_are_left_out_and_that_is_told() -> None:
    sandbox = bubblewrap(artifacts=3, artifacts_mb=1)
    keep = Path("/tmp")
    result = sandbox.run("for n in range(5): open(f'{n}.txt', 'w').write('x')")
    big = sandbox.run("open('big.bin', 'wb').write(bytes(2_000_000))")

    assert result.status == "ok"
    assert result.stderr == "2 files were left out: at most 3 files of 1 MB in all are kept."
    assert big.stderr == "1 file was left out: at most 3 files of 1 MB in all are kept."
    assert keep.exists()


def test_a_place_that_cannot_be_written_is_told(sandbox: Sandbox, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")

    result = sandbox.run("open('a.txt', 'w').write('x'); print('ran')", keep=blocked)

    assert (result.status, result.stdout, result.artifacts) == ("ok", "ran\n", ())
    assert result.stderr == f"The files it made cannot be kept in {blocked} (File exists)."


def test_a_link_planted_where_copies_go_is_not_written_through(session: Session, tmp_path: Path) -> None:
    target, kept = tmp_path / "target", tmp_path / "kept"
    kept.mkdir()
    (kept / "a.txt").symlink_to(target)

    (artifact,) = session.run("open('a.txt', 'w').write('x')").artifacts

    assert artifact["name"] == "a-2.txt"
    assert not target.exists()


def test_a_large_file_comes_whole(session: Session) -> None:
    (artifact,) = session.run("import os\ndata = os.urandom(20_000_000)\nopen('data.bin', 'wb').write(data)").artifacts

    import hashlib

    digest = hashlib.sha256(Path(artifact["path"]).read_bytes()).hexdigest()
    assert session.run("import hashlib; print(hashlib.sha256(data).hexdigest())").stdout == f"{digest}\n"


def test_plots_that_a_program_shows_are_pictures(sandbox: Sandbox, tmp_path: Path) -> None:
    two = f"{PLOT}plt.figure()\nplt.plot([2])\nplt.show()\nplt.show()"
    code = f"open('plot-1.png', 'w').write('mine')\n{two}\nprint('end')"

    result = sandbox.run(code, keep=tmp_path)

    kinds = {a["name"]: a["media_type"] for a in result.artifacts}
    assert kinds == {"plot-1.png": "application/octet-stream", "plot-2.png": "image/png", "plot-3.png": "image/png"}
    assert (result.stdout, result.stderr) == ("end\n", "")
