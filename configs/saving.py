"""Settings changed while the app runs: kept in the data directory, below the config file and the environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml

from configs.errors import ConfigError

FILE = "settings.yaml"

Name = tuple[str, ...]
"""Where a setting stands in the tree, as `("llm", "model")`."""
Source = Literal["environment", "file"]
"""What outranks a saved setting: a variable of the environment, or the `--config` file."""


def read_saved(home: Path) -> dict[str, Any]:
    """What was saved in a data directory, as a tree; empty before anything was. Raises ConfigError."""
    file = home / FILE
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or "it is not valid YAML"
        raise ConfigError(f"The saved settings {file} cannot be read ({reason}).", hint="Mend or remove it.") from None
    if not isinstance(values, dict):
        raise ConfigError(f"The saved settings {file} must hold a mapping.", hint="Mend or remove it.")
    return values


def write_saved(home: Path, values: Mapping[str, Any]) -> None:
    """Keep these and nothing else; only the owner of the data directory may read them, and a crash harms nothing.

    Raises ConfigError where they cannot be kept.
    """
    text = yaml.safe_dump(dict(values), allow_unicode=True, sort_keys=True)
    try:
        home.mkdir(parents=True, exist_ok=True)
        _replace(home / FILE, text.encode("utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = "Check the rights of the data directory and the space left on its disk."
        raise ConfigError(f"The settings cannot be saved in {home} ({reason}).", hint=hint) from error


def merged(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees as one, where what `upper` has counts."""
    inner = {
        name: merged(lower[name], value)
        for name, value in upper.items()
        if isinstance(value, Mapping) and isinstance(lower.get(name), Mapping)
    }
    return {**lower, **upper, **inner}


def changed(values: Mapping[str, Any], changes: Mapping[Name, Any]) -> dict[str, Any]:
    """The tree with other values at those places; None takes out what is there, and an emptied branch with it."""
    tree = dict(values)
    for name, value in changes.items():
        tree = _with(tree, name, value)
    return tree


def fixed(*, environment: Mapping[str, Any], file: Mapping[str, Any]) -> dict[Name, Source]:
    """Which settings cannot be changed by saving, because these trees hold them."""
    by_file: dict[Name, Source] = dict.fromkeys(_leaves(file), "file")
    return by_file | dict.fromkeys(_leaves(environment), "environment")


def _replace(file: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as unfinished:
        path = Path(unfinished.name)  # mode 0600 from the beginning
        try:
            unfinished.write(content)
            unfinished.flush()
            os.fsync(unfinished.fileno())
            path.replace(file)
        finally:
            path.unlink(missing_ok=True)


def _with(tree: Mapping[str, Any], name: Name, value: Any) -> dict[str, Any]:
    head, *rest = name
    inner = tree.get(head)
    made = _with(inner if isinstance(inner, Mapping) else {}, tuple(rest), value) if rest else value
    others = {key: there for key, there in tree.items() if key != head}
    return others if made is None or (rest and not made) else {**others, head: made}


def _leaves(tree: Mapping[str, Any], above: Name = ()) -> Iterator[Name]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, str(key)))
        else:
            yield (*above, str(key))
