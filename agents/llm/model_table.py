"""What is known of a model by its name: `configs/models.yaml`, after a file of the user's if there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import configs
from configs.errors import ConfigError

OURS = Path(configs.__file__).with_name("models.yaml")
_FIELDS = "context_tokens, prompt and completion"


class ModelEntry(BaseModel):
    """How many tokens it reads (None: unknown), and US dollars per million tokens (0: unknown, or free)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    context_tokens: int | None = Field(None, gt=0)
    prompt: float = Field(0.0, ge=0)
    completion: float = Field(0.0, ge=0)

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """In US dollars."""
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / 1_000_000


def entry(model: str, own: Path | None = None) -> ModelEntry:
    """What is known of `model`: of its whole name, else of what follows the last `/`; nothing when no table has it.

    The table `own` goes before ours. Raises ConfigError naming line and field of a table that is malformed.
    """
    names = dict.fromkeys((model.lower(), model.lower().rpartition("/")[2]))
    tables = [read_table(path.expanduser()) for path in (own, OURS) if path is not None]
    found = (match for table in tables for name in names if (match := _longest_match(table, name)) is not None)
    return next(found, ModelEntry())


@lru_cache
def read_table(path: Path) -> Mapping[str, ModelEntry]:
    """Entries by name in lower case, or by what names begin with and a `*`. Raises ConfigError."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigError(f"The model table {path} cannot be read ({error.strerror}).", hint=_HINT) from None
    except UnicodeDecodeError:
        raise ConfigError(f"The model table {path} is not UTF-8 text.", hint=_HINT) from None
    except yaml.YAMLError as error:
        raise _wrong(path, _line(error), "is not valid YAML") from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise _wrong(path, root.start_mark.line + 1, "is not a mapping of model names")
    return dict(_entries(path, root))


_HINT = "Check ROUNDTABLE_MODEL_TABLE; configs/models.yaml shows the form."


def _entries(path: Path, root: yaml.MappingNode) -> Iterator[tuple[str, ModelEntry]]:
    seen: set[str] = set()
    for key, value in root.value:
        line, name = key.start_mark.line + 1, str(key.value).lower()
        if not isinstance(key, yaml.ScalarNode) or not name or "*" in name[:-1]:
            raise _wrong(path, line, "has no name of a model; a * may stand at its end only")
        if name in seen:
            raise _wrong(path, line, f"has the model {name!r} a second time")
        seen.add(name)
        yield name, _entry(path, line, name, value)


def _entry(path: Path, line: int, name: str, node: yaml.Node) -> ModelEntry:
    try:
        fields: Any = yaml.SafeLoader("").construct_object(node, deep=True)
        return ModelEntry.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = f"the field {first['loc'][0]!r} is wrong" if first["loc"] else "the entry is wrong"
        raise _wrong(path, line, f"for {name!r}: {where}, {first['msg'].lower()}") from None
    except yaml.YAMLError as error:
        raise _wrong(path, _line(error), f"for {name!r} is not valid YAML") from None


def _longest_match(table: Mapping[str, ModelEntry], name: str) -> ModelEntry | None:
    if name in table:
        return table[name]
    prefixes = [key for key in table if key.endswith("*") and name.startswith(key[:-1])]
    return table[max(prefixes, key=len)] if prefixes else None


def _line(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 1


def _wrong(path: Path, line: int, what: str) -> ConfigError:
    return ConfigError(f"Line {line} of the model table {path} {what}.", hint=f"An entry has {_FIELDS}. {_HINT}")
