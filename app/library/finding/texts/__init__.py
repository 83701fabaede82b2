"""Texts that many files share: each has a number, and spellings that a search does not tell apart count as one.

Owns which spellings are one, which folder lies in which, and how many files have each text. It knows no columns: it is
given arrays of numbers.
"""
