"""What a conversation is about, in one line above it, with what can be done with it."""

from __future__ import annotations

import html

from agents.ports import ConversationInfo
from ui.web.words import Words


def headline(info: ConversationInfo, words: Words) -> str:
    """Title, knowledge base, team, strategy and model; and the buttons of the whole conversation."""
    facts = " · ".join(html.escape(fact) for fact in (info.kb, info.team, info.strategy, info.model) if fact)
    title = html.escape(info.title) or words("talk.untitled")
    files = "".join(
        f'<a href="conversations/{html.escape(info.id)}/export?form={form}" download>{name}</a>'
        for form, name in (("markdown", "Markdown"), ("json", "JSON"))
    )
    return (
        f'<h2 class="title" title="{title}">{title}</h2><p class="facts">{facts}</p>'
        f'<details class="menu"><summary aria-label="{words("talk.more")}">⋯</summary><div>'
        f'<button type="button" data-do="rename">{words("talk.rename")}</button>'
        f'<button type="button" data-do="again">{words("talk.again")}</button>'
        f'<button type="button" data-do="compare">{words("talk.compare")}</button>'
        f'<span class="export">{words("talk.export")} {files}</span>'
        f'<button type="button" data-do="delete" class="bad">{words("talk.delete")}</button></div></details>'
    )
