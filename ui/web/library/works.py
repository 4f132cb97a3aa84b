"""The kinds of work on a knowledge base: add documents, read them again, embed them with another model."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import AppError
from retrieval.addresses import parse_address
from retrieval.errors import ParseError
from retrieval.locations import as_text, is_hidden, split_member
from ui.web.library.job import Job, Line
from ui.web.library.record import Record
from ui.web.listing import base_name
from ui.web.uploads import Shelf

if TYPE_CHECKING:
    from agents.app import App


class _Stopped(Exception):
    """The person wants no more of it."""


@dataclass(frozen=True, kw_only=True)
class Adding:
    """Reads uploads (kept on the shelf first), addresses, and files and folders of this machine into a knowledge base.

    With `again` also what could not be read before is tried; `password` opens encrypted PDFs.
    """

    app: App
    shelf: Shelf
    kb: str
    uploads: Sequence[Path] = ()
    addresses: Sequence[str] = ()
    places: Sequence[str] = ()
    again: bool = False
    password: str = ""

    def __call__(self, record: Record) -> None:
        """Do it; see `ui.web.library.jobs.Work`."""
        named = [(f"upload {n}", Line(name=upload.name)) for n, upload in enumerate(self.uploads)]
        record.expect([*named, *((address, Line(name=address)) for address in self.addresses)])
        files = [place for place in self.places if not Path(place).is_dir()]
        record.expect((place, Line(name=base_name(place), source=place)) for place in files)
        kept = [self._keep(record, key, upload) for (key, _), upload in zip(named, self.uploads, strict=True)]
        asked = [self._parse(record, address) for address in self.addresses]
        inputs = [source for source in itertools.chain(kept, asked, self.places) if source]
        if inputs:
            self.app.library.open(self.kb).ingest(
                list(dict.fromkeys(inputs)),
                progress=record.outcome,
                on_page=record.page,
                cancel=record.cancel,
                password=self.password or None,
                retry=self.again,
            )

    def _keep(self, record: Record, key: str, upload: Path) -> str:
        try:
            source = as_text(self.shelf.keep(upload, self.kb))
        except ParseError as error:
            record.fail(key, str(error))
        except OSError as error:
            record.fail(key, f"The file could not be stored ({error.strerror}).")
        else:
            record.rekey(key, source)
            return source
        return ""

    def _parse(self, record: Record, address: str) -> str:
        try:
            source = str(parse_address(address))
        except AppError as error:
            record.fail(address, str(error))
            return ""
        record.rekey(address, source)
        return address


@dataclass(frozen=True, kw_only=True)
class Rereading:
    """Reads documents again from their files; all of them when none is named."""

    app: App
    kb: str
    document_ids: Sequence[str] = ()

    def __call__(self, record: Record) -> None:
        """Do it; see `ui.web.library.jobs.Work`."""
        base = self.app.library.open(self.kb)
        documents = [d for d in base.documents() if not self.document_ids or d.id in self.document_ids]
        record.expect((d.source, Line(name=base_name(d.source), source=d.source)) for d in documents)
        base.reparse(
            [document.id for document in documents],
            progress=record.outcome,
            on_page=record.page,
            cancel=record.cancel,
        )


@dataclass(frozen=True, kw_only=True)
class Reembedding:
    """Builds the index anew with a model, beside the one that answers; cancelled, it leaves the old one."""

    app: App
    kb: str
    model: str

    def __call__(self, record: Record) -> None:
        """Do it; see `ui.web.library.jobs.Work`."""

        def tell(subject: str, done: int, total: int) -> None:
            if record.cancel.is_set():
                raise _Stopped
            record.step(subject, done, total)

        try:
            self.app.library.reembed(self.kb, self.model or None, tell=tell)
        except _Stopped:
            return


def kept_sources(job: Job) -> list[str]:
    """What of a job failed and can be tried again: what the library knows of it, archives as a whole."""
    sources = (line.source for line in job.failed if line.source)
    return list(dict.fromkeys((split_member(source) or (source, ""))[0] for source in sources))


def visible(uploads: Sequence[Path]) -> list[Path]:
    """The files of an uploaded folder without those that its system hides there."""
    return [upload for upload in uploads if not is_hidden(upload.name)]
