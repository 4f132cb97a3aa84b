"""Parse, chunk, embed, index and search documents: a library that knows no agents and no web page."""
