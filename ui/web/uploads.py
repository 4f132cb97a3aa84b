"""Uploaded files, kept in the data directory so that every source stays readable after the upload is gone."""

from __future__ import annotations

import filecmp
import itertools
import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from retrieval.locations import is_archive
from retrieval.parsing.formats import check_file, identify

_NAME_BYTES = 150


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where uploads are kept, one folder per knowledge base, and how large one may be."""

    folder: Path
    max_mb: int

    def keep(self, upload: Path, kb: str) -> Path:
        """Copy an upload under its own name into the folder of `kb`, and return the copy.

        A file of that name with other content keeps its name and the new one gets a number; the same content is
        kept once. Raises ParseError for content that is not read or not what the name says, an empty file and one
        that is too large; what a ZIP holds is checked when it is read.
        """
        check_file(upload, max_mb=self.max_mb)
        if not is_archive(upload):
            identify(upload)
        folder = self.folder / kb
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = Path(safe_name(upload.name))
        numbered = (name.with_stem(f"{name.stem} ({number})") for number in itertools.count(2))
        targets = (folder / candidate for candidate in itertools.chain([name], numbered))
        return next(target for target in targets if _place(upload, target))


def safe_name(name: str) -> str:
    """The file name without folders, control characters and what file systems refuse; never empty or hidden."""
    name = unicodedata.normalize("NFC", re.split(r"[\\/]", name)[-1])
    name = re.sub(r'[\x00-\x1f\x7f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]', "_", name).strip(" .") or "document"
    stem, suffix = Path(name).stem, Path(name).suffix
    return stem.encode()[:_NAME_BYTES].decode(errors="ignore") + suffix


def _place(upload: Path, target: Path) -> bool:
    """Whether the upload's content now stands at `target`."""
    try:
        with target.open("xb") as copy, upload.open("rb") as original:
            shutil.copyfileobj(original, copy)
    except FileExistsError:
        return target.is_file() and filecmp.cmp(upload, target, shallow=False)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return True
