"""Looks at media roots: safe paths, what a folder holds, and what is gone. It opens no media file."""
