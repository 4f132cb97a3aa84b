"""`python main.py --help` says what it can do; without arguments it opens the web app."""

import os

from ui.cli import main

if __name__ == "__main__":
    os.umask(0o077)  # what the documents say is nobody else's business
    raise SystemExit(main())
