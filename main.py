"""`python main.py --help` says what it can do; without arguments it opens the web app."""

from ui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
