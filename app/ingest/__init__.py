"""Sessions: which files are to be taken in, one at a time, and how the run stands."""
