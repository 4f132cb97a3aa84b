"""AutoGen's agents with our executor: state, languages, failures as results, nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from autogen import ConversableAgent
from autogen.coding import CodeBlock, CodeExecutor

from agents.errors import SandboxUnavailable
from agents.ports import Session
from agents.sandbox import open_sandbox
from agents.sandbox.client import RemoteSession
from agents.sandbox.executor import EXIT_CODES, SandboxExecutor
from agents.sandbox.place import Place
from configs.settings import SandboxSettings
from tests.agents.sandbox.hosts import close_all, hosts_of, marked, marker, until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def executor(kept: Path) -> Iterator[SandboxExecutor]:
    with open_executor(kept) as opened:
        yield opened


def open_executor(kept: Path | None = None, **settings: object) -> SandboxExecutor:
    return SandboxExecutor.open(SandboxSettings(backends=("bubblewrap",), **settings), keep=kept)


def blocks(*codes: str, language: str = "python") -> list[CodeBlock]:
    return [CodeBlock(code=code, language=language) for code in codes]


def message(code: str, language: str = "python") -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Run this:\n```{language}\n{code}\n```"}]


def test_it_is_what_autogen_calls_a_code_executor(executor: SandboxExecutor) -> None:
    assert isinstance(executor, CodeExecutor)


def test_an_agent_answers_with_what_its_code_printed_and_keeps_the_variables(executor: SandboxExecutor) -> None:
    agent = ConversableAgent("runner", llm_config=False, code_execution_config={"executor": executor})

    agent.generate_reply(message("x = 6"))
    reply = agent.generate_reply(message("print(x * 7)"))

    assert reply == "exitcode: 0 (execution succeeded)\nCode output: 42"


def test_an_agent_may_reply_from_threads_that_end(executor: SandboxExecutor) -> None:
    agent = ConversableAgent("runner", llm_config=False, code_execution_config={"executor": executor})

    async def both() -> list[object]:
        return [await agent.a_generate_reply(message(code)) for code in ("x = 6", "print(x * 7)")]

    assert str(asyncio.run(both())[1]).endswith("Code output: 42")


@pytest.mark.parametrize("language", ["python", "py", "Python3", "ipython", " PY "])
def test_python_goes_by_many_names(executor: SandboxExecutor, language: str) -> None:
    result = executor.execute_code_blocks(blocks("print(6 * 7)", language=language))
    assert (result.exit_code, result.output) == (0, "42")


@pytest.mark.parametrize("language", ["sh", "bash", "shell"])
def test_shell_goes_by_many_names(executor: SandboxExecutor, language: str) -> None:
    result = executor.execute_code_blocks(blocks("echo $((6 * 7))", language=language))
    assert (result.exit_code, result.output) == (0, "42")


def test_blocks_share_variables_and_files_and_stop_at_the_first_failure(executor: SandboxExecutor) -> None:
    result = executor.execute_code_blocks(
        [
            *blocks("x = 1\nwith open('note.txt', 'w') as file: print('kept', file=file)"),
            *blocks("cat note.txt", language="sh"),
            *blocks("print(x); 1 / 0", "print('never')", "print('never')"),
        ]
    )

    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].startswith("File note.txt: ")
    assert lines[1:3] == ["kept", "1"]
    assert lines[-1] == "Block 3 of 5 failed; 2 were not run."
    assert "ZeroDivisionError: division by zero" in lines
    assert "never" not in lines


def test_files_are_named_with_their_copies(executor: SandboxExecutor, kept: Path) -> None:
    result = executor.execute_code_blocks(blocks("open('out.csv', 'w').write('a,b')\nprint('done')"))

    assert result.output == f"done\nFile out.csv: {kept / 'out.csv'}"
    assert result.output_files == [str(kept / "out.csv")]
    assert (kept / "out.csv").read_text() == "a,b"


def test_without_a_place_files_are_not_kept() -> None:
    with open_executor() as executor:
        result = executor.execute_code_blocks(blocks("open('out.csv', 'w').write('a,b')\nprint('done')"))
    assert (result.exit_code, result.output, result.output_files) == (0, "done", [])


@pytest.mark.parametrize(
    ("code", "language", "said"),
    [
        ("x =", "python", "SyntaxError"),
        ("", "python", "There is no code to run."),
        ("  \n", "sh", "There is no code to run."),
        ("print(1)\0", "python", "NUL"),
        ("print('\ud800')", "python", "surrogate"),
        ("#" * 10_000_000, "python", "at most 1000000 are run"),
        ("1", "javascript", "There is no language 'javascript'"),
        ("1", "", "There is no language ''"),
        ("1", "\x1b[31mrust\u202e", "There is no language 'rust'"),
    ],
    ids=["syntax", "empty", "blank", "binary", "surrogate", "10 MB", "language", "no language", "hostile language"],
)
def test_bad_input_is_a_result_with_one_sentence(
    executor: SandboxExecutor, code: str, language: str, said: str
) -> None:
    result = executor.execute_code_blocks(blocks(code, language=language))

    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output) < 2000
    assert executor.execute_code_blocks(blocks("print('still there')")).output == "still there"


def test_no_blocks_are_a_result(executor: SandboxExecutor) -> None:
    result = executor.execute_code_blocks([])
    assert (result.exit_code, result.output) == (1, "There is no code to run.")


@pytest.mark.parametrize(
    "text", ["```\nprint(1)\0\n```", "```\n" + "(" * 100_000 + "\n```"], ids=["binary", "deeply nested"]
)
def test_no_message_makes_the_extractor_raise(executor: SandboxExecutor, text: str) -> None:
    agent = ConversableAgent("runner", llm_config=False, code_execution_config={"executor": executor})

    reply = agent.generate_reply([{"role": "user", "content": text}])

    assert str(reply).startswith("exitcode: 1 (execution failed)")


def test_the_code_says_its_own_exit_code(executor: SandboxExecutor) -> None:
    result = executor.execute_code_blocks(blocks("exit 7", language="sh"))
    assert (result.exit_code, result.output) == (7, "The code ended with exit code 7.")


def test_a_timeout_keeps_the_variables_where_it_can() -> None:
    with open_executor(timeout_s=1) as executor:
        result = executor.execute_code_blocks(blocks("x = 1\nprint('begun')\nwhile True: pass"))
        after = executor.execute_code_blocks(blocks("print(x)"))

    assert result.exit_code == EXIT_CODES["timeout"] == 124
    assert result.output.startswith("begun\n")
    assert "it took longer than 1 s" in result.output
    assert "lost" not in result.output
    assert after.output == "1"


def test_a_kill_says_that_the_variables_are_lost() -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    with open_executor(timeout_s=1) as executor:
        executor.execute_code_blocks(blocks("x = 1"))
        result = executor.execute_code_blocks(blocks(code))
        after = executor.execute_code_blocks(blocks("print('x' in globals())"))

    assert result.exit_code == 124
    assert result.output.splitlines()[-1] == "The variables and files of the session are lost."
    assert after.output.startswith("False")


def test_a_memory_kill_is_137() -> None:
    with open_executor(memory_mb=128) as executor:
        result = executor.execute_code_blocks(blocks("held = []\nwhile True: held.append(b'x' * 10_000_000)"))

    assert result.exit_code == EXIT_CODES["killed"] == 137
    assert "more than 128 MB of memory" in result.output


def test_output_is_bounded_and_plain(executor: SandboxExecutor) -> None:
    result = executor.execute_code_blocks(blocks("print('\\x1b[31mred\\u202e'); print('y' * 90_000); print('end')"))

    assert result.output.startswith("red\nyyy")
    assert result.output.endswith("yyy\nend")
    assert "characters left out" in result.output
    assert len(result.output) < 21_000


def test_a_restart_forgets_variables_without_a_word(executor: SandboxExecutor) -> None:
    executor.execute_code_blocks(blocks("x = 1"))
    executor.restart()

    assert executor.execute_code_blocks(blocks("print('x' in globals())")).output == "False"


def test_reduced_isolation_is_said() -> None:
    settings = SandboxSettings(backends=("bubblewrap",))

    class Reduced:
        """A session behind a lower wall, as far as its results say."""

        def __init__(self) -> None:
            self._session = open_sandbox(settings).session()

        def run(self, code: str, **options: object) -> object:
            from dataclasses import replace

            result = self._session.run(code, **options)  # type: ignore[arg-type]
            return replace(result, backend="landlock", isolation="reduced")

        def put(self, name: str, content: bytes) -> str:
            return self._session.put(name, content)

        def close(self) -> None:
            self._session.close()

    with SandboxExecutor(lambda: Reduced()) as executor:  # type: ignore[arg-type, return-value]
        result = executor.execute_code_blocks(blocks("print(1)"))

    assert result.output == "1\nIsolation: reduced (landlock)."


def test_without_a_sandbox_it_says_so() -> None:
    with SandboxExecutor.open(SandboxSettings(backends=("none",))) as executor:
        result = executor.execute_code_blocks(blocks("print(1)"))

    assert result.exit_code == 1
    assert "code is never run" in result.output


def test_a_session_that_cannot_begin_is_a_result() -> None:
    def begin() -> Session:
        raise SandboxUnavailable("There is no sandbox.", hint="Install one.")

    result = SandboxExecutor(begin).execute_code_blocks(blocks("print(1)"))

    assert (result.exit_code, result.output) == (1, "There is no sandbox. Install one.")


def test_a_closed_executor_says_so_and_leaves_nothing() -> None:
    number, executor = marker(), open_executor()
    executor.execute_code_blocks(blocks(f"import subprocess; child = subprocess.Popen(['sleep', '{number}'])"))
    assert marked(number)

    executor.close()
    executor.close()

    until(lambda: not marked(number), 2)
    result = executor.execute_code_blocks(blocks("print(1)"))
    assert (result.exit_code, result.output) == (1, "The code executor is closed; open a new one.")


def test_a_forgotten_executor_leaves_nothing() -> None:
    number, executor = marker(), open_executor()
    executor.execute_code_blocks(blocks(f"import subprocess; child = subprocess.Popen(['sleep', '{number}'])"))

    del executor
    gc.collect()

    until(lambda: not marked(number), 2)


def test_a_program_that_ends_without_closing_leaves_nothing() -> None:
    number = marker()
    program = f"""
