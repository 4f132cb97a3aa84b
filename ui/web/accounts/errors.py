"""What can go wrong between a person and the door."""

from __future__ import annotations

import math

from configs.errors import AppError
from ui.web.words import Words, words_in


class AccountError(AppError):
    """A refusal whose sentence stands under `accounts.KEY` in every language; `status` is that of the HTTP answer."""

    status = 400

    def __init__(self, key: str, *, status: int | None = None, **values: object) -> None:
        self.key, self.values = key, values
        self.status = status or self.status
        super().__init__(self.said(words_in("en")))

    def said(self, words: Words) -> str:
        """The sentence in a language."""
        return words(f"accounts.{self.key}", **self.values)


class SignInNeeded(AccountError):
    """A request without a sign-in."""

    status = 401

    def __init__(self) -> None:
        super().__init__("sign_in_needed")


class SignInExpired(AccountError):
    """A request with a sign-in that has ended: too old, signed out elsewhere, or ended by a change of the account."""

    status = 401

    def __init__(self) -> None:
        super().__init__("sign_in_expired")


class TooMany(AccountError):
    """Too many tries or requests; `wait_s` is how long nothing more is taken."""

    status = 429

    def __init__(self, wait_s: float) -> None:
        self.wait_s = math.ceil(wait_s)
        if self.wait_s <= 90:
            super().__init__("wait_seconds", n=self.wait_s)
        else:
            super().__init__("wait_minutes", n=math.ceil(self.wait_s / 60))
