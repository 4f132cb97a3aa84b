"""Turns formats only LibreOffice reads into ones Docling reads, by LibreOffice's own command."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from retrieval.errors import ParseError


@contextmanager
def converted(path: Path, suffix: str, *, timeout_s: float) -> Iterator[Path]:
    """The document as a file in the format `suffix` (`docx`, `xlsx`, `pptx`), gone when the context ends.

    LibreOffice runs with a profile of its own, as a child in this process group. Raises ParseError when it is not
    installed, takes longer than `timeout_s`, or makes no file.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise ParseError(
            f"{path.name} is in a format that only LibreOffice reads, and soffice is not on the PATH.",
            hint="Install LibreOffice, or save the document in a newer format.",
        )
    with TemporaryDirectory(prefix="roundtable-office-") as scratch:
        folder = Path(scratch)
        source = folder / f"document{path.suffix if path.suffix.isascii() else ''}"
        source.symlink_to(path.absolute())
        made = folder / "made"
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        arguments = ["--headless", "--norestore", "--convert-to", suffix, "--outdir", str(made), str(source)]
        _run([program, profile, *arguments], path, timeout_s)
        result = made / f"document.{suffix}"
        if not result.is_file():
            raise ParseError(
                f"{path.name} cannot be converted by LibreOffice.",
                hint="Open it in its own application and save it in a newer format.",
            )
        yield result


def _run(command: list[str], path: Path, timeout_s: float) -> None:
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise ParseError(f"LibreOffice cannot be started ({error.strerror}).", hint="Install it again.") from error
    try:
        process.wait(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise ParseError(
            f"LibreOffice took longer than {timeout_s:g} s to convert {path.name}.",
            hint="Save it in a newer format, or raise parsing.timeout_s.",
        ) from error
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all it started."""
    if process.poll() is not None:
        return
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()
