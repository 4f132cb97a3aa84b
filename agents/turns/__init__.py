"""What a question needs, and what is remembered of a conversation."""
