"""What the captions of figures, tables and listings begin with."""

from __future__ import annotations

import re

CAPTION = re.compile(
    r"\[?(?i:(?:fig(?:ure)?|table|tab|listing|example|chart|abb|tabelle)\.?\s*[\dIVX]+(?:[-–.]\d+)*|"
    r"(?:[图圖表]|그림|표)\s*\d+(?:[-–.]\d+)*)(?:[].:：]|\s+(?![a-z]))",
)
TABLE_CAPTION = re.compile(r"\[?(?:tab|表|표)", re.IGNORECASE)
