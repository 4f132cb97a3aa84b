"""Datasets with known answers, and the field's measures over them."""
