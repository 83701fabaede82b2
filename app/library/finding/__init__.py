"""Finding files: what is asked of many rows at once, decided by columns in memory and an index of words."""
