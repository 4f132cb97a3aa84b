"""Behind the wall: an IPython shell that runs the cells of a session, one JSON line on a pipe after the other.

Request: `{"code", "cell"}`. Events: `warm` once, `part` for pictures and tables, and `done` with the number of the cell
and its exit code.
What a cell prints goes to stdout and stderr as it does in any program.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Mapping
from typing import Any

PIECE = 512 * 1024
SHOWN = {"image/png": ("plot", "png"), "image/jpeg": ("picture", "jpg"), "text/html": ("table", "html")}
MOST_SHOWN = {"text/html": 64 * 1024, "image/png": 16 << 20, "image/jpeg": 16 << 20}
SHOWN_IN_ONE_CELL = 50


class Teller:
    """Writes events to the pipe; numbers what is shown so that every name is new."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.numbers = dict.fromkeys(SHOWN, 0)
        self.left = SHOWN_IN_ONE_CELL

    def tell(self, **event: Any) -> None:
        """One event, as a line."""
        view = memoryview(json.dumps(event).encode() + b"\n")
        while view:
            view = view[os.write(self.descriptor, view) :]

    def show(self, bundle: Mapping[str, Any]) -> None:
        """A displayed object: a picture or a table as a file, any other as text."""
        kind = next((kind for kind in SHOWN if kind in bundle), None)
        data = _bytes(kind, bundle[kind]) if kind else b""
        if kind and self.left and len(data) <= MOST_SHOWN[kind]:
            self.left -= 1
            self.numbers[kind] += 1
            stem, suffix = SHOWN[kind]
            self.send(f"{stem}-{self.numbers[kind]}.{suffix}", kind, data)
        if (text := bundle.get("text/plain")) and kind not in ("image/png", "image/jpeg"):
            sys.stdout.write(f"{text}\n")

    def send(self, name: str, media_type: str, data: bytes) -> None:
        """A file in pieces."""
        for start in range(0, len(data), PIECE):
            piece = base64.b64encode(data[start : start + PIECE]).decode()
            self.tell(event="part", name=name, media_type=media_type, data=piece, more=start + PIECE < len(data))


def _bytes(kind: str, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", "replace") if kind.startswith("text/") else base64.b64decode(str(value))


def make_shell(teller: Teller) -> Any:
    """An IPython shell that keeps no history, colours nothing and shows objects through `teller`."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Hook(DisplayHook):  # type: ignore[misc]
        def quiet(self) -> bool:
            return bool(self.semicolon_at_end_of_expression(self.shell.cell))

        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: Any, *_: Any) -> None:
            teller.show(format_dict)

    class Publisher(DisplayPublisher):  # type: ignore[misc]
        def publish(self, data: Any, *_: Any, **__: Any) -> None:
            teller.show(data)

    class Shell(InteractiveShell):  # type: ignore[misc]
        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)

        def ask_exit(self) -> None:
            raise SystemExit

        def showtraceback(self, *args: Any, **more: Any) -> None:
            if not isinstance(sys.exc_info()[1], SystemExit):
                super().showtraceback(*args, **more)

        def _showtraceback(self, _etype: Any, _evalue: Any, stb: Any) -> None:
            sys.stderr.write(self.InteractiveTB.stb2text(stb) + "\n")

        def init_virtualenv(self) -> None:
            pass

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.automagic = False  # only what begins with % is a magic: a bare word runs nothing
    shell = Shell.instance(config=config)
    shell.system = shell.system_raw
    warnings.filterwarnings("ignore", message="To exit: use")
    return shell


def run(shell: Any, code: str) -> int:
    """One cell; its exit code is 0, 1 after an error, 130 after an interrupt, or what it gave to sys.exit."""
    shell.cell = code
    result = shell.run_cell(code, store_history=False)
    shell.execution_count += 1
    error = result.error_before_exec or result.error_in_exec
    if isinstance(error, SystemExit):
        return exit_code(error)
    if isinstance(error, KeyboardInterrupt):
        return 130
    return int(error is not None)


def exit_code(end: SystemExit) -> int:
    """As Python would end a program."""
    if end.code is None or isinstance(end.code, int):
        return int(end.code or 0) & 0xFF
    sys.stderr.write(f"{end.code}\n")
    return 1


def prepare_plots() -> None:
    """Let plots be shown as pictures, without the second it takes to look through the fonts anew."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # which fonts a machine lacks is no news
    ready, folder = os.environ.get("PYTHONPATH", "") + "/.matplotlib", os.environ.get("MPLCONFIGDIR", "")
    if folder and os.path.isdir(ready) and not os.path.exists(folder):
        shutil.copytree(ready, folder, copy_function=shutil.copyfile)


def serve(requests: int, events: int) -> None:
    """Cells until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.set_inheritable(requests, False)
    os.set_inheritable(events, False)
    teller, ourselves = Teller(events), os.getpid()
    prepare_plots()
    shell = make_shell(teller)
    teller.tell(event="warm")
    for line in os.fdopen(requests, encoding="utf-8"):
        teller.left, request = SHOWN_IN_ONE_CELL, json.loads(line)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            code = run(shell, request["code"])
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            code = 130
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if os.getpid() != ourselves:
            os._exit(code)  # the cell forked, and this is the child
        teller.tell(event="done", cell=request["cell"], exit_code=code)


if __name__ == "__main__":
    ends = [int(word) for word in sys.argv[-2:]]
    sys.argv = [""]
    serve(*ends)
