"""Every tool there is, by name."""

from __future__ import annotations

from agents.tools.documents import list_documents, read_document, search_documents
from agents.tools.python import run_python
from agents.tools.registry import Tool

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (search_documents, list_documents, read_document, run_python)}
