from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from ui.web.kept_files import open_below


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "artifacts"
    (folder / "c1").mkdir(parents=True)
    (folder / "c1" / "a.csv").write_text("kept")
    (tmp_path / "secret").write_text("secret")
    return folder


def test_a_file_below_the_folder_is_opened(folder: Path) -> None:
    with open_below(folder, str(folder / "c1" / "a.csv")) as file:
        assert file.read() == b"kept"


def test_a_folder_that_is_a_link_may_be_named_either_way(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    for path in (link / "c1" / "a.csv", folder / "c1" / "a.csv"):
        with open_below(link, str(path)) as file:
            assert file.read() == b"kept"


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "c1" / "b.csv").symlink_to(tmp_path / "secret")
    (folder / "c2").symlink_to(tmp_path)
    for path in (folder / "c1" / "b.csv", folder / "c2" / "secret"):
        assert path.read_text() == "secret"
        with pytest.raises(OSError):  # noqa: PT011 - the reason is the system's
            open_below(folder, str(path))


def test_other_things_than_files_are_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "c1" / "pipe")
    for name in ("pipe", ".", "missing.csv"):
        with pytest.raises(OSError):  # noqa: PT011
            open_below(folder, str(folder / "c1" / name))


@pytest.mark.parametrize("path", ["../secret", "c1/../../secret", "", ".", "c1/a.csv\0", "/etc/passwd"])
def test_nothing_beside_the_folder_is_opened(folder: Path, path: str) -> None:
    with pytest.raises(OSError, match="is not below"):
        open_below(folder, f"{folder}/{path}" if not path.startswith("/") else path)


def test_no_descriptor_is_left_behind(folder: Path) -> None:
    os.mkfifo(folder / "c1" / "pipe")
    for name in ("a.csv/x", "missing", "pipe", "a.csv"):
        with suppress(OSError):
            open_below(folder, str(folder / "c1" / name)).close()
    open_ones = (os.path.realpath(link) for link in Path("/proc/self/fd").iterdir())
    assert [place for place in open_ones if place.startswith(str(folder))] == []
