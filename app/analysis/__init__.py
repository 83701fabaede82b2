"""Reads one media file: pure, in a worker process; a path in, a value out, nothing written."""
