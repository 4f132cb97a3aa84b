"""AutoGen's RetrieveAssistantAgent, answering with citations."""

from __future__ import annotations

from autogen import AssistantAgent
from autogen.agentchat.contrib import retrieve_assistant_agent as stock

from agents.run import Run


class RetrieveAssistantAgent(stock.RetrieveAssistantAgent):  # type: ignore[misc]  # AutoGen is untyped
    """Answers from the passages before it, and sees first what the run remembers of the conversation.

    The stock agent's constructor is skipped: it warns that the class is deprecated, and registers a reply that ends
    the chat or repeats "UPDATE CONTEXT" when certain words stand in a message, which a document could contain.
    """

    def __init__(self, name: str, *, instructions: str, run: Run | None = None) -> None:
        AssistantAgent.__init__(
            self,
            name,
            system_message=instructions,
            llm_config=False,
            is_termination_msg=lambda _: False,
            code_execution_config=False,
        )
        if run is not None:
            self.register_hook(
                "process_all_messages_before_reply", lambda messages: [*run.memory.messages(), *messages]
            )
