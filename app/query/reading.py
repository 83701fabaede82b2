"""A query as a person writes it, read into a tree. Every fault is one sentence and a place.

`not` binds before `and`, which may be left out, `and` before `or`. What a term means is decided in `terms`.
"""

from app.errors import QueryError
from app.query.lexing import Kind, Token, storable, tokens
from app.query.terms import leaf_of
from app.query.tree import EVERYTHING, And, Node, Not, Or

MAX_CHARACTERS = 4_096
MAX_TERMS = 200
MAX_NESTING = 50
_NOT_CLOSED = "This '(' is not closed."


def read(q: str) -> Node:
    """The tree of a query; an empty one is everything. Raises QueryError, and nothing else."""
    if len(q) > MAX_CHARACTERS:
        raise QueryError(f"A search has at most {MAX_CHARACTERS:,} characters.", MAX_CHARACTERS)
    return _Reader(storable(q)).whole()


class _Reader:
    """Goes through the tokens once; each method reads what it is named for and stands behind it."""

    def __init__(self, q: str) -> None:
        self._q = q
        self._tokens = tokens(q)
        self._next = next(self._tokens, None)
        self._nesting = self._terms = 0

    def whole(self) -> Node:
        if self._next is None:
            return EVERYTHING
        tree = self._either(None)
        if token := self._taken(Kind.CLOSE):
            raise QueryError("This ')' closes nothing.", token.start)
        return tree

    def _either(self, before: Token | None) -> Node:
        """Parts that `or` joins. `before` is what they stand behind, None for the beginning."""
        parts = [self._both(before)]
        while token := self._taken(Kind.OR):
            parts.append(self._both(token))
        return _joined(Or, parts)

    def _both(self, before: Token | None) -> Node:
        """Parts that all hold, with or without `and` between them."""
        parts = [self._one(before)]
        while self._next and self._next.kind not in (Kind.OR, Kind.CLOSE):
            parts.append(self._one(self._taken(Kind.AND)))
        return _joined(And, parts)

    def _one(self, before: Token | None) -> Node:
        if token := self._taken(Kind.TERM):
            self._terms += 1
            if self._terms > MAX_TERMS:
                raise QueryError(f"A search has at most {MAX_TERMS} terms.", token.start)
            return leaf_of(self._q, token)
        if not (token := self._taken(Kind.OPEN, Kind.MINUS, Kind.NOT)):
            raise self._nothing_to_read(before)
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise QueryError(f"A search is at most {MAX_NESTING} levels deep.", token.start)
        node = self._group(token) if token.kind is Kind.OPEN else self._negation(token)
        self._nesting -= 1
        return node

    def _group(self, token: Token) -> Node:
        node = self._either(token)
        if not self._taken(Kind.CLOSE):
            raise QueryError(_NOT_CLOSED, token.start)
        return node

    def _negation(self, token: Token) -> Node:
        if token.kind is Kind.MINUS and self._next and self._next.start > token.end:
            raise QueryError("'-' needs something directly behind it.", token.start)
        return Not(self._one(token))

    def _nothing_to_read(self, before: Token | None) -> QueryError:
        """What is wrong where a term has to be, and the end or another token is."""
        token = self._next
        if token and token.kind in (Kind.AND, Kind.OR):
            return QueryError(f"'{token.kind}' needs something before it.", token.start)
        if before is None:
            return QueryError("This ')' closes nothing.", token.start if token else 0)
        if before.kind is Kind.OPEN:
            return QueryError("There is nothing between these parentheses." if token else _NOT_CLOSED, before.start)
        behind = "directly behind" if before.kind is Kind.MINUS else "behind"
        return QueryError(f"'{before.kind}' needs something {behind} it.", before.start)

    def _taken(self, *kinds: Kind) -> Token | None:
        """The next token if it is one of these, and is then behind us."""
        token = self._next
        if token is None or token.kind not in kinds:
            return None
        self._next = next(self._tokens, None)
        return token


def _joined(kind: type[And | Or], parts: list[Node]) -> Node:
    """The parts as one node, flat."""
    if len(parts) == 1:
        return parts[0]
    return kind(tuple(part for one in parts for part in (one.parts if isinstance(one, kind) else (one,))))
