from __future__ import annotations

import re

from agents.events import ApprovalAnswered, ApprovalRequested
from tests.ui.web.computed import CODE, REASON, request
from tests.ui.web.markup import Markup
from ui.web import approval
from ui.web.view import Approval
from ui.web.words import words_in

ENGLISH = words_in("en")
EVIL = "<img src=x onerror=alert(1)></textarea><script>alert(2)</script>\"' onfocus=alert(3) x='"


def answered(answer: ApprovalAnswered | None = None, *, done: bool = False, code: str = CODE) -> str:
    return approval.decided(Approval(request=request(code), answer=answer, done=done), ENGLISH)


def test_the_panel_says_who_asks_why_and_names_what_was_shown() -> None:
    html = approval.panel(request(), ENGLISH)
    assert "code_executor" in html
    assert "asks to run Python" in html
    assert REASON in html
    assert 'data-id="a1"' in html
    assert f'data-sha256="{request().code_sha256}"' in html


def test_shell_scripts_are_named() -> None:
    assert "asks to run shell commands" in approval.panel(request("ls", language="sh"), ENGLISH)


def test_the_editor_grows_with_the_code_up_to_a_limit() -> None:
    rows = [re.findall(r'rows="(\d+)"', approval.panel(request("x\n" * lines), ENGLISH))[0] for lines in (0, 7, 5000)]
    assert rows == ["3", "8", "16"]


def test_every_control_has_a_label() -> None:
    html = approval.panel(request(), ENGLISH)
    for control in re.findall(r'<(?:textarea|input) id="([^"]+)"', html):
        assert f'<label for="{control}">' in html


def test_nothing_in_a_request_becomes_markup() -> None:
    evil = ApprovalRequested(
        agent=EVIL, approval_id=EVIL, code=EVIL, code_sha256=EVIL, language=EVIL, reason=EVIL, timeout_s=1
    )
    answer = ApprovalAnswered(approval_id=EVIL, approved=True, reason=EVIL, code=EVIL + " ", edited=True)
    panel = Markup(
        approval.panel(evil, ENGLISH).replace("<input", "<span").replace('off"><button', 'off"></span><button')
    )
    assert not panel.active
    for item in (Approval(request=evil), Approval(request=evil, answer=answer)):
        assert not Markup(approval.decided(item, ENGLISH)).active


def test_an_edited_code_is_shown_beside_what_was_asked_for() -> None:
    html = answered(ApprovalAnswered(approval_id="a1", approved=True, reason="Safer.", code="print(2)", edited=True))
    assert "was allowed to run Python" in html
    assert '<span class="badge edited">edited</span>' in html
    assert "Reason: Safer." in html
    runs, asked = html.index("print(2)"), html.index("import pandas")
    assert runs < html.index("As it was asked for") < asked


def test_code_that_was_not_edited_is_not_marked() -> None:
    html = answered(ApprovalAnswered(approval_id="a1", approved=True, code=CODE))
    assert "edited" not in html.lower()


def test_a_refusal_carries_its_reason_in_the_line() -> None:
    html = answered(ApprovalAnswered(approval_id="a1", approved=False, reason="Too slow."))
    assert '<span class="title">was not allowed to run Python: Too slow.</span>' in html
    assert "import pandas" in html


def test_a_run_that_ended_before_an_answer_says_so() -> None:
    assert "asked to run Python, and the run ended" in answered(done=True)
    assert "asks to run Python" in answered()
