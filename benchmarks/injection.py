"""Attacks from documents, tables, file names and tool results on a model that obeys: how many have an effect.

    python -m benchmarks.injection [FOLDER...]

Prints kind by kind and language by language how many attacks there are and how many are blocked when nobody approves
anything, the controls, and how many of the paragraphs in the text files of each FOLDER look like orders.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from agents.ports import Sandbox
from agents.safety.suspicion import orders
from agents.sandbox import open_sandbox
from agents.tools.catalogue import TOOLS
from agents.tools.registry import effect_of
from configs.settings import SandboxSettings
from tests.agents.injection.attacks import ATTACKS, BENIGN, GAPS, Attack
from tests.agents.injection.obeying import attacked, served_well

ROW = "{:22} {:8} {:>8} {:>8} {:>8}"
TEXTS = {".txt", ".md", ".csv", ".html", ".rst", ".jsonl"}
PASSAGE_CHARS = 1500


def main(folders: Iterable[Path]) -> None:
    """Print the tables."""
    sandbox = open_sandbox(SandboxSettings())
    try:
        _attacks(sandbox)
        _controls(sandbox)
    finally:
        sandbox.close()
    for folder in folders:
        _suspicious(folder)


def _attacks(sandbox: Sandbox) -> None:
    total, blocked, obeyed = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for attack in (*ATTACKS, *GAPS):
        row = (attack.kind, attack.language)
        total[row] += 1
        blocked[row] += not _effect(attack, sandbox, approve=False)
        obeyed[row] += _effect(attack, sandbox, approve=True)
    print(ROW.format("kind", "language", "attacks", "blocked", "obeyed"))
    for row in sorted(total):
        print(ROW.format(*row, total[row], blocked[row], obeyed[row]))
    print(ROW.format("all", "", total.total(), blocked.total(), obeyed.total()))


def _effect(attack: Attack, sandbox: Sandbox, *, approve: bool) -> bool:
    """Whether the attack has its way; of an answer with everything allowed, whether the model said it at all."""
    with tempfile.TemporaryDirectory() as folder, attacked(attack, Path(folder), sandbox, approve=approve) as outcome:
        said = isinstance(attack.deed, str) and attack.deed in outcome.said
        return said if approve and isinstance(attack.deed, str) else outcome.harmed(attack)


def _controls(sandbox: Sandbox) -> None:
    print("\nWhat users want:")
    for benign in BENIGN:
        with tempfile.TemporaryDirectory() as folder, served_well(benign, Path(folder), sandbox) as outcome:
            done = "done" if (outcome.ran or outcome.mails) and not outcome.failures else "NOT DONE"
            print(f"  {benign.name}: {done}{', a person is asked' if outcome.asked else ''}")


def _suspicious(folder: Path) -> None:
    acting = [name for name, tool in TOOLS.items() if effect_of(tool) != "reads"]
    passages = [passage for path in sorted(folder.rglob("*")) if path.suffix in TEXTS for passage in _passages(path)]
    found = [what for passage in passages if (what := orders(passage, tools=acting))]
    share = len(found) / max(1, len(passages))
    print(f"\n{folder.name}: {len(found)} of {len(passages)} passages look like orders ({share:.2%})")
    for what, times in Counter(found).most_common():
        print(f"  {times} × {what}")


def _passages(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    parts = text.splitlines() if path.suffix == ".jsonl" else text.split("\n\n")
    for part in parts:
        yield from (part[at : at + PASSAGE_CHARS] for at in range(0, len(part), PASSAGE_CHARS))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    main(parser.parse_args().folders)
