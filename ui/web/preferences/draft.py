"""What a browser asks to change, made into changes, or into a sentence for each field that is wrong; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from configs.saving import Name, Source
from configs.settings import Settings
from ui.web.preferences.fields import ANSWERS, CODE, DEFAULT_MODEL, Field, Mistaken, check_model_name, further_model

NEW = "+"
"""Begins what stands for the name of a model that is being added."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The settings in force, those of them that were saved, and those that saving cannot change."""

    settings: Settings
    saved: Mapping[str, Any]
    fixed: Mapping[Name, Source]
    offered: Mapping[str, Sequence[str]]

    def source(self, name: Name) -> Source | None:
        """What fixes a setting, if anything does; a fixed key fixes its address, so that it reaches no other."""
        beside = (*name[:-1], "api_key") if name[-1] == "base_url" else name
        above = (name[:length] for length in range(1, len(name)))
        return next((self.fixed[each] for each in (name, beside, *above) if each in self.fixed), None)

    @property
    def own_models(self) -> Sequence[str]:
        """The further models that were added on the page."""
        saved = self.saved.get("models")
        return [str(name) for name in saved] if isinstance(saved, Mapping) else []

    def value(self, field: Field) -> Any:
        """What is set: of a further model only what it has of its own."""
        if field.name[0] == "models":
            entry = self.saved.get("models", {}).get(field.name[1])
            return entry.get(field.name[2]) if isinstance(entry, Mapping) else None
        inner = getattr(self.settings, field.name[0])
        return inner if len(field.name) == 1 else getattr(inner, field.name[1])


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a browser asks for: texts by the keys of fields, keys of secrets to forget, and models to remove."""

    fields: Mapping[str, str] = field(default_factory=dict)
    forget: Sequence[str] = ()
    remove: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Changes by their places, and by the keys of fields the sentence and its values for what is wrong.

    `names` are those of the models being added, by what stood for them; `forgotten` are keys dropped because the
    address they were for is another now.
    """

    changes: Mapping[Name, Any]
    mistakes: Mapping[str, Mistaken]
    names: Mapping[str, str]
    forgotten: Sequence[Name] = ()


def drafted(asked: Changes, state: State) -> Draft:
    """Take every field by itself; what is not a field of the page is not looked at."""
    names, mistakes = _new_names(asked, state)
    changes: dict[Name, Any] = {("models", name): None for name in asked.remove if name in state.own_models}
    for shown, target in _fields(state, names):
        if shown.key not in asked.fields and shown.key not in asked.forget:
            continue
        try:
            changes[target.name] = _value(shown, asked, state)
        except Mistaken as mistake:
            mistakes[shown.key] = mistake
    forgotten = [name for name in _addressed(changes, state) if name not in changes and _has_key(name, state)]
    changes.update(dict.fromkeys(forgotten))
    mistakes.update(_incomplete(changes, state, names))
    return Draft(changes=changes, mistakes=mistakes, names=names, forgotten=forgotten)


def _new_names(asked: Changes, state: State) -> tuple[dict[str, str], dict[str, Mistaken]]:
    names: dict[str, str] = {}
    mistakes: dict[str, Mistaken] = {}
    for key in sorted(asked.fields):
        match key.split("/"):
            case ["models", stand_in, "name"] if stand_in.startswith(NEW):
                known = [*state.settings.models, *state.own_models, *names.values()]
                try:
                    names[stand_in] = check_model_name(asked.fields[key], known)
                except Mistaken as mistake:
                    mistakes[key] = mistake
    return names, mistakes


def _fields(state: State, names: Mapping[str, str]) -> Sequence[tuple[Field, Field]]:
    """Each field as it is on the page and as it is in the settings."""
    there = (*DEFAULT_MODEL, *ANSWERS, *CODE, *(f for name in state.own_models for f in further_model(name)))
    added = (pair for key, name in names.items() for pair in zip(further_model(key), further_model(name), strict=True))
    return [*((each, each) for each in there), *added]


def _value(shown: Field, asked: Changes, state: State) -> Any:
    if source := state.source(shown.name):
        raise Mistaken(f"preferences.fixed_{source}")
    if shown.key in asked.forget:
        return None
    return shown.read(asked.fields[shown.key], state.offered.get(shown.choices, ()))


def _addressed(changes: Mapping[Name, Any], state: State) -> Sequence[Name]:
    """The keys whose address is changed."""
    return [
        (*name[:-1], "api_key")
        for name, value in changes.items()
        if name[-1] == "base_url" and value != state.value(Field(name=name, kind="address"))
    ]


def _has_key(name: Name, state: State) -> bool:
    return state.value(Field(name=name, kind="secret")) is not None and state.source(name) is None


def _incomplete(changes: Mapping[Name, Any], state: State, names: Mapping[str, str]) -> dict[str, Mistaken]:
    """A provider without a model, a model without its name at the service, a key that could reach any address."""

    def after(name: Name) -> Any:
        return changes[name] if name in changes else state.value(Field(name=name, kind="text"))

    wrong: dict[str, Mistaken] = {}
    if after(("llm", "provider")) == "openai" and not after(("llm", "model")):
        wrong["llm/model"] = Mistaken("preferences.no_model")
    stand_ins = {name: key for key, name in names.items()}
    for model in (*(m for m in state.own_models if ("models", m) not in changes), *stand_ins):
        shown = stand_ins.get(model, model)
        if not (after(("models", model, "model")) or after(("llm", "model"))):
            wrong[f"models/{shown}/model"] = Mistaken("preferences.no_model")
        if after(("models", model, "api_key")) and not after(("models", model, "base_url")):
            wrong[f"models/{shown}/base_url"] = Mistaken("preferences.no_address")
    return wrong
