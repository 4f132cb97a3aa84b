"""Language models as AutoGen model clients: OpenAI-compatible and extractive; the only home of openai."""
