"""Brings what the readers deliver into one shape before it is kept and cut."""

from __future__ import annotations

from docling_core.types.doc import (
    DoclingDocument,
    GroupItem,
    GroupLabel,
    SectionHeaderItem,
    TitleItem,
)


def drop_images(document: DoclingDocument) -> None:
    """Forget the pixels, which would make up most of the kept JSON."""
    for holder in (*document.pictures, *document.tables, *document.pages.values()):
        holder.image = None


def head_pages(document: DoclingDocument, title: str) -> None:
    """Head every sheet with its name, and slides without a title with `title`: they must not inherit another page's."""
    for group in list(document.groups):
        if group.label == GroupLabel.SHEET and group.children:
            document.insert_heading(sibling=group, text=group.name, after=False)
        elif group.label == GroupLabel.CHAPTER and not _has_heading(document, group):
            document.insert_title(sibling=group, text=title, after=False)


def _has_heading(document: DoclingDocument, group: GroupItem) -> bool:
    children = (child.resolve(document) for child in group.children)
    return any(isinstance(child, TitleItem | SectionHeaderItem) for child in children)
