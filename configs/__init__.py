"""Settings, strategies, teams, prompts and the root of every error: the layer all others stand on."""
