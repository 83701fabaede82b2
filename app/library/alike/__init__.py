"""Which files are alike: the same bytes, the same picture, or similar to look at. Owns the file of codes."""
