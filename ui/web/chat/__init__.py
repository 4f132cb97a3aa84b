"""Conversations on the page: rooms that outlive their watchers, shown live and acted on over plain HTTP."""
