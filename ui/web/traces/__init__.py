"""The trace tab: a turn as a timeline, with everything that was said in it."""
