"""The table: agents, teams, tools, the sandbox and the conversation they hold; the only home of AutoGen."""
