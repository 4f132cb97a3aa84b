"""How much an MCP server may say."""

from __future__ import annotations

MESSAGE_BYTES = 8_000_000
"""One message; a server that sends a longer one is disconnected."""
TOOLS = 200
PAGES = 20
"""Tools of one server, and pages of its list."""
DESCRIPTION_CHARS = 1000
SCHEMA_CHARS = 20_000
SCHEMA_DEPTH = 20
NAME_CHARS = 128
ANSWER_CHARS = 20_000
"""Text of one answer that a model is shown."""
ATTACHMENTS = 20
