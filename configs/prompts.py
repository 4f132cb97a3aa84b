"""Prompts are files: `configs/prompts/NAME.md` with `$variables`; braces and everything else stand as written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from string import Template

from configs.errors import ConfigError

_FOLDER = Path(__file__).parent / "prompts"


def prompt_names() -> list[str]:
    """Every prompt there is, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.md"))


def prompt(name: str, **variables: str) -> str:
    """The prompt `name`, or the one in the .md file of that path, with its variables filled in.

    Values are taken as they are, never as templates.

    Raises ConfigError for an unknown prompt, and when the variables are not exactly those the file uses.
    """
    template = Template(_read(name))
    used = {match["named"] or match["braced"] for match in template.pattern.finditer(template.template)} - {None}
    if used != variables.keys():
        raise ConfigError(
            f"The prompt {name!r} uses the variables {_listed(used)}, but was given {_listed(variables)}.",
            hint=f"Make {name if name.endswith('.md') else f'configs/prompts/{name}.md'} use exactly the ones given.",
        )
    try:
        return template.substitute(variables).strip()
    except ValueError as error:
        raise ConfigError(f"The prompt {name!r} has a stray dollar sign: {error}.", hint="Write it as $$.") from None


def _read(name: str) -> str:
    if name.endswith(".md"):
        try:
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The prompt file {name} cannot be read ({error}).") from None
    if name not in prompt_names():
        raise ConfigError(f"There is no prompt {name!r}.", hint=f"Known prompts: {', '.join(prompt_names())}.")
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
