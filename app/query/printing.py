"""A tree as a query that is read the same again, and terms from values, for links and for whoever adds to a query."""

import re

from app.query.fields import FIELDS, Asked
from app.query.tree import And, Node, Not, Or
from app.query.words import fold

_BARE = re.compile(r'[^\s()"*\\/<>=!:-][^\s()"*\\]*')


def written(node: Node) -> str:
    """The query of a tree: each term as it was written, one space between them, no parentheses that are not needed."""
    match node:
        case And(parts):
            return " ".join(_within_and(part) for part in parts)
        case Or(parts):
            return " or ".join(written(part) for part in parts)
        case Not(part):
            return f"-({written(part)})" if isinstance(part, And | Or) else f"-{written(part)}"
        case _:
            return node.text


def _within_and(part: Node) -> str:
    return f"({written(part)})" if isinstance(part, Or) else written(part)


def with_term(node: Node, added: str) -> str:
    """The query with a term beside all that it says."""
    return f"{_within_and(node)} {added}".lstrip()


def term(field: str, value: str | None) -> str:
    """The term that asks for exactly this value of a field, quoted where it has to be; None is `none`.

    The value is not blank, and `field` one of those that texts are compared with.
    """
    if value is None:
        return f"{field}:none"
    known = FIELDS[field]
    sign, words = "=" if known.exact else ":", known.asked is Asked.WORDS and not known.exact
    bare = value.isalnum() if words else _BARE.fullmatch(value)
    if bare and fold(value) != "none":
        return f"{field}{sign}{value}"
    escaped = re.sub(r'(["\\*])', r"\\\1", value)
    return f'{field}{sign}"{escaped}"'
