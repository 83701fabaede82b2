"""TIFF structures built by hand, well-formed and not, for tests."""

import struct

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 16: 8, 129: 1}
LETTERS = {1: "B", 3: "H", 4: "I", 9: "i", 16: "Q"}


def rational(*pairs):
    return (5, tuple(pairs))


def packed(order, kind, value):
    """The bytes of a value and how many there are of its kind."""
    if isinstance(value, bytes):
        return value, len(value) // SIZES[kind]
    if kind in (5, 10):
        letter = "I" if kind == 5 else "i"
        return b"".join(struct.pack(f"{order}2{letter}", *pair) for pair in value), len(value)
    return struct.pack(f"{order}{len(value)}{LETTERS[kind]}", *value), len(value)


def block(directories, *, order="<", big=False, links=(), magic=42, front=b""):
    """A TIFF of these directories: `{tag: (kind, value)}`, where `("to", index, ...)` points to others of them.

    `links` are pairs of directories, the second of which follows the first; `front` stands behind the header.
    """
    head, entry, inline, offset = (16, 20, 8, "Q") if big else (8 + len(front), 12, 4, "I")
    count_letter = "Q" if big else "H"
    places, at = [], head
    for tags in directories:
        places.append(at)
        at += struct.calcsize(order + count_letter) + entry * len(tags) + inline
    following, values, at_values = dict(links), b"", at
    out = b"II" if order == "<" else b"MM"
    out += struct.pack(f"{order}HHHQ", 43, 8, 0, head) if big else struct.pack(f"{order}HI", magic, head) + front
    for index, tags in enumerate(directories):
        out += struct.pack(order + count_letter, len(tags))
        for tag, entry_ in sorted(tags.items()):
            pointers = tuple(places[other] for other in entry_[1:]) if entry_[0] == "to" else ()
            kind, value = ((16 if big else 4), pointers) if pointers else entry_
            content, count = packed(order, kind, value)
            out += struct.pack(f"{order}HH{offset}", tag, kind, count)
            if len(content) <= inline:
                out += content.ljust(inline, b"\0")
            else:
                out += struct.pack(order + offset, at_values + len(values))
                values += content
        out += struct.pack(order + offset, places[following[index]] if index in following else 0)
    return out + values
