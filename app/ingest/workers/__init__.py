"""Processes that analyse files, and can be killed."""
