"""Whether a cell of Python may write a file or wait for ever, judged by its text alone; pure.

Every module, function and attribute it names must be on a list: what is not known to be harmless is a risk. Objects
of earlier cells are taken for what their attributes are called; to call a function of an earlier cell is a risk, and
to hand one on to what may call it is not seen everywhere.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterator, Set

from agents.safety.harmless_names import (
    ATTRIBUTES,
    FUNCTIONS,
    MODULES,
    RISKY_BY_NAME,
    SHELL,
    TAKE_FUNCTIONS,
    WITHOUT_PLACE,
)
from agents.sandbox.output import plain

CHECKED_CHARS = 20_000


def risk(code: str) -> str:
    """The first thing in a cell that is not known to be harmless, as half a sentence; empty when there is none."""
    if len(code) > CHECKED_CHARS:
        return f"it is longer than the {CHECKED_CHARS:,} characters that are looked through"
    if plain(code) != code.replace("\r\n", "\n"):
        return "it holds invisible characters"
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "it is not plain Python"
    functions = _functions(tree)
    return next((found for node in ast.walk(tree) for found in _risks(node, functions)), "")


def _risks(node: ast.AST, functions: Set[str]) -> Iterator[str]:
    match node:
        case ast.While():
            yield "it has a while loop"
        case ast.AsyncFunctionDef() | ast.Await():
            yield "it is asynchronous"
        case ast.Import(names=aliases):
            yield from (f"it imports {alias.name}" for alias in aliases if not _harmless_module(alias.name))
        case ast.ImportFrom(module=module, names=aliases, level=level):
            if level or not _harmless_module(module or ""):
                yield f"it imports from {module or 'its own folder'}"
            yield from (f"it imports {alias.name}" for alias in aliases if alias.name not in ATTRIBUTES)
        case ast.Name(id=name) if name.startswith("__") or name in SHELL or _risky_builtin(name):
            yield f"it uses {name}"
        case ast.Attribute(attr=name) if name not in ATTRIBUTES and name not in WITHOUT_PLACE:
            yield f"it uses .{name}, which is not known to be harmless"
        case ast.Call():
            yield from _call_risks(node, functions)
        case ast.FunctionDef(decorator_list=called) | ast.ClassDef(decorator_list=called):
            yield from (f"it is decorated with {_name(one)}" for one in called if not _harmless(one, functions))


def _call_risks(call: ast.Call, functions: Set[str]) -> Iterator[str]:
    name, keywords = _name(call.func), {keyword.arg: keyword.value for keyword in call.keywords}
    if isinstance(call.func, ast.Attribute):
        if name in WITHOUT_PLACE and (call.args or keywords.keys() & {"buf", "target", None}):
            yield f"it uses .{name} with a place to write to"
    elif not _harmless(call.func, functions) and not _risky_builtin(name):
        yield f"it calls {name or 'something'}, which may be anything"
    if "file" in keywords or "buf" in keywords:
        yield f"it hands a file to {name}"
    handed = [value for word, value in keywords.items() if word in ("key", "func", "aggfunc")]
    if name in TAKE_FUNCTIONS:
        handed += [*call.args, *keywords.values()]
    if not all(_harmless_to_hand_on(value, functions) for value in handed):
        yield f"it lets {name} call something that may be anything"


def _harmless(function: ast.AST, functions: Set[str]) -> bool:
    match function:
        case ast.Name(id=name):
            return name in functions
        case ast.Attribute(attr=name):
            return name in ATTRIBUTES
        case ast.Call(func=maker):  # what a decorator with arguments, or `partial`, has made
            return isinstance(maker, ast.Name | ast.Attribute) and _name(maker) in (
                "lru_cache",
                "partial",
                "itemgetter",
            )
        case _:
            return isinstance(function, ast.Lambda)


def _harmless_to_hand_on(value: ast.AST, functions: Set[str]) -> bool:
    """Of what pandas may call: functions, and the names of methods."""
    match value:
        case ast.Constant(value=str(name)):
            return not name.startswith(("to_", "_")) and name not in RISKY_BY_NAME
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
            return all(_harmless_to_hand_on(part, functions) for part in parts)
        case _:
            return isinstance(value, ast.Constant) or _harmless(value, functions)


def _functions(tree: ast.AST) -> Set[str]:
    """Names that are harmless to call: built-ins, and what the cell defines or imports and gives no other meaning."""
    made = set(FUNCTIONS)
    bound: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                made.add(name)
            case ast.ImportFrom(names=aliases):
                made |= {alias.asname or alias.name for alias in aliases}
            case ast.Import(names=aliases):
                bound.update(alias.asname or alias.name for alias in aliases)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
                made.add(name)
                bound[name] -= 1
            case ast.Name(id=name, ctx=ast.Store()):
                bound[name] += 1
            case ast.arg(arg=name) | ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                bound[name] += 1
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                bound[name] += 1
    return made - {name for name, times in bound.items() if times > 0}


def _harmless_module(name: str) -> bool:
    first, *rest = name.split(".")
    return first in MODULES and not any(part.startswith("_") for part in rest)


def _risky_builtin(name: str) -> bool:
    return hasattr(builtins, name) and name not in FUNCTIONS


def _name(function: ast.AST) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))
