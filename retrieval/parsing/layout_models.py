"""Where Docling's layout and table models are, if anywhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from configs.settings import docling_cache, docling_models, hub_cache
from retrieval.errors import ParseError

_LAYOUT = "docling-project--docling-layout-heron"
_TABLES = "docling-project--docling-models"
DOWNLOAD_S = 1800.0

Mode = Literal["auto", "download", "off"]


@dataclass(frozen=True)
class LayoutModels:
    """Models found: `folder` is what Docling calls `artifacts_path`; None when they lie in the hub's own cache."""

    folder: Path | None


def layout_models(mode: Mode = "auto") -> LayoutModels | None:
    """The models on this machine: where DOCLING_ARTIFACTS_PATH says, else where Docling or the hub keep downloads.

    None when there are none or `mode` is `off`: then PDF is read by geometry. Nothing is loaded or fetched.
    """
    return None if mode == "off" else next(_found(), None)


def fetch_layout_models() -> LayoutModels:
    """Fetch the models through Docling's own downloader, unless they are there. Raises ParseError when that fails."""
    if found := layout_models():
        return found
    folder = docling_cache() / "models"
    command = [sys.executable, "-m", "docling.cli.tools", "models", "download", "layout", "tableformer"]
    try:
        subprocess.run([*command, "-o", str(folder)], check=True, capture_output=True, text=True, timeout=DOWNLOAD_S)
    except (subprocess.SubprocessError, OSError) as error:
        lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise ParseError(
            f"Docling's layout models cannot be fetched ({lines[-1][:200] if lines else type(error).__name__}).",
            hint="Run `docling-tools models download` where the model hub can be reached, or set "
            "parsing.layout_models to auto.",
        ) from error
    return LayoutModels(folder)


def _found() -> Iterator[LayoutModels]:
    named = docling_models()
    if named is not None:
        if named.is_dir():
            yield LayoutModels(named)
        return
    kept = docling_cache() / "models"
    if (kept / _LAYOUT).is_dir() and (kept / _TABLES).is_dir():
        yield LayoutModels(kept)
    hub = hub_cache()
    if all(any((hub / f"models--{name}" / "snapshots").glob("*/*")) for name in (_LAYOUT, _TABLES)):
        yield LayoutModels(None)
