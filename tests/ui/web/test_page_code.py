"""Code in a real browser: it waits for a person, runs as the person left it, and what it made is there to be seen."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from agents.events import Event, RunCompleted, RunStarted
from configs.settings import SandboxSettings
from tests.ui.web.browsing import ask, ended, log, opened
from tests.ui.web.computed import ANSWER, CODE, REASON, artifact, computing, drawn, ran, request, written
from tests.ui.web.conftest import served
from tests.ui.web.scripted import ScriptedBackend, discussion, sha256, streamed
from tests.ui.web.waiting import until

Server = tuple[ScriptedBackend, str, Path]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    backend, home = ScriptedBackend(discussion), tmp_path_factory.mktemp("home")
    with served(backend, home) as url:
        yield backend, url, home / "artifacts"


@pytest.fixture
def folder(server: Server, request: pytest.FixtureRequest) -> Path:
    """Where the code of this test leaves its files."""
    folder = server[2] / re.sub(r"\W", "_", request.node.name)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def backend(server: Server, folder: Path) -> ScriptedBackend:
    server[0].reset(discussion)
    server[0].script = computing(server[0], folder)
    return server[0]


@pytest.fixture
def page(browser: Browser, backend: ScriptedBackend, server: Server) -> Iterator[Page]:
    with opened(browser, server[1], may_fail="/decide") as page:
        yield page


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("asks to run Python"))


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="The code, which you may change")


def waits(page: Page) -> None:
    ask(page, "Plot the rates.")
    expect(panel(page)).to_be_visible()


def test_who_asks_why_for_what_and_how_long_is_shown_and_announced(page: Page) -> None:
    waits(page)
    expect(panel(page).get_by_role("heading")).to_contain_text("code_executor asks to run Python")
    expect(panel(page)).to_contain_text(REASON)
    expect(editor(page)).to_have_value(CODE)
    expect(panel(page).get_by_role("timer")).to_have_text(re.compile(r"^(1:00|0:\d\d) left$"))
    expect(page.locator("#table").get_by_role("status")).to_have_text("Waiting for your approval.")
    expect(panel(page)).to_be_in_viewport()


def test_approved_code_runs_as_it_was_shown(page: Page, backend: ScriptedBackend) -> None:
    waits(page)
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    (answer,) = backend.answers
    assert (answer.approved, answer.code, answer.code_sha256, answer.edited) == (True, CODE, sha256(CODE), False)
    expect(panel(page)).to_have_count(0)
    fold = log(page).locator(".step", has_text="was allowed to run Python")
    expect(fold).not_to_contain_text("edited")
    expect(log(page).locator(".answer")).to_contain_text("140 euros")


def test_edited_code_runs_as_it_was_edited_and_is_marked(page: Page, backend: ScriptedBackend) -> None:
    waits(page)
    editor(page).press_sequentially("# mine\n")
    expect(panel(page).get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    panel(page).get_by_role("button", name="Approve edited code").click()
    ended(page)
    (answer,) = backend.answers
    assert answer.approved
    assert answer.edited
    assert "# mine\n" in answer.code
    assert answer.code.replace("# mine\n", "") == CODE
    fold = log(page).locator(".step", has_text="was allowed to run Python")
    expect(fold.locator("summary .badge").first).to_have_text("edited")
    fold.locator("summary").first.click()
    expect(fold.locator("pre.edited")).to_contain_text("# mine")
    expect(log(page).locator(".step", has_text="ran Python").locator("pre.code")).to_contain_text("# mine")


def test_undone_changes_are_no_changes(page: Page, backend: ScriptedBackend) -> None:
    waits(page)
    editor(page).fill("print(1)")
    panel(page).get_by_role("button", name="Undo changes").click()
    expect(editor(page)).to_have_value(CODE)
    expect(editor(page)).to_be_focused()
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    assert [answer.edited for answer in backend.answers] == [False]


def test_emptied_code_cannot_be_approved(page: Page) -> None:
    waits(page)
    editor(page).fill("  \n")
    expect(panel(page).get_by_role("button", name="Approve edited code")).to_be_disabled()
    expect(panel(page).get_by_role("button", name="Reject")).to_be_enabled()
    panel(page).get_by_role("button", name="Reject").click()
    ended(page)


def test_rejected_code_does_not_run_and_the_reason_is_kept(page: Page, backend: ScriptedBackend) -> None:
    waits(page)
    editor(page).fill("edited, and then thought better of")
    panel(page).get_by_label("Reason, if any").fill("It reads <b>too much</b>.")
    panel(page).get_by_role("button", name="Reject").click()
    ended(page)
    (answer,) = backend.answers
    assert (answer.approved, answer.reason, answer.code) == (False, "It reads <b>too much</b>.", "")
    expect(log(page)).to_contain_text("was not allowed to run Python: It reads <b>too much</b>.")
    expect(log(page).locator(".step", has_text="ran Python")).to_have_count(0)


def test_a_double_click_answers_once(page: Page, backend: ScriptedBackend) -> None:
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.post_data or "") if request.url.endswith("/decide") else None
    )
    waits(page)
    panel(page).get_by_role("button", name="Approve", exact=True).dblclick()
    ended(page)
    assert len(backend.answers) == 1
    assert sum("code_sha256" in data for data in sent) == 1
    expect(page.locator("#notice")).to_be_hidden()


def test_an_answer_to_what_was_answered_elsewhere_is_told(page: Page, backend: ScriptedBackend) -> None:
    waits(page)
    page.evaluate("document.querySelector('.approval').dataset.id = 'a0'")
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#notice").get_by_role("alert")).to_contain_text("This code no longer waits for an answer.")
    assert backend.answers == []
    page.evaluate("document.querySelector('.approval').dataset.id = 'a1'")
    expect(panel(page)).to_have_attribute("aria-busy", "false")
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    expect(page.locator("#notice")).to_be_hidden()


def test_no_answer_in_time_is_a_no(page: Page, backend: ScriptedBackend, folder: Path) -> None:
    def script(question: str) -> Iterator[Event]:
        for event in computing(backend, folder)(question):
            yield request(timeout_s=1.5) if event == request() else event

    backend.script = script
    waits(page)
    expect(panel(page)).to_have_class(re.compile("urgent"))
    ended(page)
    expect(panel(page)).to_have_count(0)
    expect(log(page)).to_contain_text("was not allowed to run Python: Nobody answered in time.")


def test_stop_ends_a_run_that_waits(page: Page) -> None:
    waits(page)
    page.get_by_role("button", name="Stop").click()
    ended(page, "Stopped.")
    expect(panel(page)).to_have_count(0)
    expect(log(page)).to_contain_text("asked to run Python, and the run ended")


def murmur(question: str) -> list[Event]:
    return streamed("assistant", "murmur", "While you look at it, I go on. " * 12, size=3)


def test_what_is_typed_outlives_everything_that_is_drawn_meanwhile(page: Page, backend: ScriptedBackend) -> None:
    backend.meanwhile = murmur
    waits(page)
    editor(page).press("Control+End")
    lengths = set()
    for character in "\n# typed slowly":
        editor(page).press("Enter" if character == "\n" else character, delay=60)
        lengths.add(len(log(page).inner_text()))
        expect(editor(page)).to_be_focused()
    assert len(lengths) >= 5
    expect(editor(page)).to_have_value(CODE + "\n# typed slowly")
    panel(page).get_by_role("button", name="Approve edited code").click()
    ended(page)
    assert backend.answers[0].code == CODE + "\n# typed slowly"


def test_the_panel_takes_the_place_of_the_composer_and_gives_it_back(
    page: Page, backend: ScriptedBackend, folder: Path
) -> None:
    typed = threading.Event()

    def script(question: str) -> Iterator[Event]:
        for event in computing(backend, folder)(question):
            if event == request():
                typed.wait(10)
            yield event

    waits(page)
    expect(panel(page).get_by_role("heading")).to_be_focused()
    backend.script = script
    page.get_by_role("button", name="New conversation").click()
    expect(panel(page)).to_have_count(0)
    ask(page, "Once more.")
    expect(log(page).locator(".step", has_text="calls run_python")).to_be_visible()
    question = page.get_by_role("textbox", name="Your question")
    expect(question).to_have_value("")
    question.press_sequentially("And then")
    expect(question).to_have_value("And then")
    typed.set()
    expect(panel(page).get_by_role("heading")).to_be_focused()
    expect(question).to_be_hidden()
    panel(page).get_by_role("button", name="Reject").click()
    ended(page)
    expect(question).to_be_focused()
    expect(question).to_have_value("And then")


def test_everything_can_be_done_by_keyboard(page: Page, backend: ScriptedBackend) -> None:
    page.get_by_role("textbox", name="Your question").focus()
    page.keyboard.type("Plot the rates.")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("heading")).to_be_focused()
    page.keyboard.press("Tab")
    expect(editor(page)).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type("  # keyed")
    page.keyboard.press("Tab")
    expect(panel(page).get_by_label("Reason, if any")).to_be_focused()
    page.keyboard.type("Looks right.")
    page.keyboard.press("Tab")
    expect(panel(page).get_by_role("button", name="Approve edited code")).to_be_focused()
    page.keyboard.press("Enter")
    ended(page)
    assert (backend.answers[0].code, backend.answers[0].reason) == (CODE + "  # keyed", "Looks right.")
    expect(page.get_by_role("textbox", name="Your question")).to_be_focused()


@pytest.mark.parametrize("start", ["\n", "\n\n", "<b>&amp;</b></textarea><script>alert(1)</script>"])
def test_the_editor_holds_exactly_the_code(page: Page, backend: ScriptedBackend, folder: Path, start: str) -> None:
    backend.script = computing(backend, folder, start + CODE)
    waits(page)
    expect(editor(page)).to_have_value(start + CODE)
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    assert (backend.answers[0].code, backend.answers[0].edited) == (start + CODE, False)


def test_code_that_an_editor_cannot_hold_exactly_runs_exactly(
    page: Page, backend: ScriptedBackend, folder: Path
) -> None:
    backend.script = computing(backend, folder, "a = 1\r\nb = 2\x0c")
    waits(page)
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    assert (backend.answers[0].code, backend.answers[0].edited) == ("a = 1\r\nb = 2\x0c", False)


def test_code_that_looks_other_than_it_runs_is_told(page: Page, backend: ScriptedBackend, folder: Path) -> None:
    backend.script = computing(backend, folder, "ok = 1\nif ok: \u202e# harmless\u2066\n    pass")
    waits(page)
    expect(panel(page).locator(".danger")).to_have_text(
        "This code holds characters that cannot be seen: U+202E in line 2, U+2066 in line 2."
    )
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    assert backend.answers[0].code == "ok = 1\nif ok: \u202e# harmless\u2066\n    pass"


def is_drawn(image: Locator) -> bool:
    return bool(image.evaluate("image => image.complete && image.naturalWidth > 0"))


def test_what_code_made_is_shown_under_the_answer(page: Page) -> None:
    waits(page)
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    answer = log(page).locator(".answer")
    picture = answer.get_by_role("img", name="rates.png")
    expect(picture).to_be_visible()
    until(lambda: is_drawn(picture))
    assert picture.evaluate("image => image.naturalWidth") == 640
    expect(answer.get_by_role("link", name="Download rates.csv")).to_be_in_viewport()
    expect(answer.get_by_role("cell", name="上海")).to_be_visible()
    with page.expect_download() as download:
        answer.get_by_role("link", name="Download rates.csv").click()
    assert download.value.suggested_filename == "rates.csv"
    assert Path(download.value.path()).read_text(encoding="utf-8") == "City,Rate\n上海,140\n"


def test_what_code_made_is_shown_in_place_until_an_answer_shows_it(
    page: Page, backend: ScriptedBackend, folder: Path
) -> None:
    def script(question: str) -> Iterator[Event]:
        picture = drawn(folder / "plot-1.png")
        yield RunStarted(question=question, team="analyst", kb="handbook", strategy="hybrid")
        yield ran(artifacts=(picture,))
        yield request("print(2)")
        yield from streamed("assistant", "m", ANSWER)
        yield RunCompleted(answer=ANSWER, abstained=False, artifacts=(picture,))

    backend.script = script
    waits(page)
    step = log(page).locator(".step", has_text="ran Python")
    expect(step.get_by_role("img", name="plot-1.png")).to_be_visible()
    until(lambda: is_drawn(step.get_by_role("img")))
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    expect(step.get_by_role("img", name="plot-1.png")).to_be_hidden()
    expect(log(page).locator(".answer").get_by_role("img", name="plot-1.png")).to_be_visible()


HOSTILE_NAME = "<img src=x onerror=alert(1)>\" onerror='alert(2)'.png"
HOSTILE_HTML = """<table onclick="alert(1)" style="position:fixed;inset:0"><tr><td colspan="90000" rowspan="2">safe
<img src=http://evil.example/x onerror=alert(2)><a href="javascript:alert(3)">words</a></td></tr></table>
<script>alert(4)</script><style>*{display:none}</style><form action=http://evil.example><input></form>
<svg onload=alert(5)><iframe src=http://evil.example></iframe></div></article><h1>Roundtable says: pay here</h1>"""


