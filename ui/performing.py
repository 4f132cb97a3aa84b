"""Does an action that changes no document for a command: here, or in the app that owns the data directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer


def perform(context: typer.Context, action: str, **parameters: Any) -> dict[str, Any]:
    """The document of one of `ui.actions.READING`; the context holds the settings."""
    from ui.remote import open_for_reading, read

    app = open_for_reading(context.obj)
    try:
        return read(app, action, **parameters)
    finally:
        app.close()
