"""An MCP server by hand, as of the protocol before the present one, which prints to its stdout what does not belong."""

from __future__ import annotations

import json
import sys
from typing import Any

TOOLS: list[dict[str, Any]] = [
    {"name": "greet", "inputSchema": {"type": "object", "properties": {"name": {"type": "string"}}}},
    {"name": "odd", "inputSchema": {"type": "object"}},
    {"name": "refuse", "inputSchema": {"type": "object"}},
    {
        "name": "checked",
        "inputSchema": {"type": "object"},
        "outputSchema": {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}},
    },
]


def result(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        server = {"name": "old", "version": "1"}
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": server}
    if method == "tools/list":
        return {"tools": [{"name": "list", "inputSchema": {"type": "array"}}] if "list" in sys.argv else TOOLS}
    if method != "tools/call" or params["name"] == "refuse":
        return None
    if params["name"] == "odd":
        return {"content": "no list"}
    if params["name"] == "checked":
        return {"content": [], "structuredContent": {"x": "a" * 40 + "!"}}
    return {"content": [{"type": "text", "text": f"Hello, {params['arguments']['name']}."}]}


for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    sys.stdout.write("Working on it ...\n\n")
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
    found = result(request["method"], request.get("params") or {})
    if found is None:
        answer["error"] = {"code": -32601, "message": "\x1b[31mNot with me\x1b[0m"}
    else:
        answer["result"] = found
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
