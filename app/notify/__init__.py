"""Tells people and programs what becomes of sessions: which changes are told, in which words, to whom, until it is."""
