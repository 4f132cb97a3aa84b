"""Plain AutoGen agents that compute in one sandbox session: variables live on from one turn to the next.

    python examples/sandbox_session.py

It needs no model and no key: what the writer says is given. With a model, give the writer an `llm_config` instead.
"""

from autogen import ConversableAgent

from agents.sandbox.executor import SandboxExecutor

CELLS = ["prices = [19, 23, 42]\nprint(len(prices), 'prices')", "print('in all', sum(prices))"]
replies = iter([*(f"```python\n{cell}\n```" for cell in CELLS), "That is the answer."])

with SandboxExecutor.open() as executor:
    runner = ConversableAgent("runner", human_input_mode="NEVER", code_execution_config={"executor": executor})
    writer = ConversableAgent("writer", human_input_mode="NEVER")
    writer.register_reply(ConversableAgent, lambda *_, **__: (True, next(replies)))
    chat = runner.initiate_chat(writer, message="How much is it in all?", max_turns=3, silent=True)

for message in chat.chat_history:
    print(f"{message['name']}: {message['content']}")
