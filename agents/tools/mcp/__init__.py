"""Tools of MCP servers; the only home of the `mcp` package, which is loaded when a run first needs a server."""
