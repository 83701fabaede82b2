r"""The tokens of a query: parentheses, operators and terms, each with its place. Never raises.

A term is `word`, `"a phrase"`, or a field, a sign and a value with nothing between them. In quotes `\"` is a quote and
`\\` a backslash; `*` stands for any text, in quotes too, and `\*` for itself. Any other backslash is one.

Not a field, though a colon says so: what has no letters before it (`12:30`), addresses (`http://...`) and drives
(`C:\photos`), and names with digits that no field has (`sha1:...`). They are words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from app.query.fields import FIELDS
from app.query.words import ANY


class Kind(StrEnum):
    """What a token is."""

    OPEN = "("
    CLOSE = ")"
    MINUS = "-"
    NOT = "not"
    AND = "and"
    OR = "or"
    TERM = "term"


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it stands. Of a term also: its field in lower case and its sign, or "", and its value's place.

    `quoted` is a value that begins with a quote, `closed` says that the quote ends.
    """

    kind: Kind
    start: int
    end: int
    field: str = ""
    sign: str = ""
    value: int = 0
    quoted: bool = False
    closed: bool = True


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # no text of a file holds them, and ANY must be ours alone
_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r'(?:and|or|not)(?![^\s()"])', re.IGNORECASE)
_FIELD = re.compile(r"([^\W\d]\w*)(:|>=|<=|!=|>|<|=)")
_QUOTED = re.compile(r'"(?:\\.|[^"])*+("?)', re.DOTALL)
_BARE = re.compile(r'[^\s()"]*')
_ESCAPE = re.compile(r'\\([\\"*])|(\*)')
_STAR = re.compile(r"\\(\*)|(\*)")


def storable(q: str) -> str:
    """The query with what no text can hold replaced, each character by one."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", q)


def tokens(q: str) -> Iterator[Token]:
    """The tokens of a storable query in their order; only space lies between them."""
    at = _end(_SPACE, q, 0)
    while at < len(q):
        token = _token(q, at)
        yield token
        at = _end(_SPACE, q, token.end)


def value_of(q: str, token: Token) -> str:
    """The value of a term without quotes and escapes, with `ANY` for each `*`."""
    escapes, first, last = _inside(token)
    return escapes.sub(lambda match: match[1] or ANY, q[first:last])


def place_of_star(q: str, token: Token, number: int) -> int:
    """Where in the query the star of this number, counted from 0, of a term's value stands."""
    escapes, first, last = _inside(token)
    stars = (match.start() for match in escapes.finditer(q, first, last) if match[2])
    return next(islice(stars, number, None))


def _inside(token: Token) -> tuple[re.Pattern[str], int, int]:
    """What is escaped in a value, and where it begins and ends without its quotes."""
    if token.quoted:
        return _ESCAPE, token.value + 1, token.end - token.closed
    return _STAR, token.value, token.end


def _end(pattern: re.Pattern[str], q: str, at: int) -> int:
    match = pattern.match(q, at)
    return match.end() if match else at


def _token(q: str, at: int) -> Token:
    if q[at] in "()-":
        return Token(Kind(q[at]), at, at + 1)
    if operator := _OPERATOR.match(q, at):
        return Token(Kind(operator[0].lower()), at, operator.end())
    field, sign, value = "", "", at
    if (match := _FIELD.match(q, at)) and _is_field(q, match):
        field, sign, value = match[1].lower(), match[2], match.end()
    if quoted := _QUOTED.match(q, value):
        return Token(Kind.TERM, at, quoted.end(), field, sign, value, quoted=True, closed=bool(quoted[1]))
    return Token(Kind.TERM, at, _end(_BARE, q, value), field, sign, value)


def _is_field(q: str, match: re.Match[str]) -> bool:
    """Whether a name with a sign behind it is meant as a field, known or not."""
    name, sign = match[1].lower(), match[2]
    if sign == ":" and (q.startswith("//", match.end()) or (len(name) == 1 and q.startswith(("/", "\\"), match.end()))):
        return False
    return name in FIELDS or not any(char.isdigit() for char in name)
