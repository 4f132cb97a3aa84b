"""The root of every error this application raises on purpose.

AppError                      one sentence for the user, and what to do next
├── ConfigError               a setting, strategy, team or prompt file is wrong      (configs)
├── RetrievalError            parsing, indexing or searching documents               (retrieval/errors.py)
└── AgentError                a model, a tool, a sandbox or a conversation           (agents/errors.py)
"""

from __future__ import annotations


class AppError(Exception):
    """A failure to show as one line: `message` says what came and what is allowed, `hint` what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def as_dict(self) -> dict[str, str]:
        """`{"type", "message", "hint"}`, the shape of every error in JSON."""
        return {"type": type(self).__name__, "message": self.message, "hint": self.hint}

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigError(AppError):
    """A setting, strategy, team or prompt is missing, unknown or malformed."""
