"""Texts to vectors: models, the backends they run on, and the cache."""
