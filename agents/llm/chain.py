"""From the name of a model in the settings to the language models that are asked for it, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from functools import reduce

from agents.errors import ModelError
from agents.llm.fallback import WithFallback
from agents.llm.openai_compatible import OpenAICompatible
from agents.ports import LanguageModel
from configs.errors import ConfigError
from configs.settings import LLMSettings, Settings


def model_chain(settings: Settings, name: str) -> tuple[LLMSettings, ...]:
    """The model `name` (empty: the default, `llm`), its fallback, that one's fallback and so on.

    Raises ConfigError for a name that is not in `models`, and for fallbacks that lead back to one asked before.
    """
    return tuple(model for _, model in _links(settings, name))


def open_model(
    settings: Settings,
    name: str,
    on_fallback: Callable[[ModelError], None],
    *,
    opened: MutableMapping[str, LanguageModel] | None = None,
) -> LanguageModel:
    """The model `name` with its fallbacks; `on_fallback` as in WithFallback. What is `opened` is used, and added to.

    Raises ConfigError as `model_chain` does, for settings that cannot work, and for the provider extractive, which
    has no endpoint: those models need a run (`agents/llm/extractive.py`).
    """
    there: MutableMapping[str, LanguageModel] = {} if opened is None else opened
    links = list(_links(settings, name))
    there.update({link: _open(settings, link, model) for link, model in links if link not in there})
    models = [there[link] for link, _ in links]
    return reduce(
        lambda later, earlier: WithFallback(earlier, later, on_fallback=on_fallback), reversed(models[:-1]), models[-1]
    )


def _open(settings: Settings, name: str, model: LLMSettings) -> LanguageModel:
    if model.provider == "extractive":
        raise ConfigError(
            "The provider extractive has no endpoint to ask and no fallback.",
            hint="Set ROUNDTABLE_LLM__PROVIDER to openai, or choose one of the named models.",
        )
    return OpenAICompatible(model, name=name, table=settings.model_table)


def _links(settings: Settings, name: str) -> Iterator[tuple[str, LLMSettings]]:
    asked: list[str] = []
    link: str | None = name
    while link is not None:
        if link in asked:
            chain = " → ".join(known or "llm" for known in (*asked, link))
            raise ConfigError(
                f"The fallbacks of the models go in a circle: {chain}.", hint="Take out one of these fallback settings."
            )
        model = _named(settings, link, asked)
        yield link, model
        asked.append(link)
        link = model.fallback or None


def _named(settings: Settings, name: str, asked: list[str]) -> LLMSettings:
    if not asked and not name:
        return settings.llm
    if name in settings.models:
        return settings.models[name]
    who = f"the fallback of {asked[-1] or 'llm'}" if asked else "asked for"
    known = ", ".join(sorted(settings.models)) or "none"
    raise ConfigError(f"There is no model {name!r}, {who}.", hint=f"Models in the settings: {known}.")
