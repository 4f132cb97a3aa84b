"""PDF without layout models: words and ruling lines in, a structured document out, by geometry alone."""
