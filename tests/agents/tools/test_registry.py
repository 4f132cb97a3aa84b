"""Tools from plain functions: the schema a model sees, and the check of what it sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from pydantic import BaseModel, Field

from agents.errors import RunStopped, ToolCrashed, ToolError, ToolTimeout
from agents.tools.catalogue import TOOLS
from agents.tools.registry import ARGUMENT_CHARS, RESULT_CHARS, Tool, ToolContext, ToolResult, tool
from tests.agents.table import a_run


@tool
def order(context: ToolContext, dish: str, plates: int, spicy: bool = False) -> dict[str, Any]:
    """Order a dish.

    dish: its name
    plates: how many
    spicy: whether to add chili
    """
    return {"agent": context.agent, "dish": dish, "plates": plates, "spicy": spicy}


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Address:
    street: str
    number: int = 1


class Guest(BaseModel):
    name: str


@tool
def deliver(
    to: Address,
    guests: list[Guest],
    size: Size,
    how: Literal["boat", "cart"] = "cart",
    on: Optional[date] = None,  # noqa: UP045 - as many write it
    tip: Annotated[float, Field(ge=0, description="in euros")] = 0.0,
    schema: Annotated[str, "what the parcel is shaped like"] = "",
) -> str:
    """Deliver dishes.

    Args:
        to (Address): where to,
            with its number
        guests: who eats
        size: of the parcel
        how: by what

    :param on: the day
    """
    return f"{to.street} {to.number}, {[guest.name for guest in guests]}, {size.name}, {how}, {on}, {tip}, {schema}"


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


def test_a_plain_function_with_nested_types_is_a_tool(context: ToolContext) -> None:
    parameters = deliver.schema["function"]["parameters"]
    assert isinstance(deliver, Tool)
    assert deliver.schema["function"]["description"] == "Deliver dishes."
    assert parameters["required"] == ["to", "guests", "size"]
    properties = parameters["properties"]
    assert {name: part.get("description") for name, part in properties.items()} == {
        "to": "where to, with its number",
        "guests": "who eats",
        "size": "of the parcel",
        "how": "by what",
        "on": "the day",
        "tip": "in euros",
        "schema": "what the parcel is shaped like",
    }
    assert properties["how"] == {
        "description": "by what",
        "type": "string",
        "enum": ["boat", "cart"],
        "default": "cart",
    }
    assert properties["on"]["default"] is None
    assert parameters["$defs"]["Size"] == {"enum": ["small", "large"], "type": "string"}
    assert parameters["$defs"]["Guest"]["properties"] == {"name": {"type": "string"}}
    sent = {
        "to": {"street": "Quay"},
        "guests": [{"name": "Ines"}],
        "size": "large",
        "on": "2024-05-01",
        "schema": "box",
    }
    answered = deliver.call(context, json.dumps(sent)).value
    assert answered == "Quay 1, ['Ines'], LARGE, cart, 2024-05-01, 0.0, box"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"to": {"street": "Quay", "floor": 2}}, r"deliver was called wrongly: to\.floor: unexpected keyword argument"),
        ({"guests": [{"name": "Ines", "age": 4}]}, r"guests\.0\.age: extra inputs are not permitted"),
        ({"guests": "Ines"}, "guests: input should be a valid array"),
        ({"size": "huge"}, "size: input should be 'small' or 'large'"),
        ({"how": "plane"}, "how: input should be 'boat' or 'cart'"),
        ({"on": "tomorrow"}, "on: input should be a valid date"),
        ({"tip": -1}, "tip: input should be greater than or equal to 0"),
        ({"p0": 1}, "p0: extra inputs are not permitted"),
        ({"x" * 5000: 1}, "x: extra inputs are not permitted"),
    ],
)
def test_each_wrong_argument_is_named(context: ToolContext, changed: dict[str, Any], sentence: str) -> None:
    sent = {"to": {"street": "Quay"}, "guests": [], "size": "small"}
    with pytest.raises(ToolError, match=sentence) as caught:
        deliver.call(context, json.dumps({**sent, **changed}))
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "arguments", ["{" * 5000, "[" * 100_000, '{"dish": "\\ud800", "plates": 1}', "null", "nonsense"]
)
def test_what_is_no_json_object_is_one_sentence(context: ToolContext, arguments: str) -> None:
    with pytest.raises(ToolError, match="order was called wrongly"):
        order.call(context, arguments)


def test_arguments_too_long_for_anyone_to_mean_are_refused(context: ToolContext) -> None:
    with pytest.raises(ToolError, match=r"order was called with 1,000,013 characters of arguments; 1,000,000 are"):
        order.call(context, json.dumps({"dish": "x" * (ARGUMENT_CHARS + 1)}))


def test_a_tool_without_parameters_takes_nothing(context: ToolContext) -> None:
    @tool
    def now() -> str:
        """Tell the time."""
        return "noon"

    assert now.schema["function"]["parameters"]["properties"] == {}
    assert [now.call(context, arguments).value for arguments in ("", "  ", "{}")] == ["noon"] * 3


def failing(error: Callable[[], BaseException]) -> Tool:
    @tool
    def sink() -> str:
        """Fail."""
        raise error()

    return sink


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (lambda: ValueError("no such ship\n  at sea"), "sink failed: ValueError, no such ship."),
        (lambda: ZeroDivisionError(), "sink failed: ZeroDivisionError."),
        (lambda: FileNotFoundError(2, "No such file", "/etc/secret"), "sink failed: FileNotFoundError, No such file."),
        (lambda: RuntimeError("cannot open /home/someone/key"), "sink failed: RuntimeError."),
        (lambda: OSError("C:\\Users\\someone"), "sink failed: OSError."),
        (lambda: RuntimeError("api_key=sk-123456 refused"), "sink failed: RuntimeError."),
        (lambda: RuntimeError("401: Bearer abcdef"), "sink failed: RuntimeError."),
        (lambda: KeyError("EUR"), "sink failed: KeyError, 'EUR'."),
        (lambda: ValueError("\x1b[31mred\u202e"), "sink failed: ValueError, red."),
        (lambda: ValueError("x" * 10_000), "sink failed: ValueError, xxx"),
        (lambda: Mute(), "sink failed: Mute."),
        (lambda: SystemExit(3), "sink failed: SystemExit, 3."),
        (lambda: KeyboardInterrupt(), "sink failed: KeyboardInterrupt."),
        (lambda: TimeoutError("upstream"), "sink failed: TimeoutError, upstream."),
    ],
)
def test_any_exception_is_one_sentence_that_names_the_tool_and_no_file(
    context: ToolContext, error: Callable[[], BaseException], sentence: str
) -> None:
    with pytest.raises(ToolCrashed) as caught:
        failing(error).call(context, "{}")
    assert caught.value.message.startswith(sentence)
    assert len(caught.value.message) < 300
    assert not {"/", "\x1b", "\u202e", "\n"} & set(caught.value.message)


def test_what_a_tool_says_on_purpose_is_told_in_its_words(context: ToolContext) -> None:
    with pytest.raises(ToolError, match=r"^There is no ship of that name\. Ask for the list\.$") as caught:
        failing(lambda: ToolError("There is no ship of that name.", hint="Ask for the list.")).call(context, "{}")
    assert type(caught.value) is ToolError


def test_a_tool_that_takes_too_long_is_left_alone(context: ToolContext) -> None:
    never, left = threading.Event(), threading.Event()

    @tool(timeout_s=0.2)
    def wait() -> str:
        """Wait."""
        never.wait(60)
        left.set()
        return "late"

    with pytest.raises(ToolTimeout, match=r"^wait was not done within 0\.2 s\."):
        wait.call(context, "{}")
    assert not left.is_set()
    never.set()
    assert left.wait(10)


def test_a_stop_ends_the_wait_at_once(context: ToolContext) -> None:
    began, never = threading.Event(), threading.Event()

    @tool
    def wait() -> str:
        """Wait."""
        began.set()
        never.wait(60)
        return "late"

    def stop() -> None:
        began.wait(10)
        context.run.stop.set()

    threading.Thread(target=stop, daemon=True).start()
    with pytest.raises(RunStopped):
        wait.call(context, "{}")
    never.set()


def test_a_tool_that_minds_its_time_itself_runs_where_it_is_called(context: ToolContext) -> None:
    @tool(timeout_s=None)
    def here(context: ToolContext) -> bool:
        """Tell where this runs."""
        return threading.current_thread() is threading.main_thread()

    @tool
    def there() -> bool:
        """Tell where this runs."""
        return threading.current_thread() is threading.main_thread()

    assert here.call(context, "{}").value is True
    assert there.call(context, "{}").value is False


def test_the_size_of_a_result_is_the_tool_s_own(context: ToolContext) -> None:
    @tool(result_chars=50)
    def much(times: int) -> str:
        """Say much.

        times: how often
        """
        return "ho " * times

    assert much.call(context, '{"times": 3}').text == '"ho ho ho "'
    cut = json.loads(much.call(context, '{"times": 1000}').text)
    assert cut == {"cut_short": '"' + ("ho " * 17)[:49], "characters": 3002}


def returning(value: Callable[[], Any]) -> Tool:
    @tool(timeout_s=5)
    def give() -> Any:
        """Give something."""
        return value()

    return give


def _endless() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["itself"] = value
    return value


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (lambda: b"\x89PNG", "The result of give cannot be used: TypeError, bytes cannot be written as JSON"),
        (lambda: {"picture": bytearray(3)}, "bytearray cannot be written as JSON; return text"),
        (lambda: object(), "a value of type object cannot be written as JSON"),
        (lambda: {(1, 2): 3}, "a key of type tuple cannot be written as JSON"),
        (_endless, "The result of give cannot be used: RecursionError"),
        (lambda: 10**10_000, "The result of give cannot be used: ValueError"),
    ],
)
def test_a_result_that_is_no_json_is_refused(context: ToolContext, value: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        returning(value).call(context, "{}")


def test_a_result_may_hold_half_characters(context: ToolContext) -> None:
    assert returning(lambda: ["\ud800", "\u00fc"]).call(context, "{}").text.encode() == b'["?", "\xc3\xbc"]'


def _lazily() -> Iterator[int]:
    yield from range(3)


def test_what_a_generator_yields_is_a_list(context: ToolContext) -> None:
    assert returning(_lazily).call(context, "{}").value == [0, 1, 2]


def bare(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Do it.

    x: something
    """


