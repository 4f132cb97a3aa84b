"""Where Docling's layout and table models are, if anywhere."""

from __future__ import annotations

from pathlib import Path


def layout_models() -> Path | None:
    """The folder DOCLING_ARTIFACTS_PATH names; None when it is unset or no folder, and PDF is read by geometry."""
    from docling.datamodel.settings import settings

    folder = Path(settings.artifacts_path).expanduser() if settings.artifacts_path else None
    return folder if folder and folder.is_dir() else None
