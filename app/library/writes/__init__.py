"""What was written out of the library: which files, what they were before, and what an undo needs."""
