"""What the page costs while it streams: python -m benchmarks.page.

Long conversations in real Chromium (work of the browser's main thread per update), twenty users who stream at once, and
how soon an opened page can be used. Prints Markdown tables.
"""

from __future__ import annotations

import itertools
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from playwright.sync_api import Browser, CDPSession, sync_playwright

from agents.events import Event, MessageCompleted, RunCompleted, RunStarted, TokenDelta
from agents.ports import ConversationInfo
from tests.ui.web.conftest import CHROMIUM_FLAGS, served
from tests.ui.web.scripted import ScriptedBackend, ScriptedChat

LENGTHS = (0, 50, 200, 500)
UPDATES, INTERVAL_S = 60, 0.1
USERS, TOKENS, TOKEN_S = 20, 100, 0.05
WORDS = "Hotels are paid **up to 120 euros** a night; a receipt is needed for each of them. "


def said(number: int) -> Iterator[Event]:
    """One turn of an earlier conversation."""
    yield RunStarted(question=f"Question {number}?", team="qa", kb="handbook", strategy="hybrid")
    text = f"Answer {number}: {WORDS * 4}\n\n| City | Rate |\n|---|---|\n| Berlin | {number} |"
    yield MessageCompleted(agent="assistant", message_id=f"m{number}", role="assistant", content=text)
    yield RunCompleted(answer=text, abstained=False)


def streaming(question: str) -> Iterator[Event]:
    """A message that grows by a sentence ten times a second."""
    yield RunStarted(question=question, team="qa", kb="handbook", strategy="hybrid")
    for _ in range(UPDATES):
        time.sleep(INTERVAL_S)
        yield TokenDelta(agent="assistant", message_id="live", text=WORDS)
    yield RunCompleted(answer=WORDS * UPDATES, abstained=False)


def tokens(question: str) -> Iterator[Event]:
    """A message of small pieces, twenty of them a second."""
    yield RunStarted(question=question, team="qa", kb="handbook", strategy="hybrid")
    for number in range(TOKENS):
        time.sleep(TOKEN_S)
        yield TokenDelta(agent="assistant", message_id="live", text=f"word {number} ")
    yield RunCompleted(answer="done", abstained=False)


def kept(backend: ScriptedBackend, messages: int) -> str:
    """A conversation that holds so many messages; its id."""
    info = ConversationInfo(id=f"long{messages}", kb="handbook", team="qa", strategy="hybrid", title=str(messages))
    chat = ScriptedChat(info, streaming, 0.0, [])
    for event in itertools.chain.from_iterable(said(number) for number in range(messages // 2)):
        chat.keep(event)
    backend.chats.append(chat)
    return info.id


def main_thread_ms(session: CDPSession) -> float:
    """Work of the main thread since the session was opened."""
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return 1000 * float(metrics["TaskDuration"])


def per_update_ms(browser: Browser, url: str, conversation: str) -> float:
    """Main-thread work per update while a message grows at the end of a conversation."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{url}/?c={conversation}")
    page.get_by_role("textbox", name="Your question").fill("And now?")
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".message[aria-busy=true]").wait_for()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = main_thread_ms(session)
    page.locator(".status", has_text="Done.").wait_for(timeout=60_000)
    spent = main_thread_ms(session) - before
    page.context.close()
    return spent / UPDATES


def at_once(url: str) -> tuple[float, float]:
    """Seconds until the slowest of all users has the whole answer, and what the tokens alone take."""
    with ThreadPoolExecutor(USERS) as pool:
        return max(pool.map(lambda user: one_user(url, user), range(USERS))), TOKENS * TOKEN_S


def one_user(url: str, user: int) -> float:
    """Seconds from the question to the end of the answer on this user's screen."""
    with httpx.Client(base_url=url, timeout=60) as client:
        client.get("/")
        started = time.monotonic()
        answer = client.post("/conversations", json={"question": f"User {user}?", "kb": "handbook"})
        at = {"conversation": answer.json()["conversation"]}
        with client.stream("GET", "/live", params=at) as live:
            for line in live.iter_lines():
                if line.startswith("data: ") and json.loads(line[6:]).get("status") == "Done.":
                    return time.monotonic() - started
    raise AssertionError("The answer never ended.")


def until_usable_s(browser: Browser, url: str) -> float:
    """Seconds from the server's answer to a composer that can be typed into."""
    page = browser.new_context().new_page()
    started = time.monotonic()
    page.goto(url, wait_until="commit")
    answered = time.monotonic()
    page.get_by_role("textbox", name="Your question").fill("a")
    usable = time.monotonic()
    page.context.close()
    assert answered >= started
    return usable - answered


def main() -> None:
    """Measure and print."""
    backend = ScriptedBackend(streaming)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        served(backend, Path(tempfile.mkdtemp())) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        until_usable_s(browser, url)
        usable = statistics.median(until_usable_s(browser, url) for _ in range(5))
        print(f"The page can be used {usable:.2f} s after the server answers (median of 5).\n")
        print("| messages before | main thread, ms per update |\n|---|---|")
        for length in LENGTHS:
            print(f"| {length} | {per_update_ms(browser, url, kept(backend, length)):.1f} |")
        browser.close()
        backend.script = tokens
        taken, ideal = at_once(url)
        print(f"\n{USERS} users at once: {taken:.2f} s, {taken / ideal:.2f} x the {ideal:.1f} s of the tokens alone.")
        print(f"Threads left: {threading.active_count()}")


if __name__ == "__main__":
    main()
