"""Finds files: columns of all of them in memory, kept up to date by a feed of changes, and an index of their words."""
