"""The rows of the library as they are held against files: in path order, by bytes or by name, and without a write.

Even on SQLite nothing of the library changes by it: the file is opened read-only for every page.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select

from app.formats import FORMATS, Kind
from app.library.failures import HOLDS_BACK
from app.library.presence import inside
from app.library.saying.personal import WORDS_WAIT
from app.library.tables import FAILURES, MEDIA
from app.library.values import FailureState, KnownFailure, KnownFile, NsfwKnown
from app.media import Place, Stage
from app.revisions import RowFacts
from app.slices import in_slices

PAGE_ROWS = 1_000
QUESTION_VALUES = 500
"""How many digests or names one question to the database has; SQLite takes no more than 32,766."""
_COLUMNS = (MEDIA.c.root, MEDIA.c.path, MEDIA.c.size, MEDIA.c.mtime_ns, MEDIA.c.sha256, MEDIA.c.missing_at)
_PARTS = ("exif", "xmp", "iptc", "text")
_AREAS = tuple(
    (part, name)
    for name in ("mwg-rs:Regions/mwg-rs:RegionList/mwg-rs:Type", "MP:RegionInfo/MPRI:Regions/MPReg:Rectangle")
    for part in ("xmp", "sidecar")
)
"""Where `raw` has the areas that XMP marks in a picture; what had no room there may have been some."""
_TOLD = tuple(
    MEDIA.c[name]
    for name in (
        "name", "kind", "format", "mode", "height", "frames", "camera_make", "lens_model", "taken_at", "latitude",
        "longitude", "video_codec", "embedded_video_bytes", "caption", "generator", "prompt_verdict", "sources",
        "sidecar",
    )
)  # fmt: skip
_OTHER = MEDIA.alias()
_RAW = tuple(format_.name for format_ in FORMATS if format_.raw)
_LOOKS_ALIKE = and_(
    MEDIA.c.picture_sha256.is_(None),
    MEDIA.c.phash.is_not(None),
    MEDIA.c.kind == Kind.IMAGE,
    MEDIA.c.format.not_in(_RAW),
    exists().where(
        _OTHER.c.phash == MEDIA.c.phash,
        _OTHER.c.sha256 != MEDIA.c.sha256,
        _OTHER.c.kind == Kind.IMAGE,
        _OTHER.c.format.not_in(_RAW),
    ),
)
"""Whether the picture of a row was not hashed yet, and looks like that of other bytes."""
_HELD = select(*_COLUMNS).order_by(MEDIA.c.path)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the library holds of one file: size in bytes, mtime in ns, SHA-256, and since when it is known to be gone.

    `path` is relative to the root, as the bytes of the file system.
    """

    root: str
    path: bytes
    size: int
    mtime_ns: int
    sha256: str
    missing_at: str | None = None

    @property
    def place(self) -> Place:
        """Where it was when its row was written."""
        return Place(self.root, self.path)

    @property
    def shown(self) -> str:
        """`ROOT/relative/path` as people see it."""
        return self.place.shown


@dataclass(frozen=True, slots=True)
class Stock:
    """Every row of the library. `read` runs a piece of work on a connection that cannot write."""

    read: Callable[[Callable[[Any], Any]], Any]

    def roots(self) -> list[str]:
        """The name of every media root that has rows, configured or not, in order."""
        statement = select(MEDIA.c.root).distinct()
        return sorted(self.read(lambda connection: connection.execute(statement).scalars().all()))

    def below(self, folder: Place, *, page_rows: int = PAGE_ROWS) -> Iterator[StoredFile]:
        """The rows of a folder and of all folders below it, in the order of their paths' bytes, read in pages."""
        path = folder.path
        after, end = (path + b"/", path + b"0") if path else (b"", None)  # `0` is the byte after `/`
        rows = _HELD.where(MEDIA.c.root == folder.root).limit(page_rows)
        if end is not None:
            rows = rows.where(MEDIA.c.path < end)
        while page := self._page(rows.where(MEDIA.c.path > after)):
            yield from page
            after = page[-1].path

    def ids_at(self, root: str, paths: Collection[bytes]) -> dict[bytes, int]:
        """The ids of the rows of the files at these paths of one root, by path."""
        of_root, found = select(MEDIA.c.path, MEDIA.c.id).where(MEDIA.c.root == root), dict[bytes, int]()
        for some in in_slices(paths, QUESTION_VALUES):
            found |= dict(self.read(partial(_rows, of_root.where(MEDIA.c.path.in_(some)))))
        return found

    def with_bytes(self, digests: Collection[str]) -> dict[str, list[StoredFile]]:
        """The rows of the files with these SHA-256, by it, in the order of root and path."""
        rows = ((stored.sha256, stored) for _, stored in self._where(MEDIA.c.sha256, digests))
        return _gathered(rows)

    def named(self, names: Collection[str], format_: str) -> dict[str, list[StoredFile]]:
        """The rows of the files of one format with these names, as they are shown, by name."""
        return _gathered(self._where(MEDIA.c.name, names, MEDIA.c.format == format_))

    def by_id(self, ids: Sequence[int]) -> dict[int, StoredFile]:
        """The rows of these ids, by it; those that are gone are not."""
        statement = select(MEDIA.c.id, *_COLUMNS).where(MEDIA.c.id.in_(ids))
        return {number: StoredFile(*row) for number, *row in self.read(partial(_rows, statement))}

    def _where(self, column: Any, values: Collection[str], *conditions: Any) -> Iterator[tuple[str, StoredFile]]:
        """The rows in which a column has one of these values, each with its value."""
        order = (MEDIA.c.root, MEDIA.c.path)
        for some in in_slices(values, QUESTION_VALUES):
            statement = select(column, *_COLUMNS).where(column.in_(some), *conditions).order_by(*order)
            yield from ((row[0], StoredFile(*row[1:])) for row in self.read(partial(_rows, statement)))

    def _page(self, statement: Any) -> list[StoredFile]:
        page: list[StoredFile] = self.read(
            lambda connection: [StoredFile(*row) for row in connection.execute(statement)]
        )
        return page


