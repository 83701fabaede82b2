"""The search language: a query as a person writes it, as a tree, and back.

Owns what can be asked and what it means. It knows no database and opens nothing: `app/library` finds the files.
"""
