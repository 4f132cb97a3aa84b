"""Everything the library tab works with, made once for all its visitors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from configs.settings import Settings
from ui.web.library.deleting import Deleting
from ui.web.library.job import Kind
from ui.web.library.jobs import Jobs, Work
from ui.web.library.opening import Opening
from ui.web.library.record import Record
from ui.web.library.screen import Screens
from ui.web.library.sheets import Sheets
from ui.web.library.stock import DOCUMENT, Stock
from ui.web.undoing import Undoing
from ui.web.uploads import Shelf

if TYPE_CHECKING:
    from agents.app import App


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """The parts behind the page; `opening` waits for the application, the others call it when it is there."""

    settings: Settings
    shelf: Shelf
    opening: Opening
    stock: Stock
    jobs: Jobs
    undoing: Undoing
    deleting: Deleting
    screens: Screens
    sheets: Sheets

    def begin(self, kb: str, owner: str, kind: Kind, work: Work) -> None:
        """Queue work on a knowledge base; documents that were deleted there a moment ago go first, for good.

        Raises AppError for a knowledge base that is being deleted.
        """
        self.deleting.must_stay(kb)

        def after_deletions(record: Record) -> None:
            self.undoing.carry_out(lambda key: key[:2] == (DOCUMENT, kb))
            work(record)

        self.jobs.add(kb, owner, kind, after_deletions)

    def close(self) -> None:
        """Cancel what is under way."""
        self.jobs.close()


def open_workshop(app: Callable[[], App], shelf: Shelf, settings: Settings, undoing: Undoing) -> Workshop:
    """The parts, put together; returns before `app` does."""
    opening, jobs = Opening(app), Jobs()
    stock = Stock(opening.app, undoing, settings)
    deleting = Deleting(opening.app, shelf, jobs, undoing)
    return Workshop(
        settings=settings,
        shelf=shelf,
        opening=opening,
        stock=stock,
        jobs=jobs,
        undoing=undoing,
        deleting=deleting,
        screens=Screens(stock, jobs, undoing, deleting.name),
        sheets=Sheets(stock.open),
    )
