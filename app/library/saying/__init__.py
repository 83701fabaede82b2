"""What people say of files: checked, written into rows, and kept for the bytes of which it was said.

It owns the words of a person in `media_files` and `media_keywords` (their source is `person`), and `person_words`.
What is read of a file comes by `recording`, which lets these words stand.
"""
