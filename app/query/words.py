"""What a word is: the same for the text of a file and for what is searched in it, on every database.

Owns folding, the splitting into words, and how a word is written so that no tokenizer of a database can touch it.
Folded text has no case, no accents and none of Unicode's variants. Scripts without spaces between words have no words
to split at: their characters are taken in overlapping pairs, so that any stretch of two characters is found.
"""

import re
import unicodedata
from itertools import pairwise

from app.query.tree import Run

ANY = "\0"
"""Stands for `*`, any text, in a value that was read. No text holds it itself."""
MAX_CHARACTERS = 100
"""Longer words are cut: coded, one of 300 would be more than PostgreSQL takes (2,046 bytes)."""

_DIGITS = re.compile("([0-9]+)")
_DROPPED = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x02BB, 0x02BC),  # the okina of Hawaiian and its like
    (0x0300, 0x036F),  # accents
    (0x0591, 0x05BD),  # points of Hebrew
    (0x05BF, 0x05BF),
    (0x05C1, 0x05C2),
    (0x05C4, 0x05C5),
    (0x05C7, 0x05C7),
    (0x0610, 0x061A),  # vowels of Arabic, and the line that stretches a word
    (0x0640, 0x0640),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EA, 0x06ED),
    (0x1AB0, 0x1AFF),  # more accents
    (0x1DC0, 0x1DFF),
    (0x200B, 0x200F),  # what is not seen
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),  # variants of a character
    (0xFE20, 0xFE2F),
    (0xFEFF, 0xFEFF),
    (0xE0100, 0xE01EF),
)
_LETTERS = {
    "æ": "ae",
    "ð": "d",
    "ø": "o",
    "þ": "th",
    "đ": "d",
    "ħ": "h",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "ł": "l",
    "œ": "oe",
    "ŧ": "t",
}
_FOLDED: dict[int, str | None] = {
    **{code: None for first, last in _DROPPED for code in range(first, last + 1)},
    0x0131: "i",  # the dotless one of Turkish
    **{ord(letter): plain for letter, plain in _LETTERS.items()},  # which Unicode does not take apart
}
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1100, 0x11FF),  # Hangul: words end in particles
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # 々〆〇
    (0x3040, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_DIVISION_SLASH = "\u2215"
_SIGN, _SPACED, _PAIRED = ".wp"
_CHUNK = re.compile(f"[{_SPACED}{_PAIRED}]+")
_PART = re.compile(f"{_SPACED}+|{_PAIRED}+")
_ASCII_WORD = re.compile("[a-z0-9]+")


class _Classes(dict[int, str]):
    """What each character that was met is: a sign, or part of a word, of a script with spaces or without."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if not char.isalnum() and unicodedata.category(char)[0] != "M":  # a mark on a letter
            self[code] = _SIGN
        else:
            self[code] = _PAIRED if any(first <= code <= last for first, last in _UNSPACED) else _SPACED
        return self[code]


_CLASSES = _Classes()


def fold(text: str) -> str:
    """Text without case, accents and variants of characters: "Đà Nẵng" is "da nang", "ＣＡＦÉ" is "cafe".

    Marks that are no accents stay: the voicing of kana, the vowels of Hindi or Thai.
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", apart.translate(_FOLDED))


def fold_path(path: str) -> str:
    """A path as it is compared: each name in it folded, what is between two slashes that follow each other left out.

    A name stays one name, and is never empty, whatever its characters fold to.
    """
    if path.isascii():
        return "/".join(filter(None, path.lower().split("/")))
    return "/".join(fold(name).replace("/", _DIVISION_SLASH) or name for name in path.split("/") if name)


def natural(folded: str) -> tuple[list[str | tuple[int, str]], str]:
    """What folded texts are put in order by so that `2` stands before `10`: the digits in them count as numbers."""
    parts: list[str | tuple[int, str]] = list(_DIGITS.split(folded))
    for at in range(1, len(parts), 2):
        number = str(parts[at]).lstrip("0")
        parts[at] = (len(number), number)
    return parts, folded


def words_of(text: str) -> list[str]:
    """The folded words of a text in their order, as the index holds them.

    A stretch of characters without spaces is its pairs and then its last character, so that one character, sought as
    the beginning of a word, is found wherever it stands.
    """
    folded = fold(text)
    if folded.isascii():  # as most are
        return [word[:MAX_CHARACTERS] for word in _ASCII_WORD.findall(folded)]
    return _words_between(folded, folded.translate(_CLASSES), 0, len(folded))


def runs_of(text: str, *, phrase: bool) -> tuple[Run, ...]:
    """What has to stand in a text that matches: a run for each chunk between spaces and signs, or one for a phrase.

    `ANY` directly behind a chunk says that its last word goes on in any way; in a phrase only the end can go on. So
    does a single character of a script without spaces.
    """
    folded = fold(text)
    classes = folded.translate(_CLASSES)
    chunks = [match.span() for match in _CHUNK.finditer(classes)]
    if phrase and chunks:
        chunks = [(chunks[0][0], chunks[-1][1])]
    return tuple(_run(folded, classes, start, end) for start, end in chunks)


def _run(folded: str, classes: str, start: int, end: int) -> Run:
    words = _words_between(folded, classes, start, end)
    if classes[end - 1] != _PAIRED:
        return Run(tuple(words), folded.startswith(ANY, end))
    alone = end - 1 == start or classes[end - 2] != _PAIRED
    return Run(tuple(words if alone else words[:-1]), alone)  # more may follow the last pair in the text


def _words_between(folded: str, classes: str, start: int, end: int) -> list[str]:
    words: list[str] = []
    for match in _PART.finditer(classes, start, end):
        part = folded[match.start() : match.end()]
        if match[0][0] == _PAIRED:
            words += map("".join, pairwise(part))
            words.append(part[-1])
        else:
            words.append(part[:MAX_CHARACTERS])
    return words


def coded(word: str) -> str:
    """A word in ASCII letters, digits and underscores: other characters as `_` and six hex digits.

    Two words have two codes, and the code of a word's beginning is the beginning of its code.
    """
    return word if word.isascii() else "".join(char if char.isascii() else f"_{ord(char):06x}" for char in word)
