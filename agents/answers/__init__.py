"""The numbers of passages, and the checks of what agents say."""
