"""Reads what files hold, byte by byte, a format or block in each file; what it means is decided elsewhere."""
