"""What may come where somebody is typing a query: names of fields, and the values of those that have few."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.query.fields import FIELDS, UNKNOWN, Field
from app.query.lexing import Kind, Token, storable, tokens
from app.query.reading import MAX_CHARACTERS
from app.query.words import fold


@dataclass(frozen=True, slots=True)
class Completion:
    """What the characters from `start` to `end` may be replaced with, in the order of the documents.

    `field` is the one whose value is typed, else "": of most fields only the library knows values.
    """

    start: int
    end: int
    candidates: tuple[str, ...] = ()
    field: str = ""


def completions(q: str, cursor: int) -> Completion:
    """What may come at the cursor, a place between 0 and the length of `q`. Faults of the query do not matter."""
    cursor = max(0, min(cursor, len(q)))
    if len(q) > MAX_CHARACTERS:
        return Completion(cursor, cursor)
    token = _at(tokens(storable(q)), cursor)
    if token is None:
        return Completion(cursor, cursor, _names(""))
    if not token.field:
        return Completion(token.start, token.end, () if token.quoted else _names(q[token.start : cursor]))
    if cursor < token.value:
        return Completion(token.start, token.value, _names(q[token.start : cursor]))
    field = FIELDS.get(token.field)
    typed = fold(q[token.value : cursor].removeprefix('"'))
    values = _values(field, token.sign) if field else ()
    found = tuple(value for value in values if value.startswith(typed))
    return Completion(token.value, token.end, found, token.field)


def _at(found: Iterable[Token], cursor: int) -> Token | None:
    """The word that the cursor stands in or directly behind."""
    return next(
        (token for token in found if token.kind not in _SIGNS and token.start <= cursor <= token.end),
        None,
    )


_SIGNS = (Kind.OPEN, Kind.CLOSE, Kind.MINUS)


def _names(typed: str) -> tuple[str, ...]:
    return tuple(f"{name}:" for name in FIELDS if name.startswith(fold(typed)))


def _values(field: Field, sign: str) -> tuple[str, ...]:
    if sign != ":":
        return ()
    return (*field.values, "none") if field.optional and UNKNOWN not in field.values else field.values
