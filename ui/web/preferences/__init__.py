"""The settings tab: language and colours for everybody; models, answers and code for administrators."""
