"""The settings of the application as a form, as HTML; a key is never part of it; pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from configs.settings import LLMSettings
from ui.web.preferences.draft import NEW, State
from ui.web.preferences.fields import ANSWERS, CODE, DEFAULT_MODEL, Field, further_model
from ui.web.words import Words

_FOLLOWING = {"number": "decimal", "whole": "numeric", "address": "url"}
"""Which keyboard a phone shows."""


def form(state: State, words: Words) -> str:
    """Every field with its label, its reason where it is fixed, and a place for what is wrong with it."""
    said = words
    return (
        f'<form class="app" novalidate>{_model(state, said)}{_further(state, said)}'
        f"{_section('answers', _rows(ANSWERS, state, said), said)}{_code(state, said)}"
        f'<footer class="save"><button type="submit">{_word(said, "save")}</button>'
        f'<p class="told" role="status"></p></footer></form>'
    )


def _model(state: State, words: Words) -> str:
    return _section("model", _rows(DEFAULT_MODEL, state, words) + _test("", words), words)


def _further(state: State, words: Words) -> str:
    own = "".join(_card(name, state, words) for name in state.own_models)
    others = [(name, model) for name, model in state.settings.models.items() if name not in state.own_models]
    told = "".join(f"<li>{_other(name, model, words)}</li>" for name, model in others)
    listed = f'<ul class="others">{told}</ul>' if told else ""
    empty = "" if own or told else f'<p class="aside">{_word(words, "no_models")}</p>'
    add = f'<button type="button" class="add">{_word(words, "add_model")}</button>'
    template = f"<template>{_card(NEW, state, words)}</template>"
    return _section("models", f'{empty}{listed}<div class="cards">{own}</div>{add}{template}', words)


def _card(name: str, state: State, words: Words) -> str:
    new = name == NEW
    heading = _word(words, "new_model") if new else f"<code>{html.escape(name)}</code>"
    naming = _input(f"models/{NEW}/name", "text", "", words("preferences.field_name"), "") if new else ""
    remove = f'<button type="button" class="remove">{_word(words, "remove")}</button>'
    return (
        f'<div class="card" role="group" data-model="{html.escape(name)}"><header><h4>{heading}</h4>{remove}</header>'
        f'<div class="rows">{naming}{_rows(further_model(name), state, words)}</div>{_test(name, words)}</div>'
    )


def _other(name: str, model: LLMSettings, words: Words) -> str:
    where = html.escape(model.base_url or "")
    return (
        f"<code>{html.escape(name)}</code> {html.escape(model.model or '')} {where}"
        f' <span class="aside">{_word(words, "set_elsewhere")}</span>{_test(name, words)}'
    )


def _code(state: State, words: Words) -> str:
    check = (
        f'<p class="act"><button type="button" class="check">{_word(words, "check")}</button>'
        f'<span class="told" role="status"></span></p>'
    )
    return _section("code", _rows(CODE, state, words) + check, words)


def _section(name: str, content: str, words: Words) -> str:
    heading = _word(words, f"{name}_legend")
    return (
        f'<section class="{name}" aria-label="{heading}"><h3>{heading}</h3>'
        f'<p class="aside">{_word(words, f"{name}_hint")}</p><div class="rows">{content}</div></section>'
    )


def _test(model: str, words: Words) -> str:
    name = html.escape(model)
    return (
        f'<p class="act"><button type="button" class="test" data-model="{name}">{_word(words, "test")}</button>'
        f'<span class="told" role="status"></span></p>'
    )


def _rows(fields: Iterable[Field], state: State, words: Words) -> str:
    return "".join(_row(field, state, words) for field in fields)


def _row(field: Field, state: State, words: Words) -> str:
    source, value = state.source(field.name), state.value(field)
    reason = words(f"preferences.fixed_{source}") if source else ""
    label = words(field.label)
    if field.kind == "choice":
        return _select(field, str(value), state.offered[field.choices], words, reason=reason)
    if field.kind == "secret":
        return _secret(field, words, is_set=value is not None, reason=reason)
    return _input(field.key, field.kind, "" if value is None else _shown(value), label, reason)


def _shown(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _input(key: str, kind: str, value: str, label: str, reason: str) -> str:
    mode = f' inputmode="{_FOLLOWING[kind]}"' if kind in _FOLLOWING else ""
    control = (
        f'<input{_named(key)} type="text"{mode} value="{html.escape(value)}" autocomplete="off"'
        f' spellcheck="false"{_locked(reason)}>'
    )
    return _labelled(key, label, control, reason)


def _secret(field: Field, words: Words, *, is_set: bool, reason: str) -> str:
    state = words("preferences.key_set" if is_set else "preferences.key_not_set")
    control = (
        f'<input{_named(field.key)} type="password" value="" placeholder="{html.escape(state)}"'
        f' autocomplete="new-password" spellcheck="false"{_locked(reason)}>'
    )
    forget = ""
    if is_set and not reason:
        forget = (
            f'<label class="forget"><input type="checkbox" data-forget="{html.escape(field.key)}">'
            f"{_word(words, 'forget')}</label>"
        )
    return _labelled(field.key, words(field.label), control, reason, more=forget)


def _select(field: Field, value: str, offered: Sequence[str], words: Words, *, reason: str) -> str:
    choices = offered if value in offered else (value, *offered)
    options = "".join(
        f'<option value="{html.escape(each)}"{" selected" if each == value else ""}>'
        f"{html.escape(_choice(field, each, words))}</option>"
        for each in choices
    )
    control = f"<select{_named(field.key)}{' disabled' if reason else ''}>{options}</select>"
    return _labelled(field.key, words(field.label), control, reason)


def _choice(field: Field, value: str, words: Words) -> str:
    """What a choice means, where it is one of ours and not the name of something."""
    named = field.choices in ("providers", "approvals")
    return words(f"preferences.{field.choices}_{value}") if named else value


def _named(key: str) -> str:
    return f' name="{html.escape(key)}" id="{_id(key)}"'


def _id(key: str) -> str:
    return html.escape(f"setting-{key}")


def _labelled(key: str, label: str, control: str, reason: str, more: str = "") -> str:
    note = f'<span class="aside">{html.escape(reason)}</span>' if reason else ""
    return (
        f'<div class="row"><label for="{_id(key)}">{html.escape(label)}</label>{control}{more}{note}'
        f'<span class="mistake" role="alert"></span></div>'
    )


def _locked(reason: str) -> str:
    return " readonly" if reason else ""


def _word(words: Words, name: str) -> str:
    return html.escape(words(f"preferences.{name}"))
