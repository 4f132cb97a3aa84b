"""Who sits at a table and speaks when, as a team file or Python says it."""
