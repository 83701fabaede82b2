"""Descriptions over HTTP: what vision models were asked for, what they said, and what it cost."""
