"""Tools from plain functions: the schema a model sees, and the check of what it sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.errors import ToolError
from agents.tools.catalogue import TOOLS
from agents.tools.registry import RESULT_CHARS, ToolContext, ToolResult, tool
from tests.agents.table import a_run


@tool
def order(context: ToolContext, dish: str, plates: int, spicy: bool = False) -> dict[str, Any]:
    """Order a dish.

    dish: its name
    plates: how many
    spicy: whether to add chili
    """
    return {"agent": context.agent, "dish": dish, "plates": plates, "spicy": spicy}


@pytest.fixture
def context() -> ToolContext:
    return ToolContext(run=a_run(), agent="waiter", call_id="c1")


def test_the_schema_comes_from_signature_and_docstring() -> None:
    assert order.schema == {
        "type": "function",
        "function": {
            "name": "order",
            "description": "Order a dish.",
            "parameters": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "dish": {"type": "string", "description": "its name"},
                    "plates": {"type": "integer", "description": "how many"},
                    "spicy": {"type": "boolean", "description": "whether to add chili", "default": False},
                },
                "required": ["dish", "plates"],
            },
        },
    }


def test_a_call_gives_json(context: ToolContext) -> None:
    result = order.call(context, '{"dish": "麻婆豆腐", "plates": 2}')
    assert result.ok
    assert json.loads(result.text) == {"agent": "waiter", "dish": "麻婆豆腐", "plates": 2, "spicy": False}
    assert "麻婆豆腐" in result.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ('{"dish": "soup"}', "order was called wrongly: plates: field required. Send one JSON object with: dish, plat"),
        ('{"dish": "soup", "plates": "2"}', "plates: input should be a valid integer"),
        ('{"dish": 5, "plates": 2}', "dish: input should be a valid string"),
        ('{"dish": "soup", "plates": 2, "tip": 1}', "tip: extra inputs are not permitted"),
        ('{"dish": "so', "invalid JSON"),
        ("[1]", "input should be an object"),
        ("", "dish: field required"),
    ],
)
def test_wrong_arguments_are_one_sentence(context: ToolContext, arguments: str, sentence: str) -> None:
    with pytest.raises(ToolError) as caught:
        order.call(context, arguments)
    assert sentence in str(caught.value)


def test_a_result_is_bounded_and_still_json() -> None:
    text = ToolResult({"text": "量" * 3 * RESULT_CHARS}).text
    assert len(text) < 1.2 * RESULT_CHARS
    assert "cut_short" in json.loads(text)


def test_an_undescribed_parameter_is_refused_when_the_tool_is_made() -> None:
    with pytest.raises(TypeError, match="does not describe the parameter 'x'"):

        @tool
        def lazy(context: ToolContext, x: str) -> str:
            """Do it."""
            return x


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_says_what_it_is_for(name: str) -> None:
    function = TOOLS[name].schema["function"]
    assert len(function["description"]) > 20
    assert all(parameter["description"] for parameter in function["parameters"]["properties"].values())
