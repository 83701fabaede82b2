"""The full-text index: which words a file has by field, as either engine takes them, and when they are written.

Owns what is in the index, and which files wait. It knows no columns; what a search finds in it, `lookup` asks.
"""
