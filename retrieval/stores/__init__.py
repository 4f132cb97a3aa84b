"""The catalogue, which is the truth, and the two indexes derived from it."""
