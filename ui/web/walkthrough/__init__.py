"""What a person sees before the first question: the way from documents to a model to an answer."""
