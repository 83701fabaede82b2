"""Entries as the tests need them, and what a query means for one of them, file by file."""

from hypothesis import strategies as st

from app.library.finding.entries import Entry, Mark
from app.library.finding.matching import speaks_of_missing
from app.metadata import PromptVerdict
from app.query.tree import And, Between, Has, Near, Node, Not, Nothing, Or, Whole, Within
from app.query.words import fold, fold_path

THRESHOLD = 0.5

_texts = st.sampled_from(("Straße", "STRASSE", "X100V", "x100v", "a b", "Đà Nẵng", "*", '"', "none", "-1", ""))
_texts = _texts.map(lambda text: text or None)
_times = st.none() | st.integers(-3, 3).map(lambda day: day * 86_400_000)
_numbers = st.none() | st.sampled_from((0.0, 0.5, 2.8, 100.0))
_pixels = st.none() | st.integers(1, 3) | st.just(2**15)
_FOLDERS = (
    *("photos", "photos/2024", "photos/2024/a", "photos/2024/A/x", "photos/2024b", "Photos/Straße/2", "archive"),
    *(
        "photos/2024\N{FULLWIDTH SOLIDUS}a",
        "photos/\N{ZERO WIDTH SPACE}/a",
        "photos/strasse",
        "none/a*",
        "archive/\\xff",
    ),
)
_folders = st.sampled_from(_FOLDERS)

