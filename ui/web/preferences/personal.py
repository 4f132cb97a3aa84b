"""What everybody may choose for their own browser, as HTML; the script keeps it in cookies; pure."""

from __future__ import annotations

import html

from ui.web.words import LANGUAGES, Words


def personal(words: Words) -> str:
    """Two lists; the script selects what the cookies say."""
    languages = {"": words("preferences.follow_browser"), **{str(name): said for name, said in LANGUAGES.items()}}
    themes = {"": words("preferences.follow_system")}
    themes |= {name: words(f"preferences.theme_{name}") for name in ("light", "dark")}
    heading = html.escape(words("preferences.personal_legend"))
    return (
        f'<section class="personal" aria-label="{heading}"><h3>{heading}</h3>'
        f'<p class="aside">{html.escape(words("preferences.personal_hint"))}</p><div class="rows">'
        f"{_list('roundtable_language', words('preferences.language'), languages)}"
        f"{_list('roundtable_theme', words('preferences.theme'), themes)}</div></section>"
    )


def _list(cookie: str, label: str, choices: dict[str, str]) -> str:
    options = "".join(f'<option value="{value}">{html.escape(said)}</option>' for value, said in choices.items())
    return (
        f'<div class="row"><label for="{cookie}">{html.escape(label)}</label>'
        f'<select id="{cookie}" data-cookie="{cookie}">{options}</select></div>'
    )
