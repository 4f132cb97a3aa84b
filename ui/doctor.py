"""What is installed, reachable and configured, and what each missing piece costs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

from configs.errors import AppError
from configs.settings import Settings, model_cache

Check = dict[str, Any]


def examine(settings: Settings) -> dict[str, Any]:
    """Run every check; none of them changes anything."""
    checks = [check for find in (_data, _model, _embedding, _layout, _sandbox, _office) for check in find(settings)]
    return {"ok": all(check["ok"] for check in checks if check["required"]), "checks": checks}


def _check(name: str, ok: bool, detail: str, *, required: bool = False) -> Check:
    return {"name": name, "ok": ok, "detail": detail, "required": required}


def _data(settings: Settings) -> Iterator[Check]:
    from retrieval.stores.lock import read_owner

    home = settings.home
    owner = read_owner(home)
    state = f"in use by process {owner['pid']} ({owner.get('command')})" if owner else "free"
    yield _check("data directory", True, f"{home}, {state}", required=True)


def _model(settings: Settings) -> Iterator[Check]:
    llm = settings.llm
    if llm.provider == "extractive":
        detail = "none configured: answers are quotations. Set ROUNDTABLE_LLM__PROVIDER=openai for an endpoint."
        yield _check("language model", True, detail, required=True)
        return
    yield _attempt("language model", lambda: _reach(settings), required=True)


def _reach(settings: Settings) -> str:
    import httpx

    base = (settings.llm.base_url or "https://api.openai.com/v1").rstrip("/")
    key = settings.llm.api_key.get_secret_value() if settings.llm.api_key else "none"
    try:
        response = httpx.get(f"{base}/models", headers={"Authorization": f"Bearer {key}"}, timeout=5)
    except httpx.HTTPError as error:
        raise AppError(
            f"{base} cannot be reached ({type(error).__name__}).", hint="Check ROUNDTABLE_LLM__BASE_URL."
        ) from None
    if response.status_code in (401, 403):
        raise AppError(f"{base} refuses the key.", hint="Check ROUNDTABLE_LLM__API_KEY.")
    return f"{settings.llm.model} at {base}"


def _embedding(settings: Settings) -> Iterator[Check]:
    from retrieval.embedding.open import converted_folder, measurements
    from retrieval.embedding.weights import locate

    def look() -> str:
        files = locate(settings.embedding.model)
        files.verify()
        folder = converted_folder(files)
        if not (folder / "measurements.json").exists():
            return f"{files.name}, weights verified; converted at first use (about 15 s)"
        rates = ", ".join(f"{m.backend} {m.texts_per_s:.0f}/s" for m in measurements(folder))
        return f"{files.name}, weights verified; measured {rates} in {model_cache()}"

    yield _attempt("embedding model", look, required=True)


def _layout(settings: Settings) -> Iterator[Check]:
    from retrieval.parsing.layout_models import layout_models

    found = layout_models(settings.parsing.layout_models)
    missing = "none: PDF is read by geometry. `docling-tools models download` adds them."
    where = str(found.folder or "in the hub's cache") if found else missing
    yield _check("PDF layout models", found is not None, where)
    yield _check("OCR", settings.parsing.ocr, "English and Chinese" if settings.parsing.ocr else "switched off")


def _sandbox(settings: Settings) -> Iterator[Check]:
    from agents.sandbox import check_sandbox

    report = check_sandbox(settings.sandbox)
    reasons = "; ".join(f"{b.name}: {b.reason}" for b in report.backends if not b.usable)
    detail = f"{report.backend}, {report.isolation} isolation" if report.usable else f"code is refused ({reasons})"
    yield _check("sandbox", report.usable, detail)


def _office(_: Settings) -> Iterator[Check]:
    office = shutil.which("soffice")
    yield _check("LibreOffice", office is not None, office or "legacy .doc, .xls and .ppt are not read without it")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    yield _check("browser for tests", found is not None, found or "only the test suite needs one (Debian: chromium)")


def _attempt(name: str, look: Callable[[], str], *, required: bool) -> Check:
    try:
        return _check(name, True, look(), required=required)
    except AppError as error:
        return _check(name, False, str(error), required=required)
