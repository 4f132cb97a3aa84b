"""Keeps uploaded dataset folders."""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from retrieval.archives import Limits, Unpacker
from retrieval.errors import DatasetError
from retrieval.evaluation.dataset import Dataset, load_dataset
from ui.web.evaluation.errors import UnknownEvaluation
from ui.web.uploads import safe_name

FILES = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
_LIMITS = Limits(members=1000, member_bytes=1 << 30, total_bytes=2 << 30)


class DatasetStore:
    """The datasets below a folder by their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """The datasets there are."""
        folders = self._folder.iterdir() if self._folder.is_dir() else ()
        return sorted(path.name for path in folders if path.is_dir() and not path.name.startswith("."))

    def path(self, name: str) -> Path:
        """The folder of a dataset. Raises UnknownEvaluation for one that is not here."""
        if name not in self.names():
            raise UnknownEvaluation("This dataset is no longer kept.", hint="Choose or upload another one.")
        return self._folder / name

    def keep(self, archive: Path, name: str) -> str:
        """Take a ZIP with the three files, in a folder or not; returns the name it has from now on.

        Raises SourceError for what is no ZIP, DatasetError for one without the files or with broken ones.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".") as scratch:
            unpacked = Unpacker(Path(scratch) / "unpacked", _LIMITS).unpack(archive)
            folder = Path(scratch) / "dataset"
            folder.mkdir()
            for file, path in _three(dict(unpacked.members)).items():
                path.replace(folder / file)
            load_named(folder)
            stem = Path(safe_name(name)).stem
            numbered = (f"{stem} ({number})" for number in itertools.count(2))
            free = next(name for name in itertools.chain([stem], numbered) if name not in self.names())
            shutil.move(folder, self._folder / free)
        return free


def load_named(folder: Path) -> Dataset:
    """`load_dataset`, whose errors name the files but not where on this machine they are."""
    try:
        return load_dataset(folder)
    except DatasetError as error:
        raise DatasetError(error.message.replace(f"{folder}/", ""), hint=error.hint) from None


def _three(members: Mapping[str, Path]) -> dict[str, Path]:
    found = {}
    for file in FILES:
        matches = [path for name, path in members.items() if re.split(r"[\\/]", name)[-1] == file]
        if len(matches) != 1:
            raise DatasetError(
                f"The ZIP holds {len(matches) or 'no'} {file}; one of each of {', '.join(FILES)} is needed.",
                hint="Put the three files of one dataset into a ZIP.",
            )
        found[file] = matches[0]
    return found
