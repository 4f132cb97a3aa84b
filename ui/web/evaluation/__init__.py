"""The tab that measures search strategies: what with, how well, and where they differ."""
