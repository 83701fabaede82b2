"""Understands the labels of YOLO: a text beside a picture, a line for each box, with the number of its class.

A line is `class x y w h` (centre and size as parts of the upright picture, as OpenCV reads it), with a confidence
behind it where a model wrote it, and the number of a track where it followed things through a film; or
`class x1 y1 x2 y2 x3 y3 ...`, the corners of an outline (Ultralytics, dataset formats).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.regions import Box, Region, RegionKind, Regions, RegionSource, around, region_in, told_by

LINES = 10_000
"""Lines of one picture that are read."""
_LINE = re.compile(r"\d{1,6}(?:[ \t]+-?\d{1,9}(?:\.\d{1,20})?(?:e-?\d{1,3})?){4,4000}[ \t]*", re.ASCII)
_NUMBER = r"(?:[+-]?(?:\d{1,9}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,3})?|nan|[+-]?inf)"
_NUMBERS = re.compile(rf"\d{{1,6}}(?:[ \t]+{_NUMBER}){{0,4000}}", re.ASCII | re.IGNORECASE)
_BOX, _OUTLINE = 4, 6  # numbers behind that of the class
_SLACK = 0.05  # that boxes stick out by
_NAME_CHARACTERS = 200
_ITEM = re.compile(r"\s*-\s+(.*)")
_ENTRY = re.compile(r"\s+[\"']?(\d{1,6})[\"']?\s*:\s*(.*)")
_NUMBERED = re.compile(r"[\"']?(\d{1,6})[\"']?\s*:\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Classes:
    """The names of classes by their numbers; `posed` where the boxes are followed by the points of a pose."""

    names: Mapping[int, str]
    posed: bool = False


NO_CLASSES = Classes({})


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a picture: the text, and the name of its file as shown."""

    name: str
    text: str


def is_yolo(text: str) -> bool:
    """Whether a text is labels, and nothing but numbers: some lines may be damaged. An empty one is not."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return any(map(_LINE.fullmatch, lines)) and all(map(_NUMBERS.fullmatch, lines))


def find_strange_line(text: str, *, labels_alone: bool) -> int | None:
    """The number of the first line that is no label, in a text that is meant as labels but is none; else None.

    It is meant so if most of its lines are labels, or where nothing else is written (`labels_alone`) if any is.
    """
    lines = {number: line.strip() for number, line in enumerate(text.splitlines(), 1) if line.strip()}
    strange = [number for number, line in lines.items() if not _NUMBERS.fullmatch(line)]
    labels = sum(_LINE.fullmatch(line) is not None for line in lines.values())
    meant = labels > 0 if labels_alone else 2 * labels > len(lines)
    return strange[0] if strange and meant else None


def read_yolo(text: str, classes: Classes) -> Regions:
    """Read labels as boxes of the upright picture; a class without a name is called by its number.

    A line without a box of the picture, and one too many, is something that could not be placed.
    """
    found = [region for _, region in _by_line(text, classes)]
    return told_by(RegionSource.YOLO, [*found[:LINES], None] if len(found) > LINES else found)


def find_placeless_line(text: str, classes: Classes) -> int | None:
    """The number of the first line of labels that has no place in the picture, or no area; None without one."""
    return next((number for number, region in _by_line(text, classes) if region is None), None)


def _by_line(text: str, classes: Classes) -> list[tuple[int, Region | None]]:
    """The regions by the numbers of their lines, one line more than is read where there are more."""
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return [
        (number, _region(line.split(), classes) if _LINE.fullmatch(line) else None)
        for number, line in lines[: LINES + 1]
    ]


def _region(fields: Sequence[str], classes: Classes) -> Region | None:
    number, values = int(fields[0]), [float(field) for field in fields[1:]]
    if not all(-_SLACK <= value <= 1 + _SLACK for value in values[:_BOX]):
        return None
    label = classes.names.get(number, str(number))
    confidence = None
    tracked = len(values) == _BOX + 2 and values[-1] > 1 + _SLACK
    if len(values) <= _BOX + 1 or classes.posed or tracked:
        box = Box(*values[:_BOX])
        confidence = values[_BOX] if len(values) == _BOX + 1 or tracked else None
    else:
        confidence = values.pop() if len(values) % 2 else None
        if not all(-_SLACK <= value <= 1 + _SLACK for value in values):
            return None
        box = around(zip(values[::2], values[1::2], strict=True))
    if not (box.w and box.h):
        return None
    return region_in(box, label, RegionKind.OBJECT, RegionSource.YOLO, confidence=confidence)


def parse_classes(name: bytes, text: str) -> Classes:
    """Parse the names of classes: one in each line, or `names` of a `data.yaml` as it is written."""
    if not name.endswith((b".yaml", b".yml")):
        lines = text.splitlines()
        return Classes({number: _plain(line) for number, line in enumerate(lines) if line.strip()})
    lines = text.splitlines()
    names = {number: _plain(told) for number, told in _of_yaml(lines) if told.strip()}
    return Classes(names, any(line.startswith("kpt_shape:") for line in lines))


def _plain(name: str) -> str:
    return " ".join(name.split())[:_NAME_CHARACTERS]


def _of_yaml(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The classes under the key `names`: in brackets or braces, as a list, or by their numbers."""
    start = next((place for place, line in enumerate(lines) if line.startswith("names:")), None)
    if start is None:
        return
    first = _without_comment(lines[start].removeprefix("names:")).strip()
    if first.startswith(("[", "{")):
        yield from _of_brackets(" ".join([first, *map(_without_comment, lines[start + 1 :])]))
        return
    count = 0
    for line in map(_without_comment, lines[start + 1 :]):
        if entry := _ENTRY.fullmatch(line):
            yield int(entry[1]), _unquoted(entry[2])
        elif item := _ITEM.fullmatch(line):
            yield count, _unquoted(item[1])
            count += 1
        elif line.strip():
            return


def _of_brackets(text: str) -> Iterator[tuple[int, str]]:
    """`[a, 'b']` or `{0: a, 1: 'b'}`."""
    for count, part in enumerate(_parts(text)):
        if not text.startswith("{"):
            yield count, _unquoted(part)
        elif entry := _NUMBERED.fullmatch(part.strip()):
            yield int(entry[1]), _unquoted(entry[2])


def _parts(text: str) -> Iterator[str]:
    """What stands between the commas, up to the bracket that closes the first letter's; quotes hold both."""
    closing = "}" if text.startswith("{") else "]"
    start, quote, last = 1, "", ""  # where the part begins, which quote is open, the last letter that is no space
    at = 1
    while at < len(text):
        letter = text[at]
        if quote:
            at += letter == "\\" and quote == '"'  # the letter behind it is one of the text
            quote = "" if letter == quote else quote
        elif letter in "\"'" and last in ("", ":"):
            quote = letter
        elif letter in (",", closing):
            yield text[start:at]
            start, last = at + 1, ""
            if letter == closing:
                return
            at += 1
            continue
        if not letter.isspace():
            last = letter
        at += 1
    yield text[start:]


def _without_comment(line: str) -> str:
    """A line without what follows a `#` that stands in front or behind a space, where no quote is open."""
    quote = ""
    for place, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#" and (place == 0 or line[place - 1].isspace()):
            return line[:place]
    return line


def _unquoted(text: str) -> str:
    said = text.strip()
    for quote in ("'", '"'):
        if len(said) > 1 and said[0] == said[-1] == quote:
            return said[1:-1].replace("''", "'") if quote == "'" else said[1:-1].replace('\\"', '"')
    return said
