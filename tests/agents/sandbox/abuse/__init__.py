"""The abuse suite: what code that means harm would try, as data."""

from __future__ import annotations

from tests.agents.sandbox.abuse import files, information, kernel, network, protocol, resources
from tests.agents.sandbox.abuse.case import Case

CASES: tuple[Case, ...] = tuple(
    sorted(
        (case for part in (information, files, network, kernel, protocol, resources) for case in part.CASES),
        key=lambda case: case.number,
    )
)
