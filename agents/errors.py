"""What can go wrong at the table.

AgentError
├── ModelError                the language model did not give a usable answer
│   ├── ModelUnreachable      no connection to the endpoint
│   ├── ModelTimeout          no answer within the limit
│   ├── ModelAuthError        the key was refused
│   ├── ModelRateLimited      too many requests, after bounded retries
│   ├── ModelRefused          the endpoint rejected the request (unknown model, wrong parameter, …)
│   │   └── ModelContextExceeded  the request is longer than the model can read
│   └── ModelMisbehaved       the answer is not what the protocol allows, or is empty
├── ToolError                 a tool was called wrongly or failed
│   ├── ToolTimeout           it took too long
│   ├── ToolCrashed           its function raised an exception
│   └── ToolServerFailed      an MCP server cannot be reached, ended, or breaks the protocol
├── CodeNotAllowed            a person, or the lack of one, kept code from running
├── SandboxUnavailable        no backend can isolate code here
├── SandboxFileRefused        a file cannot be laid before the code
├── SandboxSessionRefused     a session has a bad name, or its host cannot be started or trusted
├── SandboxSessionGone        a session is not there, or not any more
├── UnknownTeam               no team of that name
├── TeamError                 a team file is malformed
├── ConversationError         a conversation does not exist or cannot take a question now
├── TraceExportFailed         a collector does not take a trace (agents/tracing/otel.py)
├── BudgetExceeded            a run has used up its budget, or its rounds without an answer
├── RunInterrupted            the application ended in the middle of a run
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


class ModelContextExceeded(ModelRefused):
    """The request is longer than the model can read; `limit` is how many tokens that is, where the endpoint said so."""

    def __init__(self, message: str, *, hint: str = "", limit: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.limit = limit


class ModelMisbehaved(ModelError):
    """The reply breaks the protocol or is empty."""


class ToolError(AgentError):
    """A tool was called with wrong arguments, or failed; the text is shown to the model."""


class ToolTimeout(ToolError):
    """A tool was not done within its time."""


class ToolCrashed(ToolError):
    """The function of a tool raised an exception."""


class ToolServerFailed(ToolError):
    """An MCP server cannot be started or reached, ended, or does not keep to the protocol."""


class CodeNotAllowed(AgentError):
    """A person did not allow the code to run, or did not answer in time; the model is told why."""


class SandboxUnavailable(AgentError):
    """No backend can isolate code on this machine."""


class SandboxFileRefused(AgentError):
    """A file for the sandbox has a bad name or too much content."""


class SandboxSessionRefused(AgentError):
    """A session has a bad name, or its host cannot be started, reached or trusted."""


class SandboxSessionGone(AgentError):
    """There is no session of that name, or not any more."""


class UnknownTeam(AgentError):
    """No team has that name."""


class TeamError(AgentError):
    """A team file is malformed."""


class ConversationError(AgentError):
    """The conversation does not exist, or cannot take a question now."""


class BudgetExceeded(AgentError):
    """A run has used up what its team may use, or its rounds, before there was an answer."""


class RunInterrupted(AgentError):
    """The application ended in the middle of a run; what was said is kept."""


class RunStopped(AgentError):
    """The user stopped the run; what was said is kept."""