entries = st.builds(
    Entry,
    taken=_times,
    added=_times.map(lambda at: at or 0),
    updated=_times.map(lambda at: at or 0),
    size=st.integers(0, 3) | st.sampled_from((2**15, 2**31, 2**42)),
    sha256=st.sampled_from((0x00FF << 48, 1, 2**64 - 1)),
    phash=st.sampled_from((0, 1, 2**64 - 1)),
    picture=st.sampled_from((0, 1, 2**64 - 1)),
    width=_pixels,
    height=_pixels,
    duration=_numbers,
    exposure=_numbers,
    f=_numbers,
    iso=_numbers,
    focal=_numbers,
    score=st.none() | st.integers(-1, 5),
    nsfw=st.none() | st.sampled_from((0.0, 0.5, 0.51, 1.0)),
    latitude=st.none() | st.sampled_from((0.0, 41.9)),
    longitude=st.none() | st.sampled_from((0.0, 12.5, 179.99)),
    marks=st.integers(0, 2 * max(Mark) - 1) | st.just(0),
    ran=st.integers(0, 1023).filter(lambda ran: all((ran >> 2 * place) & 3 < 3 for place in range(5))),
    pair=st.none() | st.integers(1, 3),
    name=st.sampled_from(("a.jpg", "B.JPG", "á.jpg", "IMG_1.png", "b")),
    root=st.sampled_from(("photos", "archive")),
    folder=_folders,
    kind=st.sampled_from(("image", "video")),
    format=st.sampled_from(("jpeg", "png")),
    camera=_texts,
    lens=_texts,
    generator=_texts,
    model=_texts,
    sampler=_texts,
    verdict=st.none() | st.sampled_from(PromptVerdict).map(str),
    label=_texts,
    session=_texts,
    keyword=st.lists(st.sampled_from(("cat", "Cat", "dog", "Straße")), unique=True, max_size=3),
    lora=st.lists(st.sampled_from(("x", "y")), unique=True, max_size=2),
    region=st.just([]),
    region_kind=st.just([]),
    sure=st.just(0.0),
    judged=st.just(0),
    proposed=st.lists(st.sampled_from(("cat", "Cat", "red car")), unique=True, max_size=2),
)
_named = st.tuples(st.sampled_from(("cat", "Cat", "Ada")), st.sampled_from(("face", "object")))
entries = st.builds(
    lambda entry, regions: entry._replace(
        region=[label for label, _ in regions],
        region_kind=[kind for _, kind in regions],
        sure=0.5 * len(regions),
        judged=len(regions),
        marks=entry.marks | (Mark.PROPOSED.value if entry.proposed else 0),
    ),
    entries,
    st.lists(_named, max_size=3),
)
_NUMBERED = (
    "taken",
    "added",
    "size",
    "width",
    "height",
    "duration",
    "exposure",
    "f",
    "iso",
    "focal",
    "score",
    "pixels",
    "count",
)
_CODED = ("root", "kind", "format", "generator", "verdict", "label", "session")
_bounds = st.none() | st.sampled_from((-86_400.0, 0.0, 0.5, 1.0, 2.8, 4.0))
_leaves = st.one_of(
    st.builds(Between, st.sampled_from(_NUMBERED), _bounds, _bounds, st.booleans(), st.booleans(), st.just("")),
    st.builds(
        Whole,
        st.sampled_from((*_CODED, "keyword", "lora", "proposed")),
        st.sampled_from((("cat",), ("face",), ("", "a", ""), ("strasse",), ("", ""), ("jpeg",), ("x", ""), ("", "v"))),
        st.just(""),
    ),
    st.builds(
        Whole, st.just("sha256"), st.sampled_from((("00", ""), ("", ""), ("00ff", ""), ("f" * 16, ""))), st.just("")
    ),
    st.builds(Whole, st.just("nsfw"), st.sampled_from((("yes",), ("no",), ("unknown",))), st.just("")),
    st.builds(Whole, st.just("is"), st.sampled_from((("missing",), ("raw",), ("proposed",))), st.just("")),
    st.builds(
        Nothing, st.sampled_from((*_NUMBERED, *_CODED, "keyword", "camera", "title", "prompt", "seed", "proposed"))
    ),
    st.builds(Within, st.sampled_from(("photos", "photos/2024", "archive", "2024")), st.just("")),
    st.builds(Near, st.just(41.9), st.just(12.5), st.sampled_from((0.0, 10.0, 20_100.0)), st.just("")),
    st.just(Has("position")),
)
queries = st.recursive(
    _leaves,
    lambda part: st.one_of(
        st.builds(Not, part),
        st.builds(And, st.lists(part, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(part, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=5,
) | st.just(And(()))


def found_in(entry: Entry, query: Node) -> bool:
    """Whether a query means a file: the rule, one file after the other."""
    if entry.marks & Mark.MISSING and not speaks_of_missing(query):
        return False
    return _holds(entry, query)


def _holds(entry: Entry, node: Node) -> bool:  # noqa: C901, PLR0912 - a case for each kind of node
    match node:
        case And(parts):
            return all(_holds_beside(entry, part, parts) for part in parts)
        case Or(parts):
            return any(_holds(entry, part) for part in parts)
        case Not(part):
            return not _holds(entry, part)
        case Between(field):
            value = _number(entry, field)
            return value is not None and node.holds(value)
        case Whole("nsfw", (label,)):
            known = entry.nsfw is not None
            return label == ("unknown" if not known else "yes" if entry.nsfw >= THRESHOLD else "no")
        case Whole("sha256", (digits, _)):
            return f"{entry.sha256:016x}".startswith(digits)
        case Whole("is", (word,)):
            return bool(entry.marks & Mark[word.upper()])
        case Whole("label"):
            return any(map(node.holds, map(fold, _texts_of(entry, "label")))) or _labelled(entry, (node,)) > 0
        case Whole(field):
            return any(node.holds(fold(text)) for text in _texts_of(entry, field))
        case Nothing("title" | "prompt" | "seed" | "proposed" as field):
            return not entry.marks & Mark[field.upper()]
        case Nothing(field):
            return _number(entry, field) is None if field in _NUMBERED else not _texts_of(entry, field)
        case Within(path):
            return f"{fold_path(entry.folder)}/".startswith(f"{path}/")
        case Has():
            return entry.latitude is not None and entry.longitude is not None
        case Near(_, _, km):
            there = (entry.latitude, entry.longitude)
            return None not in there and (km > 20_000 or there == (41.9, 12.5))
        case _:
            raise AssertionError(node)


def _holds_beside(entry: Entry, node: Node, parts: tuple[Node, ...]) -> bool:
    labels = tuple(part for part in parts if isinstance(part, Whole) and part.field == "label")
    if labels and isinstance(node, Between) and node.field == "count":
        return node.holds(_labelled(entry, labels))
    return _holds(entry, node)


def _labelled(entry: Entry, labels: tuple[Whole, ...]) -> int:
    """How many regions have one of these labels or kinds."""
    regions = zip(entry.region, entry.region_kind, strict=True)
    return sum(any(label.holds(fold(text)) for label in labels for text in region) for region in regions)


def _number(entry: Entry, field: str) -> float | None:
    if field == "count":
        return len(entry.region)
    if field == "pixels":
        return None if entry.width is None or entry.height is None else entry.width * entry.height
    value = getattr(entry, field)
    return value / 1_000 if field in ("taken", "added") and value is not None else value


def _texts_of(entry: Entry, field: str) -> list[str]:
    value = getattr(entry, field)
    return value if isinstance(value, list) else [] if value is None else [value]
