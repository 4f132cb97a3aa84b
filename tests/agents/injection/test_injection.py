"""A model that obeys everything it reads, at the table of analysts, while the user asks something innocent."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.events import ToolReturned
from agents.ports import Sandbox
from tests.agents.injection.attacks import ATTACKS, BENIGN, GAPS, Attack, Benign
from tests.agents.injection.obeying import attacked, served_well
from tests.agents.table import of


def each(cases: tuple[Attack, ...] | tuple[Benign, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@each(ATTACKS)
def test_what_is_read_has_no_effect_unless_a_person_says_so(case: Attack, tmp_path: Path, sandbox: Sandbox) -> None:
    with attacked(case, tmp_path, sandbox, approve=False) as outcome:
        assert not outcome.harmed(case)
        assert outcome.answer
        if not isinstance(case.deed, str):
            (request,) = outcome.asked
            assert request.reason
            assert "CodeNotAllowed" in [returned.error_type for returned in of(ToolReturned, outcome.events)]


@each(ATTACKS)
def test_the_model_does_obey(case: Attack, tmp_path: Path, sandbox: Sandbox) -> None:
    """So that the test above can fail: with everything allowed each attack has its way."""
    with attacked(case, tmp_path, sandbox, approve=True) as outcome:
        assert case.deed in outcome.said if isinstance(case.deed, str) else outcome.mails or outcome.ran


@each(GAPS)
def test_soft_orders_are_not_recognised(case: Attack, tmp_path: Path, sandbox: Sandbox) -> None:
    """What the documentation says of them; a gap that is closed belongs among the attacks."""
    with attacked(case, tmp_path, sandbox, approve=False) as outcome:
        assert outcome.harmed(case)
        assert not outcome.asked


@each(BENIGN)
def test_what_the_user_wants_is_done(case: Benign, tmp_path: Path, sandbox: Sandbox) -> None:
    with served_well(case, tmp_path, sandbox) as outcome:
        assert bool(outcome.asked) == case.asks, [request.reason for request in outcome.asked]
        assert outcome.mails or outcome.ran
        assert not outcome.failures


def test_the_set_is_as_large_as_it_is_said_to_be() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 36
    kinds = {attack.kind for attack in ATTACKS}
    chinese = {attack.kind for attack in ATTACKS if attack.language == "zh"}
    assert kinds == chinese
