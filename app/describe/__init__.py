"""Pictures described by a vision model: whom is asked what, what an answer is worth, and what may be spent.

It knows no database, no session and no page: those hand it values, and commit what comes back.
"""