def silent(x: int) -> int:
    return x


def many(*x: int) -> int:
    """Do it."""
    return len(x)


def positional(x: int, /) -> int:
    """Do it.

    x: something
    """
    return x


def callback(x: Callable[[], int]) -> int:
    """Do it.

    x: something
    """
    return x()


def lost(x: Nowhere) -> int:  # type: ignore[name-defined]  # noqa: F821
    """Do it."""
    return 1


async def later(x: int) -> int:
    """Do it.

    x: something
    """
    return x


def 搜索(x: int) -> int:
    """Do it.

    x: something
    """
    return x


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (bare, "The parameter 'x' of bare has no type"),
        (silent, "The docstring of silent does not say what the tool is for"),
        (many, "The parameter 'x' of many cannot be passed by its name"),
        (positional, "The parameter 'x' of positional cannot be passed by its name"),
        (callback, "A parameter of callback has a type that JSON cannot hold"),
        (lost, "The types of lost cannot be found: name 'Nowhere' is not defined"),
        (later, "The tool later must be a plain function"),
        (搜索, "'搜索' cannot name a tool"),
        (lambda: 1, "'<lambda>' cannot name a tool"),
    ],
)
def test_a_function_no_model_could_call_is_refused_when_the_tool_is_made(
    function: Callable[..., Any], sentence: str
) -> None:
    with pytest.raises(TypeError, match=sentence):
        tool(function)


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