def known_in(connection: Connection, folder: Place) -> Mapping[bytes, KnownFile]:
    """What is known of the files of one folder, by path relative to the root; rows of other folders are not."""
    columns = (MEDIA.c.size, MEDIA.c.mtime_ns, MEDIA.c.sidecar, MEDIA.c.sha256, MEDIA.c.kind, MEDIA.c.stages)
    missing = MEDIA.c.missing_at.is_not(None)
    rows = select(
        MEDIA.c.path, *columns, missing, WORDS_WAIT, _LOOKS_ALIKE, MEDIA.c.nsfw_said, MEDIA.c.nsfw_probability
    ).where(inside(MEDIA, folder, below=False))
    of_failures = (FAILURES.c.fingerprint, FAILURES.c.stage, FAILURES.c.version, FAILURES.c.state)
    failures = select(FAILURES.c.path, *of_failures).where(inside(FAILURES, folder, below=False), HOLDS_BACK)
    failed: dict[bytes, tuple[KnownFailure, ...]] = {}
    marks: dict[str, Mapping[str, Any]] = {}  # most rows have the same: one value for all of them
    for path, fingerprint, stage, version, state in connection.execute(failures):
        failure = KnownFailure(fingerprint, Stage(stage), version, state == FailureState.IGNORED)
        failed[path] = (*failed.get(path, ()), failure)
    known = {
        path: KnownFile(
            size,
            mtime_ns,
            sidecar,
            sha256,
            Kind(kind),
            marks.setdefault(str(stages), stages),
            failed.pop(path, ()),
            bool(missing),
            bool(words),
            bool(alike),
            NsfwKnown(*nsfw),
        )
        for path, size, mtime_ns, sidecar, sha256, kind, stages, missing, words, alike, *nsfw in connection.execute(
            rows
        )
    }
    return known | {path: KnownFile(failures=failures) for path, failures in failed.items()}


def facts_in(connection: Connection, folder: Place) -> Mapping[bytes, RowFacts]:
    """What the rows of the files of one folder tell of them, by path relative to the root.

    Of the tags as read the database gives only what is asked for: they may have 64 KB.
    """
    raw = MEDIA.c.raw
    if connection.dialect.name == "sqlite":
        colour_space = func.json_extract(raw, '$.exif."EXIF ColorSpace"')
        parts = [func.json_type(raw, f"$.{part}").is_not(None) for part in _PARTS]
        areas = [func.json_type(raw, f'$.{part}."{name}"').is_not(None) for part, name in _AREAS]
        areas.append(func.json_type(raw, "$.dropped").is_not(None))
    else:
        colour_space = func.json_extract_path_text(raw, "exif", "EXIF ColorSpace")
        parts = [func.json_extract_path(raw, part).is_not(None) for part in _PARTS]
        areas = [func.json_extract_path(raw, part, name).is_not(None) for part, name in _AREAS]
        areas.append(func.json_extract_path(raw, "dropped").is_not(None))
    rows = select(MEDIA.c.path, *_TOLD, colour_space, or_(*areas), *parts).where(inside(MEDIA, folder, below=False))
    return {path: _facts(told) for path, *told in connection.execute(rows)}


def _facts(told: list[Any]) -> RowFacts:
    values = dict(zip((column.name for column in _TOLD), told, strict=False))
    colour_space, areas, *there = told[len(_TOLD) :]
    return RowFacts(
        **values | {"kind": Kind(values["kind"]), "sources": values["sources"] or {}},
        areas=bool(areas),
        colour_space=None if colour_space is None else str(colour_space),
        parts=frozenset(part for part, is_there in zip(_PARTS, there, strict=True) if is_there),
    )


def _rows(statement: Any, connection: Any) -> list[Any]:
    rows: list[Any] = connection.execute(statement).all()
    return rows


def _gathered(rows: Iterable[tuple[str, StoredFile]]) -> dict[str, list[StoredFile]]:
    gathered: dict[str, list[StoredFile]] = {}
    for value, stored in rows:
        gathered.setdefault(value, []).append(stored)
    return gathered
