"""What a conversation did and how long it took: spans derived from its events, and their way to a collector."""
