"""The faces: command line and web page; everything here only translates."""
