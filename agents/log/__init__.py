"""Conversations in SQLite: kept, replayed, exported, compared and counted."""
