"""Finds files: what changed since one last looked, the words of each file, and which files have these words."""