from autogen.coding import CodeBlock
from agents.sandbox.executor import SandboxExecutor
from configs.settings import SandboxSettings
executor = SandboxExecutor.open(SandboxSettings(backends=("bubblewrap",)))
code = "import subprocess; child = subprocess.Popen(['sleep', '{number}']); print('begun')"
print(executor.execute_code_blocks([CodeBlock(code=code, language="python")]).output)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("begun\n", "")
    until(lambda: not marked(number), 2)


def test_agents_may_share_one_executor(executor: SandboxExecutor) -> None:
    executor.execute_code_blocks(blocks("seen = []"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: executor.execute_code_blocks(blocks(f"seen.append({n})")), range(8)))

    assert executor.execute_code_blocks(blocks("print(sorted(seen))")).output == str(list(range(8)))


def test_a_session_of_a_host_works_as_well(tmp_path: Path) -> None:
    place = Place.within(tmp_path, "s")
    settings = SandboxSettings(backends=("bubblewrap",))
    try:
        RemoteSession(place, settings).run("x = 6")
        with SandboxExecutor(lambda: RemoteSession(place, settings)) as executor:
            assert executor.execute_code_blocks(blocks("print(x * 7)")).output == "42"
        until(lambda: not hosts_of(tmp_path), 2)
    finally:
        close_all(tmp_path)
