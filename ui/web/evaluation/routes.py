"""What the evaluation page downloads and uploads over plain HTTP."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from configs.errors import AppError
from retrieval.errors import SourceError
from retrieval.evaluation.questions import write_questions
from retrieval.evaluation.run import MEASURES
from ui.web.downloads import PRIVATE, attachment, not_found
from ui.web.evaluation.bench import Bench
from ui.web.evaluation.comparison import ORDERS, compare
from ui.web.evaluation.csv_file import csv_file
from ui.web.evaluation.dataset_store import DatasetStore
from ui.web.evaluation.figures import ANSWER
from ui.web.evaluation.question_store import QuestionStore
from ui.web.evaluation.sides import side
from ui.web.listing import notice
from ui.web.visitor import NotAllowed, visitor_of


def serve_evaluation(
    server: FastAPI, bench: Bench, questions: QuestionStore, datasets: DatasetStore, *, most_bytes: int
) -> None:
    """`GET /evaluation/questions?kb=` and `…/differences.csv` are files, `POST /evaluation/datasets?name=` takes a ZIP.

    The upload answers `{"dataset": NAME}`, or `{"problem": HTML}` that says what is wrong with it.
    """

    @server.get("/evaluation/questions")
    def questions_file(request: Request, kb: str) -> Response:
        if not visitor_of(request.scope).can("editor"):
            return not_found()
        try:
            return attachment(f"{kb}.jsonl", _pieces(write_questions(questions.all(kb))))
        except AppError:
            return not_found()

    @server.get("/evaluation/differences.csv")
    def differences_file(
        request: Request, first: str, second: str, measure: str, order: str, only: int = 0
    ) -> Response:
        visitor_of(request.scope).must("reader")
        chosen = next((known for known in ORDERS if known == order), None)
        if measure not in (*MEASURES, ANSWER) or chosen is None:
            return not_found()
        try:
            rows = compare(side(bench.runs, first), side(bench.runs, second), measure, chosen)
        except AppError:
            return not_found()
        return attachment("differences.csv", _pieces(csv_file([row for row in rows if row.is_different or not only])))

    @server.post("/evaluation/datasets")
    async def upload(request: Request, name: str) -> Response:
        visitor = visitor_of(request.scope)
        try:
            visitor.must("editor")
            with tempfile.TemporaryDirectory() as scratch:
                archive = Path(scratch) / "upload.zip"
                await _receive(request, archive, most_bytes)
                kept = await asyncio.to_thread(datasets.keep, archive, name)
        except AppError as error:
            status = 403 if isinstance(error, NotAllowed) else 200
            return JSONResponse({"problem": notice(error, visitor.words)}, status, headers=PRIVATE)
        return JSONResponse({"dataset": kept}, headers=PRIVATE)


async def _receive(request: Request, target: Path, most_bytes: int) -> None:
    size = 0
    with target.open("xb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > most_bytes:
                limit = f"The dataset is larger than {most_bytes >> 20} MiB, which is the most a page takes."
                raise SourceError(limit, hint="Give its folder to `python main.py eval`.")
            file.write(piece)


def _pieces(text: str) -> Iterator[bytes]:
    yield text.encode("utf-8")
