"""What a function returns, as values that JSON has."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence, Set, ValuesView
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import BaseModel

_AS_TEXT = (Decimal, Fraction, UUID, PurePath, timedelta)
_AS_LIST = (Sequence, Set, ValuesView, Iterator)
_BINARY = (bytes, bytearray, memoryview)
_INTEGERS = range(-(2**63), 2**63)


def as_json(value: Any) -> Any:
    """`value` made of JSON's own types. Raises TypeError for bytes and whatever else has no such form.

    Dataclasses and pydantic models become objects, dates ISO 8601, decimals and huge integers text (they are exact),
    NumPy's numbers and arrays plain ones, and what is no number null.
    """
    if isinstance(value, Enum):
        return as_json(value.value)
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return int(value) if value in _INTEGERS else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, _AS_TEXT) else _structure(value)


def _structure(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return as_json(dict(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: as_json(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): as_json(each) for key, each in value.items()}
    if isinstance(value, _BINARY):
        raise TypeError(f"{type(value).__name__} cannot be written as JSON; return text")
    if callable(plain := getattr(value, "tolist", None)):
        return as_json(plain())
    if isinstance(value, _AS_LIST):
        return [as_json(each) for each in value]
    raise TypeError(f"a value of type {type(value).__name__} cannot be written as JSON; return plain values")


def _key(key: Any) -> str:
    plain = as_json(key)
    if isinstance(plain, dict | list):
        raise TypeError(f"a key of type {type(key).__name__} cannot be written as JSON; use text")
    return plain if isinstance(plain, str) else str(plain)
