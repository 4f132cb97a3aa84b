"""Makes the folder of packages that code in the sandbox may import, from the administrator's list.

`make run` does so when `configs/sandbox-packages.txt` has changed: `python -m agents.sandbox.install`.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from agents.errors import SandboxUnavailable
from agents.sandbox.command import ENVIRONMENT, Interpreter, interpreters
from agents.sandbox.environment import MARK, default_folder, reachable
from agents.sandbox.runner import source

PACKAGE_LIST = Path(__file__).parents[2] / "configs" / "sandbox-packages.txt"

# Plots of Chinese names need a font that has the characters, beside the one that comes with matplotlib.
_FONTS = """
import os, pathlib
try:
    from matplotlib import font_manager
except ImportError:
    raise SystemExit
known = {font.name for font in font_manager.fontManager.ttflist}
wanted = "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"
families = ", ".join(["DejaVu Sans", *(name for name in wanted if name in known)])
pathlib.Path(os.environ["MPLCONFIGDIR"], "matplotlibrc").write_text(f"font.family: {families}\\n")
"""


def install(folder: Path) -> None:
    """Make the folder anew from the list; the old one stays until the new one is whole."""
    interpreter = next((each for each in interpreters() if reachable(Path(each.executable))), None)
    if interpreter is None:
        raise SandboxUnavailable(
            "There is no Python that every user may run.", hint="Install one: apt-get install python3."
        )
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    pip = [sys.executable, "-m", "pip"]
    target = (
        [] if _version(interpreter) == _version(Interpreter(sys.executable)) else ["--python", interpreter.executable]
    )
    subprocess.run(
        [*pip, *target, "install", "--quiet", "--target", str(new), "--requirement", str(PACKAGE_LIST)], check=True
    )
    _look_through_fonts(interpreter, new)
    (new / "roundtable_plots.py").write_text(source("plots"), encoding="utf-8")
    mark = {"executable": interpreter.executable, "directories": interpreter.directories}
    (new / MARK).write_text(json.dumps(mark), encoding="utf-8")
    for path in (new, *new.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)


def _version(interpreter: Interpreter) -> str:
    words = [interpreter.executable, "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def _look_through_fonts(interpreter: Interpreter, packages: Path) -> None:
    """Once, for all sessions: it takes matplotlib a second."""
    cache = {"PYTHONPATH": str(packages), "MPLCONFIGDIR": str(packages / ".matplotlib")}
    subprocess.run([interpreter.executable, "-c", _FONTS], env={**ENVIRONMENT, **cache}, check=False)


if __name__ == "__main__":
    if platform.system() == "Linux":
        install(default_folder())
