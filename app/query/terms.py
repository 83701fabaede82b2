"""What a term of a query means: one leaf of the tree, or the sentence that says what is wrong with it."""

import dataclasses
import re

from app.errors import QueryError
from app.formats import FORMAT_OF_SUFFIX
from app.query.fields import FIELDS, UNKNOWN, Asked, Field, closest, nearest
from app.query.lexing import Token, place_of_star, value_of
from app.query.tree import Has, Leaf, Nothing, Whole, Within, Words
from app.query.values import between, brief, near
from app.query.words import ANY, fold, fold_path, runs_of

_NONE = "none"
_STAR_BEFORE_A_WORD = re.compile(rf"{ANY}[^\W_]")
_STAR_IN_A_PHRASE = re.compile(rf"{ANY}[^\W_]|[^\W_]{ANY}.*[^\W_]", re.DOTALL)
_ASTRAY = ("Among words, '*' stands only at the end of one: cat*.", "In a phrase, '*' stands only at its end.")


def leaf_of(q: str, token: Token) -> Leaf:
    """The leaf that a term of the query stands for. Raises QueryError."""
    if not token.closed:
        raise QueryError("This quote is not closed.", token.value)
    value = value_of(q, token)
    if not token.field:
        return _words(q, "", q[token.start : token.end], token)
    field = _field(token)
    sign = _sign(q, token, field)
    if not value.strip():
        raise QueryError(f"{field.name}{token.sign} needs a value directly behind it.", token.start)
    if fold(value) == _NONE and not token.quoted:
        return _nothing(field, token)
    text = f"{field.name}{sign}{q[token.value : token.end]}"
    if field.compared and not (field.values and sign == ":" and not any(map(str.isdigit, value))):
        return between(field, sign, value, text, token.value + token.quoted)
    return _other(q, field, text, token)


def _other(q: str, field: Field, text: str, token: Token) -> Leaf:
    value = value_of(q, token)
    match field.asked:
        case Asked.WORDS if token.sign == "=" and field.exact:
            return _whole(field, value, text, token)
        case Asked.WORDS:
            return _words(q, field.name, text, token)
        case Asked.FOLDER:
            return _within(value, text, token)
        case Asked.PLACE:
            return near(value, text, token.value)
        case Asked.TRAIT:
            return _trait(field, value, token)
        case _:
            return _whole(field, value, text, token)


def _field(token: Token) -> Field:
    if field := FIELDS.get(token.field):
        return field
    name = brief(token.field)
    meant = nearest(token.field)
    hint = f"did you mean '{meant}'?" if meant else "put it in quotes to search for the text."
    raise QueryError(f"There is no field '{name}': {hint}", token.start)


def _sign(q: str, token: Token, field: Field) -> str:
    """The sign as it is written best. Raises QueryError where the field cannot be compared so."""
    if token.sign == "!=":
        raise QueryError(f"'!=' is not known: write -{field.name}:{brief(q[token.value : token.end])}.", token.start)
    if token.sign in (":", "="):
        return token.sign if field.exact else ":"
    if not field.compared:
        raise QueryError(f"'{field.name}' has no order: write {field.name}:{field.example}.", token.start)
    return token.sign


def _nothing(field: Field, token: Token) -> Leaf:
    if token.sign != ":":
        raise QueryError(f"'none' goes with ':' alone: write {field.name}:none.", token.start)
    if not field.optional:
        raise QueryError(f"'{field.name}' cannot be none: write {field.name}:{field.example}.", token.value)
    if UNKNOWN in field.values:
        return Whole(field.name, (UNKNOWN,), f"{field.name}:{UNKNOWN}")
    return Nothing(field.name)


def _words(q: str, field: str, text: str, token: Token) -> Words:
    value = value_of(q, token)
    if astray := (_STAR_IN_A_PHRASE if token.quoted else _STAR_BEFORE_A_WORD).search(value):
        at = place_of_star(q, token, value.count(ANY, 0, value.index(ANY, astray.start())))
        raise QueryError(_ASTRAY[token.quoted], at)
    runs = runs_of(value, phrase=token.quoted)
    if not runs:
        raise QueryError(_wordless(field, value, token), token.value)
    return Words(field, runs, text)


def _wordless(field: str, value: str, token: Token) -> str:
    if field and not value.strip(ANY):
        return f"'*' alone is no word: write -{field}:none."
    if value[:1] in "<>=:" and not token.quoted:
        return "Write field, sign and value without spaces between them: score>=4."
    return f"'{brief(value)}' has no letter or digit to search for."


def _whole(field: Field, value: str, text: str, token: Token) -> Whole:
    leaf = Whole(field.name, tuple(fold(piece) for piece in value.split(ANY)), text)
    if field.name == "format" and (format_ := FORMAT_OF_SUFFIX.get(b"." + fold(value).encode())):
        return dataclasses.replace(leaf, pieces=(format_.name,))
    if field.values and not any(map(leaf.holds, field.values)):
        raise QueryError(_unknown(field, value), token.value)
    return leaf


def _unknown(field: Field, value: str) -> str:
    meant = closest(fold(value), field.values)
    *others, last = field.values
    hint = f"did you mean '{meant}'?" if meant else f"there are {', '.join(others)} and {last}."
    return f"{field.name}:{brief(value)} is not known: {hint}"


def _within(value: str, text: str, token: Token) -> Within:
    path = fold_path(value.replace(ANY, "*"))
    if not path:
        raise QueryError("A folder is written ROOT/relative: folder:photos/2024.", token.value)
    return Within(path, text)


def _trait(field: Field, value: str, token: Token) -> Has:
    what = fold(value)
    if what in field.values:
        return Has(what)
    known = what in FIELDS and FIELDS[what].optional
    hint = f"write -{what}:none." if known else f"only has:{field.example} is."
    raise QueryError(f"has:{brief(value)} is not known: {hint}", token.value)
