"""Whether a call or code may run: what documents may be behind, and what a person says."""