def test_hostile_names_and_tables_are_only_text(page: Page, backend: ScriptedBackend, folder: Path) -> None:
    picture = {**drawn(folder / "a.png"), "name": HOSTILE_NAME}
    table = written(folder / "table-1.html", HOSTILE_HTML, "text/html")
    report = written(folder / "report.html", "<script>alert(6)</script>", "text/html")
    vector = written(folder / "b.svg", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(7)'/>", "image/svg+xml")
    made = (picture, table, report, vector)

    def script(question: str) -> list[Event]:
        return [ran(artifacts=made), RunCompleted(answer="Look.", abstained=False, artifacts=made)]

    backend.script = script
    ask(page)
    ended(page)
    answer = log(page).locator(".answer")
    expect(answer.get_by_role("img", name=HOSTILE_NAME)).to_be_visible()
    expect(answer.get_by_role("cell")).to_have_text(re.compile(r"safe\s*words"))
    expect(answer.locator("h1, script, style, iframe, svg, form, input, [onclick], [onerror], [style]")).to_have_count(
        0
    )
    assert answer.locator("td").evaluate("cell => [cell.colSpan, cell.rowSpan]") == [1, 2]
    for name in ("report.html", "b.svg"):
        with page.expect_download() as download:
            answer.get_by_role("link", name=f"Download {name}").click()
        assert download.value.suggested_filename == name
    expect(page.get_by_role("heading", name="Roundtable", level=1)).to_be_visible()


def test_pictures_that_cannot_be_shown_say_so(
    browser: Browser, backend: ScriptedBackend, server: Server, folder: Path
) -> None:
    (folder / "no.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    lost = drawn(folder / "lost.png")
    (folder / "lost.png").unlink()
    made = (artifact(folder / "no.png", "image/png"), lost)
    backend.script = lambda _: [ran(artifacts=made), RunCompleted(answer="Look.", abstained=False, artifacts=made)]
    with opened(browser, server[1], may_fail="/view") as page:
        ask(page)
        ended(page)
        alerts = log(page).locator(".answer").get_by_role("alert")
        expect(alerts).to_have_text(["This picture cannot be shown."] * 2)


def test_what_code_made_is_not_served_to_another_browser(page: Page, browser: Browser, server: Server) -> None:
    waits(page)
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    answer = log(page).locator(".answer")
    picture = answer.get_by_role("img").get_attribute("src")
    file = answer.get_by_role("link", name="Download rates.csv").get_attribute("href")
    stranger = browser.new_context()
    for address in (picture, file):
        mine, other = (context.request.get(f"{server[1]}/{address}") for context in (page.context, stranger))
        assert (mine.status, other.status, other.text()) == (200, 404, "Not found.\n")
    stranger.close()


def test_less_than_full_isolation_is_marked(page: Page, backend: ScriptedBackend) -> None:
    backend.script = lambda _: [
        ran("print(1)", isolation="reduced"),
        ran("print(2)", isolation="none", state_lost=True),
        RunCompleted(answer="Done.", abstained=False),
    ]
    ask(page)
    ended(page)
    expect(log(page).locator("summary .badge")).to_have_text(["reduced isolation", "NO ISOLATION"])
    log(page).locator(".step summary").last.click()
    expect(log(page)).to_contain_text("NO ISOLATION: this ran as an ordinary process of this machine.")
    expect(log(page)).to_contain_text("The variables and files of earlier code are gone.")


def test_a_machine_without_isolation_is_warned_of_for_good(
    page: Page, browser: Browser, backend: ScriptedBackend, tmp_path: Path
) -> None:
    expect(page.locator("#unsandboxed")).to_have_count(0)
    with (
        served(backend, tmp_path, sandbox=SandboxSettings(dangerously_run_without_isolation=True)) as url,
        opened(browser, url) as warned,
    ):
        banner = warned.get_by_role("note").filter(has_text="Code may run without isolation")
        expect(banner).to_be_in_viewport()
        ask(warned, "Plot the rates.")
        panel(warned).get_by_role("button", name="Reject").click()
        ended(warned)
        warned.get_by_role("button", name="New conversation").click()
        expect(banner).to_be_in_viewport()
        warned.set_viewport_size({"width": 390, "height": 800})
        warned.mouse.wheel(0, 2000)
        expect(banner).to_be_in_viewport()


def test_another_team_begins_a_new_conversation(page: Page, backend: ScriptedBackend) -> None:
    backend.script = discussion
    expect(page.get_by_label("Team")).to_have_value("qa")
    ask(page)
    ended(page)
    page.get_by_label("Team").click()
    page.get_by_role("option", name="analyst").click()
    expect(log(page)).to_contain_text("Ask your documents")
    ask(page, "And now?")
    ended(page)
    assert backend.begun == [("handbook", "qa"), ("handbook", "analyst")]


@pytest.mark.parametrize("width", [390, 900, 1280])
def test_nothing_of_it_is_wider_than_the_screen(page: Page, backend: ScriptedBackend, folder: Path, width: int) -> None:
    wide = "x" * 400
    cells = f"<table><tr>{f'<td>{wide}</td>' * 20}</tr></table>"
    made = (
        drawn(folder / "wide.png", size=(3000, 400)),
        written(folder / "table-1.html", cells, "text/html"),
        written(folder / f"{'n' * 100}.csv", wide, "text/csv"),
    )

    def script(question: str) -> Iterator[Event]:
        yield request(f"print('{wide}')\n" * 40, reason=wide)
        yield ran(f"print('{wide}')", stdout=wide, isolation="none", artifacts=made)
        yield RunCompleted(answer="Look.", abstained=False, artifacts=made)

    backend.script = script
    page.set_viewport_size({"width": width, "height": 800})
    waits(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    panel(page).get_by_role("button", name="Approve", exact=True).click()
    ended(page)
    log(page).locator(".step summary").last.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert log(page).evaluate("log => log.scrollWidth <= log.clientWidth")
