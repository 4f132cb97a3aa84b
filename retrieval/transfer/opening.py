"""Opens an exported file as far as its manifest: nothing is read before its size is known to be within limits."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import ValidationError

from retrieval.archives import BROKEN, Bounded
from retrieval.errors import TransferError
from retrieval.transfer.manifest import (
    DOCUMENTS,
    FORMAT,
    FORMAT_VERSION,
    LIMITS,
    MANIFEST,
    VECTORS,
    Header,
    Limits,
    Manifest,
)


def is_export(path: Path, limits: Limits = LIMITS) -> bool:
    """Whether a file is an export, of any version and as far as its manifest tells."""
    try:
        with opened(path) as file, damage(str(path)):
            return Header.model_validate_json(_manifest_text(file, limits)).format == FORMAT
    except TransferError:
        return False


@contextmanager
def opened(source: Path) -> Iterator[zipfile.ZipFile]:
    """A ZIP whose list of files is not too large. Raises TransferError for what is none."""
    with ExitStack() as stack:
        try:
            if not source.is_file():
                raise zipfile.BadZipFile("there is no such file")
            file = stack.enter_context(zipfile.ZipFile(stack.enter_context(Bounded(source))))
        except (OSError, *BROKEN) as error:
            raise TransferError(
                f"'{source}' is not an exported knowledge base ({error}).", hint="Use `kb export`."
            ) from error
        yield file


def check_members(source: Path, file: zipfile.ZipFile, limits: Limits) -> None:
    """Raises ValueError when its members are not those of an export, or are too large."""
    members = file.infolist()
    if sorted(member.filename for member in members) != sorted((MANIFEST, DOCUMENTS, VECTORS)):
        raise ValueError("it does not hold what an export does")
    if {member.compress_type for member in members} - {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise ValueError("it is packed as no export is")
    if sum(member.file_size for member in members) > max(limits.free_bytes, limits.ratio * source.stat().st_size):
        raise ValueError(f"it unpacks to more than {limits.ratio} times its size")


def read_manifest(source: Path, file: zipfile.ZipFile, limits: Limits) -> Manifest:
    """Raises TransferError for another format or version, ValueError for what is no manifest."""
    text = _manifest_text(file, limits)
    header = Header.model_validate_json(text)
    if (header.format, header.version) != (FORMAT, FORMAT_VERSION):
        raise TransferError(
            f"{source} is of format {header.format[:100]!r} {header.version}; {FORMAT} {FORMAT_VERSION} can be read.",
            hint="Export it again with this version.",
        )
    return Manifest.model_validate_json(text)


def _manifest_text(file: zipfile.ZipFile, limits: Limits) -> bytes:
    if file.getinfo(MANIFEST).file_size > limits.manifest_bytes:
        raise ValueError(f"{MANIFEST} is larger than {limits.manifest_bytes} bytes")
    return file.read(MANIFEST)


@contextmanager
def damage(name: object) -> Iterator[None]:
    """Whatever does not read as an export is damage."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = f"{'.'.join(str(key)[:100] for key in first['loc'])!r}: " if first["loc"] else ""
        raise TransferError(
            f"{name} is not a whole export ({where}{first['msg']}).", hint="Export it again."
        ) from error
    except (KeyError, OSError, *BROKEN) as error:
        raise TransferError(f"{name} is not a whole export ({error}).", hint="Export it again.") from error
