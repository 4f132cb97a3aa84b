"""What people do on the evaluation page; each act checks its visitor and gives the tab's desk as it is after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from configs.errors import AppError
from configs.settings import Settings
from retrieval.evaluation.dataset import load_dataset
from retrieval.evaluation.questions import Question, read_questions
from retrieval.evaluation.run import MEASURES
from retrieval.strategy import load_strategy, strategy_names
from ui.web.evaluation.bench import Bench
from ui.web.evaluation.comparison import ORDERS
from ui.web.evaluation.dataset_store import DatasetStore, load_named
from ui.web.evaluation.desk import PAGE, Desk
from ui.web.evaluation.errors import IncompleteForm
from ui.web.evaluation.examples import examples
from ui.web.evaluation.figures import ANSWER
from ui.web.evaluation.progress_view import may_cancel
from ui.web.evaluation.question_store import QuestionStore
from ui.web.evaluation.setup_view import Offer
from ui.web.evaluation.subjects import DatasetSubject, QuestionsSubject, Subject, canonical_names, file_name
from ui.web.visitor import NotAllowed, Visitor

if TYPE_CHECKING:
    from agents.app import App

Data = Mapping[str, Any]
Act = Callable[[Visitor, Desk, Data], Desk]

MOST_IMPORTED = 4_000_000
"""Characters of a list of questions."""

MOST_STRATEGIES = 4
MOST_PASSAGES = 100


class Acts:
    """Acts by their names; what the browser sends is checked here, and acts may block."""

    def __init__(self, app: Callable[[], App], settings: Settings, bench: Bench, questions: QuestionStore) -> None:
        self._app, self._settings, self._bench, self._questions = app, settings, bench, questions
        self.datasets = DatasetStore(settings.home / "evaluation" / "datasets")
        self._readers: Mapping[str, Act] = {
            "look": self._look, "kb": self._kb, "open": self._open, "compare": self._compare, "more": self._more,
        }  # fmt: skip
        self._editors: Mapping[str, Act] = {
            "run": self._run, "cancel": self._cancel, "delete": self._delete, "put": self._put,
            "remove": self._remove, "examples": self._examples, "import": self._import,
        }  # fmt: skip

    def do(self, visitor: Visitor, desk: Desk, name: str, data: Data) -> Desk:
        """Do something; an error of the application, and that a visitor may not, stand on the desk."""
        clear = replace(desk, problem=None)
        try:
            if name in self._readers:
                return self._readers[name](visitor, clear, data)
            visitor.must("editor")
            return self._editors[name](visitor, clear, data) if name in self._editors else clear
        except AppError as error:
            return replace(desk, problem=error)

    def _look(self, _: Visitor, desk: Desk, data: Data) -> Desk:
        """See what there is now; `dataset` was just uploaded."""
        app = self._app()
        kbs = sorted(app.library.names(), key=lambda name: (name != app.settings.kb, name))
        kb = desk.offer.kb if desk.offer.kb in kbs else next(iter(kbs), "")
        offer = replace(
            desk.offer,
            ready=True,
            kbs=tuple(kbs),
            datasets=tuple(self.datasets.names()),
            dataset=_text(data, "dataset") or desk.offer.dataset,
            strategies=tuple(strategy_names()),
            usual=app.settings.search.strategy,
        )
        newest = next((head.id for head in self._bench.runs.heads()), "")
        return replace(desk, offer=self._about(offer, kb), run=desk.run or newest)

    def _kb(self, _: Visitor, desk: Desk, data: Data) -> Desk:
        kb = _text(data, "value")
        if kb not in self._app().library.names():
            return self._look(_, desk, {})
        return replace(desk, offer=self._about(desk.offer, kb), edits=desk.edits + 1, saves=desk.saves + 1)

    def _about(self, offer: Offer, kb: str) -> Offer:
        documents = self._app().library.open(kb).documents() if kb else []
        names = tuple(sorted({file_name(document) for document in documents}))
        return replace(offer, kb=kb, documents=names, names=frozenset(canonical_names(documents)))

    def _open(self, _: Visitor, desk: Desk, data: Data) -> Desk:
        head = self._bench.runs.head(_text(data, "run"))
        return replace(desk, run=head.id, first="", second="", shown=PAGE)

    def _compare(self, _: Visitor, desk: Desk, data: Data) -> Desk:
        what, value = _text(data, "what"), data.get("value")
        if what == "only":
            return replace(desk, only_different=value is True, shown=PAGE)
        if what == "first" and isinstance(value, str):
            return replace(desk, first=value, shown=PAGE)
        if what == "second" and isinstance(value, str):
            return replace(desk, second=value, shown=PAGE)
        if what == "measure" and value in (*MEASURES, ANSWER):
            return replace(desk, measure=str(value), shown=PAGE)
        order = next((order for order in ORDERS if what == "order" and order == value), desk.order)
        return replace(desk, order=order, shown=PAGE)

    def _more(self, _: Visitor, desk: Desk, __: Data) -> Desk:
        return replace(desk, shown=desk.shown + PAGE)

    def _run(self, visitor: Visitor, desk: Desk, data: Data) -> Desk:
        words = visitor.words
        self._bench.free()
        strategies = list(dict.fromkeys(_texts(data, "strategies")))
        if not 0 < len(strategies) <= MOST_STRATEGIES:
            raise IncompleteForm(words("evaluation.no_strategy"))
        for strategy in strategies:
            load_strategy(strategy)
        k = _text(data, "k")
        if not (k.isascii() and k.isdecimal() and len(k) <= 3 and 0 < int(k) <= MOST_PASSAGES):
            raise IncompleteForm(words("evaluation.bad_k"))
        subject = self._dataset(visitor, data) if _text(data, "source") == "dataset" else self._own(data)
        run = self._bench.start(subject, strategies=strategies, k=int(k), owner=visitor.owner)
        return replace(desk, run=run, first="", second="", shown=PAGE)

    def _dataset(self, visitor: Visitor, data: Data) -> Subject:
        path, name = _text(data, "path").strip(), _text(data, "dataset")
        if path:
            visitor.must("admin")
            folder = Path(path).expanduser()
            return DatasetSubject(self._settings, folder, load_dataset(folder))
        if not name:
            raise IncompleteForm(visitor.words("evaluation.no_path"))
        folder = self.datasets.path(name)
        return DatasetSubject(self._settings, folder, load_named(folder))

    def _own(self, data: Data) -> Subject:
        kb = _text(data, "kb")
        return QuestionsSubject(self._app(), kb, self._questions.all(kb))

    def _cancel(self, visitor: Visitor, desk: Desk, _: Data) -> Desk:
        running = self._bench.progress
        if running and not may_cancel(visitor, running.head):
            raise NotAllowed(visitor.words("evaluation.not_yours"))
        self._bench.cancel()
        return desk

    def _delete(self, visitor: Visitor, desk: Desk, data: Data) -> Desk:
        run = _text(data, "run")
        if not may_cancel(visitor, self._bench.runs.head(run)):
            raise NotAllowed(visitor.words("evaluation.not_yours"))
        self._bench.delete(run)
        newest = next((head.id for head in self._bench.runs.heads()), "")
        return replace(desk, run=newest if desk.run == run else desk.run)

    def _put(self, _: Visitor, desk: Desk, data: Data) -> Desk:
        names, answer = tuple(_texts(data, "sources")), _text(data, "answer")
        question = Question(text=_text(data, "text"), sources=names, answer=answer, id=_text(data, "id"))
        self._questions.put(self._there(data), question)
        return replace(desk, saves=desk.saves + 1)

    def _remove(self, _: Visitor, desk: Desk, data: Data) -> Desk:
        self._questions.remove(self._there(data), _text(data, "id"))
        return replace(desk, saves=desk.saves + 1)

    def _examples(self, visitor: Visitor, desk: Desk, _: Data) -> Desk:
        kb = desk.offer.kb
        self._questions.add(kb, examples(visitor.words, self._app().library.open(kb).documents()))
        return replace(desk, edits=desk.edits + 1, saves=desk.saves + 1)

    def _import(self, visitor: Visitor, desk: Desk, data: Data) -> Desk:
        text = _text(data, "text")
        if len(text) > MOST_IMPORTED:
            raise IncompleteForm(visitor.words("evaluation.too_large"))
        self._questions.add(self._there(data), read_questions(text))
        return replace(desk, edits=desk.edits + 1, saves=desk.saves + 1)

    def _there(self, data: Data) -> str:
        """The knowledge base that is meant. Raises UnknownKnowledgeBase when it is not there."""
        return self._app().library.open(_text(data, "kb")).name


def _text(data: Data, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _texts(data: Data, name: str) -> list[str]:
    values = data.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
