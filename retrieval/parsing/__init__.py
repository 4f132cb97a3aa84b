"""Files to chunks, in worker processes; the only home of docling."""
