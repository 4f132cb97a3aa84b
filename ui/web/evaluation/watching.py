"""The open browser tabs: what is drawn in each, and what is done in each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from ui.web.evaluation.acts import Acts
from ui.web.evaluation.bench import Bench, Progress
from ui.web.evaluation.desk import Desk
from ui.web.evaluation.prepared import Prepared
from ui.web.evaluation.screens import REGIONS, Screens
from ui.web.newest import Newest
from ui.web.tail import follow
from ui.web.visitor import Visitor

_MOST_TABS = 500


class _Tab:
    """One browser tab; what is done in it happens in the order it was sent."""

    def __init__(self) -> None:
        self.desk, self.turn = Desk(), asyncio.Lock()


class Watching:
    """Tabs by browser and a name of the browser's choice; of many, those longest unused are forgotten."""

    def __init__(self, app: Prepared, acts: Acts, bench: Bench, screens: Screens) -> None:
        self._app, self._acts, self._bench, self._screens = app, acts, bench, screens
        self._tabs: Newest[tuple[str, str], _Tab] = Newest(_MOST_TABS)

    async def drawn(self, visitor: Visitor, name: str, going: Callable[[], bool]) -> AsyncIterator[dict[str, str]]:
        """The regions of a tab as HTML, all of them first and then those that change, for as long as it is going."""
        tab = self._tab(visitor, name)
        self._app.start()
        keys: dict[str, object] = {}

        def now() -> tuple[bool, Desk, Progress | None, int, bool]:
            return going(), tab.desk, self._bench.progress, self._bench.changes, self._app.done

        async for is_going, desk, running, changes, ready in follow(now, going=lambda state: state[0]):
            if is_going and ready and not desk.offer.ready and desk.problem is None:
                await self._do(tab, visitor, "look", {})
                desk = tab.desk
            wanted = _keys(desk, running, changes)
            stale = {region for region in REGIONS if region not in keys or keys[region] != wanted[region]}
            keys = wanted
            if stale:
                yield await asyncio.to_thread(self._screens.draw, visitor, desk, running, stale)

    async def do(self, visitor: Visitor, name: str, act: str, data: Mapping[str, Any]) -> None:
        """Do something in a tab; what comes of it is drawn."""
        if self._app.done:
            await self._do(self._tab(visitor, name), visitor, act, data)

    async def _do(self, tab: _Tab, visitor: Visitor, act: str, data: Mapping[str, Any]) -> None:
        async with tab.turn:
            tab.desk = await asyncio.to_thread(self._acts.do, visitor, tab.desk, act, data)

    def _tab(self, visitor: Visitor, name: str) -> _Tab:
        key = (visitor.browser, name)
        if key not in self._tabs:
            self._tabs.keep(key, _Tab())
        return self._tabs.use(key)


def _keys(desk: Desk, running: Progress | None, changes: int) -> dict[str, object]:
    """What each region is drawn from: while that is the same, so is the region."""
    offer = desk.offer
    choice = (desk.run, changes)
    return {
        "notice": desk.problem,
        "setup": (offer.ready, offer.kbs, offer.kb, offer.datasets, offer.dataset),
        "questions": (offer.kb, offer.names, desk.edits),
        "tally": (offer.kb, offer.names, desk.saves),
        "progress": running,
        "runs": choice,
        "result": choice,
        "differences": (*choice, desk.first, desk.second, desk.measure, desk.order, desk.only_different, desk.shown),
    }
