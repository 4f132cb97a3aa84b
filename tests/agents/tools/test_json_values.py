"""What functions return, as JSON has it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pydantic import BaseModel

from agents.tools.json_values import as_json


class Colour(Enum):
    RED = "red"


class Rank(IntEnum):
    FIRST = 1


@dataclass
class Ship:
    name: str
    built: date
    sisters: list[Ship] = field(default_factory=list)


class Port(BaseModel):
    name: str
    ships: list[Ship]


GULL = Ship("Gull", date(1998, 5, 1))
IN_JSON = {"name": "Gull", "built": "1998-05-01", "sisters": []}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2**70, "1180591620717411303424"),
        (1.5, 1.5),
        (float("nan"), None),
        (float("-inf"), None),
        (Decimal("19.90"), "19.90"),
        (Colour.RED, "red"),
        (Rank.FIRST, 1),
        (datetime(2024, 5, 1, 12, 30, tzinfo=timezone.utc), "2024-05-01T12:30:00+00:00"),
        (time(9, 5), "09:05:00"),
        (timedelta(days=1), "1 day, 0:00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("a/b"), "a/b"),
        (GULL, IN_JSON),
        (Port(name="Quay", ships=[GULL]), {"name": "Quay", "ships": [IN_JSON]}),
        ({1: (2, 3), Colour.RED: {4}, None: deque([5])}, {"1": [2, 3], "red": [4], "None": [5]}),
        ({"a": 1}.values(), [1]),
        (np.float32(0.5), 0.5),
        (np.float64("nan"), None),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    ],
)
def test_a_value_in_json_s_own_types(value: Any, plain: Any) -> None:
    found = as_json(value)
    assert found == plain
    assert type(found) is type(plain)
