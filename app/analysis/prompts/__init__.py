"""Reads how an AI image was made, from texts alone; it opens no file."""
