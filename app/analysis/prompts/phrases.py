"""Takes a prompt apart into its phrases, each with the weight that the prompt gives it, by one grammar.

A prompt is a row of letters and groups, cut into phrases; a group has a factor, which multiplies the weights inside it.
Generators differ in how they write that, so each has a dialect: its tokens, and the factors of its brackets.

- Most (AUTOMATIC1111, wiki "Features", "Attention/emphasis"): `(word)` 1.1, `[word]` 1/1.1, `(word:1.3)` 1.3, also with
  a sign; `a AND b :0.7` weighs the whole of b. A backslash makes a bracket a letter. `[from:to:0.5]` and `[a|b]` change
  the words while the picture is made, and weigh nothing. `{word}`, of NovelAI, weighs 1.05; `{a|b}` chooses.
- NovelAI (docs.novelai.net, "Strengthening and weakening"): `{word}` 1.05, `[word]` 1/1.05, `1.5::words, words::` 1.5.
- InvokeAI (damian0815/compel, "Syntax"): `(words)1.3` 1.3, each `+` behind a word, a bracket or a quote 1.1, each `-`
  0.9. `("a", "b").and(1, 0.5)` and `.blend(...)` weigh one after the other; `cat.swap(dog)` draws a dog;
  `withLora(...)` is no word.
- Midjourney (docs.midjourney.com, "Multi prompts"): `words::2 words::-0.5`.

A phrase ends at a comma or the end of a line; at the commas, the full stop and the semicolon of Chinese and Japanese
(U+FF0C, U+3001, U+FF64, U+3002, U+FF61, U+FF1B); at `BREAK`, `AND` and the words that divide a picture into regions; at
what is no word, like `<lora:...>`. Their brackets and colon count like the others where they give a number, and weigh
nothing without one. Where only some words of a phrase are weighed, the phrase is kept whole, and no weight is its own.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_CHARACTERS = 32 * 1024  # that are looked at; the longest prompts of people have a few thousand
_DEEP = 20  # groups inside groups that are still weighed
_MOST_SIGNS = 20
_NUMBER = r"[+-]?(?:[0-9]{1,4}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})"
_LETTER = r"(?P<letter>\\.)"
_SEPARATORS = r"[,\n\uff0c\u3001\uff64\u3002\uff61\uff1b]"
_DIVIDERS = r"BREAK|ADDCOMM|ADDCOL|ADDROW|ADDBASE"
_CLOSING = {")": "(", "]": "[", "}": "{", "\uff09": "\uff08", '"': '"'}
_NUMBERED = "::"  # the kind of a group that a number opens
_ESCAPED = '()[]{}<>\\"'


@dataclass(frozen=True, slots=True)
class _Dialect:
    """Its tokens, named by what they do, and what a pair of brackets multiplies by; None for one that only holds."""

    tokens: re.Pattern[str]
    brackets: Mapping[str, float | None]


def _dialect(brackets: Mapping[str, float | None], *tokens: str) -> _Dialect:
    return _Dialect(re.compile("|".join((_LETTER, *tokens))), brackets)


_USUAL = _dialect(
    {"(": 1.1, "[": 1 / 1.1, "{": 1.05, "\uff08": None},
    rf"(?P<cut><[^<>]*>|{_SEPARATORS}|\b(?:{_DIVIDERS})\b)",
    rf"(?P<part>(?::\s*{_NUMBER}\s*)?\bAND\b)|(?P<last>:\s*{_NUMBER}\s*\Z)",
    r"(?P<open>[(\[{\uff08])",
    rf"(?P<close>(?:[:\uff1a]\s*{_NUMBER}\s*)?[)\]\uff09]|\}})",
    r"(?P<either>[:|])",
)
_DIALECTS = {
    "NovelAI": _dialect(
        {"{": 1.05, "[": 1 / 1.05},
        rf"(?P<cut><[^<>]*>|{_SEPARATORS}|\b(?:{_DIVIDERS}|AND)\b|\|)",
        rf"(?P<open>(?<![0-9.]){_NUMBER}::|[\[{{])",
        r"(?P<close>::|[\]}])",
    ),
    "InvokeAI": _dialect(
        {"(": None, "{": None, '"': None},
        rf"(?P<cut><[^<>]*>|{_SEPARATORS}|\b(?:{_DIVIDERS}|AND)\b|\b[wW]ithLo[rR][aA]\([^()]{{0,200}}\))",
        r"(?P<swap>\.swap\([^()]{0,2000}\))",
        r"(?P<each>\)\.(?:and|blend)\([\s0-9.,+-]{0,500}\))",
        r"(?P<open>[({]|(?:(?<=[\s(,])|\A)\"(?=\S))",
        rf"(?P<close>[)\"](?:{_NUMBER}|\++|-+)?|\}})",
        r"(?P<signs>(?<=[^\s,(+-])(?:\++|-+)(?=[\s,)\"]|\Z))",
        r"(?P<either>\|)",
    ),
    "Midjourney": _dialect(
        {"{": None},
        rf"(?P<cut><[^<>]*>|{_SEPARATORS}|\b(?:{_DIVIDERS}|AND)\b)",
        rf"(?P<part>::(?:{_NUMBER})?)",
        r"(?P<open>\{)",
        r"(?P<close>\})",
    ),
}


class _Cut(str):
    """What ends a phrase."""

    __slots__ = ()


class _Mark(str):
    """What ends a phrase where its group is one of several words to choose from, and else is a letter."""

    __slots__ = ()


@dataclass(slots=True)
class _Group:
    items: list["_Item"]
    factor: float | None


_Item = str | _Group


@dataclass(slots=True)
class _Open:
    """A group that is not closed yet."""

    kind: str
    factor: float | None = None
    items: list[_Item] = field(default_factory=list)


def split_phrases(prompt: str, generator: str | None = None) -> Iterator[tuple[str, float | None]]:
    """Split a prompt into its phrases, each with its weight, None if none is written. Some may be empty."""
    text = prompt[:_CHARACTERS]
    dialect = _DIALECTS.get(generator or "", _USUAL)
    reading, place = _Reading(dialect), 0
    for token in dialect.tokens.finditer(text):
        reading.items.append(text[place : token.start()])
        reading.take(token.lastgroup or "", token[0])
        place = token.end()
    reading.items.append(text[place:])
    yield from _said(reading.whole(), None)


class _Reading:
    """A prompt as far as it was read: the groups that are open, the outermost first."""

    def __init__(self, dialect: _Dialect) -> None:
        self._dialect = dialect
        self._parts: list[_Item] = []
        self._open = [_Open("")]
        self._kinds = Counter[str]()

    @property
    def items(self) -> list[_Item]:
        """What the innermost group holds so far."""
        return self._open[-1].items

    def take(self, name: str, token: str) -> None:
        """Take one token of this name."""
        if name == "letter":
            self.items.append(token[1] if token[1] in _ESCAPED else token)
        elif name == "either":
            self.items.append(_Mark(token))
        elif name == "part" and len(self._open) == 1:
            self._end_part(token)
        elif name == "last":
            self._end_last(token)
        elif name == "signs":
            self._weigh_word(token)
        elif name == "swap":
            self._swap(token)
        elif name == "each":
            self._end_each(token)
        elif name == "open":
            self._begin(token)
        elif name == "close":
            self._end(token)
        else:
            self.items.append(_Cut(token if len(token) == 1 else " "))

    def whole(self) -> list[_Item]:
        """All that was read; a bracket that was never closed is none."""
        while len(self._open) > 1:
            self._fold()
        return [*self._parts, _Group(self.items, None)]

    def _end_part(self, token: str) -> None:
        """End a part of the prompt, weighed by the number at its end."""
        self._parts += [_Group(self.items, _number(token)), _Cut()]
        self._open = [_Open("")]

    def _end_last(self, token: str) -> None:
        """End the prompt with a number, which weighs its last part where there is another to weigh it against."""
        if self._parts and len(self._open) == 1:
            self._end_part(token)
        else:
            self.items.append(token)

    def _end_each(self, token: str) -> None:
        """End a list of quoted prompts, weighed one after the other by the numbers behind it."""
        weights = [float(number) for number in re.findall(_NUMBER, token)]
        listed = self._end(")")
        quoted = (item for item in listed if isinstance(item, _Group))
        for item, weight in zip(quoted, weights, strict=False):
            item.factor = weight * (1.0 if item.factor is None else item.factor)

    def _swap(self, token: str) -> None:
        """Put in place of the last word or group what is drawn instead."""
        instead = token[token.index("(") + 1 : -1].split(",", maxsplit=1)[0].strip(' "')
        while self.items and self.items[-1] == "":
            self.items.pop()
        if self.items and isinstance(self.items[-1], _Group):
            self.items.pop()
        else:
            self._take_word()
        self.items.append(_Group([instead], None))

    def _weigh_word(self, signs: str) -> None:
        """Weigh the last word by the signs behind it."""
        self.items.append(_Group([self._take_word()], _of_signs(signs)))

    def _take_word(self) -> str:
        """Take the last word away, and leave what stands before it."""
        said: list[str] = []
        while self.items and isinstance(last := self.items[-1], str) and not isinstance(last, _Cut | _Mark):
            said.append(last)
            self.items.pop()
        text = "".join(reversed(said))
        word = next(reversed(text.split()), "")
        self.items.append(text.removesuffix(word))
        return word

    def _begin(self, token: str) -> None:
        kind = _NUMBERED if token.endswith(_NUMBERED) else token
        if kind == _NUMBERED == self._open[-1].kind:
            self._fold()
        if len(self._open) > _DEEP:
            return
        self._kinds[kind] += 1
        self._open.append(_Open(kind, _number(token)))

    def _end(self, token: str) -> list[_Item]:
        """End a group, and give what it holds; nothing where none is open."""
        bracket = next((letter for letter in token if letter in _CLOSING), "")
        kind = _CLOSING.get(bracket, _NUMBERED)
        if not self._kinds[kind]:
            if kind == '"':  # of inches
                self.items.append(token)
            return []
        while self._open[-1].kind != kind:
            self._fold()
        ended = self._open.pop()
        self._kinds[kind] -= 1
        self._hold(*self._weighed(ended, token.replace(bracket, "")))
        return ended.items

    def _weighed(self, ended: _Open, written: str) -> tuple[list[_Item], float | None]:
        """What a group holds, and its factor: the one written, or its bracket's. One that chooses words has none."""
        number = _number(written)
        scheduled = ended.kind == "[" and number is not None
        alternating = ended.kind in ("[", "{") and any(isinstance(item, _Mark) and item == "|" for item in ended.items)
        if scheduled or alternating:
            return [_Cut(" ") if isinstance(item, _Mark) else item for item in ended.items], None
        if ended.kind == _NUMBERED:
            return ended.items, ended.factor
        if number is None:
            number = _of_signs(written) if written else self._dialect.brackets[ended.kind]
        return ended.items, number

    def _fold(self) -> None:
        """Give the innermost group up where it was never closed; a number weighs up to the end."""
        ended = self._open.pop()
        self._kinds[ended.kind] -= 1
        if ended.kind == _NUMBERED:
            self._hold(ended.items, ended.factor)
        else:
            self.items.extend(ended.items)

    def _hold(self, items: list[_Item], factor: float | None) -> None:
        """Add a group. What separates at its edges separates it from its neighbours."""
        first, last = 0, len(items)
        while first < last and _is_edge(items[first]):
            first += 1
        while first < last and _is_edge(items[last - 1]):
            last -= 1
        self.items.extend((*items[:first], _Group(items[first:last], factor), *items[last:]))


def _is_edge(item: _Item) -> bool:
    return isinstance(item, _Cut) or (isinstance(item, str) and not item.strip())


def _said(items: list[_Item], weight: float | None) -> Iterator[tuple[str, float | None]]:
    part: list[_Item] = []
    for item in (*items, _Cut()):
        if not isinstance(item, _Cut):
            part.append(item)
            continue
        solid = [one for one in part if isinstance(one, _Group) or one.strip()]
        if len(solid) == 1 and isinstance(alone := solid[0], _Group):
            yield from _said(alone.items, _times(weight, alone.factor))
        else:
            yield _letters(part).strip(), weight
        part = []


def _times(weight: float | None, factor: float | None) -> float | None:
    return weight if factor is None else round((1.0 if weight is None else weight) * factor, 4)


def _letters(items: list[_Item]) -> str:
    return "".join(item if isinstance(item, str) else _letters(item.items) for item in items)


def _number(text: str) -> float | None:
    found = re.search(_NUMBER, text)
    return float(found[0]) if found else None


def _of_signs(signs: str) -> float:
    return (1.1 if signs[0] == "+" else 0.9) ** min(len(signs), _MOST_SIGNS)
