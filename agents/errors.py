"""What can go wrong at the table.

AgentError
├── ModelError                the language model did not give a usable answer
│   ├── ModelUnreachable      no connection to the endpoint
│   ├── ModelTimeout          no answer within the limit
│   ├── ModelAuthError        the key was refused
│   ├── ModelRateLimited      too many requests, after bounded retries
│   ├── ModelRefused          the endpoint rejected the request (unknown model, context too long, …)
│   └── ModelMisbehaved       the answer is not what the protocol allows, or is empty
├── ToolError                 a tool was called wrongly or failed
├── SandboxUnavailable        no backend can isolate code here
├── UnknownTeam               no team of that name
├── TeamError                 a team file is malformed
├── ConversationError         a conversation does not exist or cannot take a question now
└── RunStopped                the user stopped the run
"""

from __future__ import annotations

from configs.errors import AppError


class AgentError(AppError):
    """Any failure of the agents' side."""


class ModelError(AgentError):
    """The language model did not give a usable answer."""


class ModelUnreachable(ModelError):
    """No connection to the endpoint."""


class ModelTimeout(ModelError):
    """No answer within the configured time."""


class ModelAuthError(ModelError):
    """The endpoint refused the key."""


class ModelRateLimited(ModelError):
    """Too many requests, also after the bounded retries."""


class ModelRefused(ModelError):
    """The endpoint rejected the request."""


class ModelMisbehaved(ModelError):
    """The reply breaks the protocol or is empty."""


class ToolError(AgentError):
    """A tool was called with wrong arguments, or failed; the text is shown to the model."""


class SandboxUnavailable(AgentError):
    """No backend can isolate code on this machine."""


class UnknownTeam(AgentError):
    """No team has that name."""


class TeamError(AgentError):
    """A team file is malformed."""


class ConversationError(AgentError):
    """The conversation does not exist, or cannot take a question now."""


class RunStopped(AgentError):
    """The user stopped the run; what was said is kept."""
