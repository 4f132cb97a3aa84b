"""Speed and memory, measured side by side in one run; every performance claim in the docs comes from here."""
