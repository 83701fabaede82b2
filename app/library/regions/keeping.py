"""The regions of a file in the database, inside the transaction that writes its row.

What a stage read takes the place of what was known; those of a stage that did not run stay while the bytes do. A region
that was known keeps its row, so that it keeps its place in a list that is read page by page.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from app.beside.sidecars import Sidecar
from app.library.regions.tables import DETECTIONS, LOOKS
from app.library.rows import settled
from app.media import Analysis, Stage
from app.regions import NO_REGIONS, READ, Region, RegionKind, Regions, RegionSource
from app.texts import clean_text

FIELDS = ("label", "kind", "x", "y", "w", "h", "source", "confidence", "model")
_OF = DETECTIONS.c.media_id == bindparam("b_id")
_FOUND = select(DETECTIONS.c.id, *(DETECTIONS.c[name] for name in FIELDS), DETECTIONS.c.at)
_FOUND = _FOUND.where(_OF).order_by(DETECTIONS.c.id)
_LOOKED = select(LOOKS.c.source, LOOKS.c.at).where(LOOKS.c.media_id == bindparam("b_id"))
_DELETE = delete(DETECTIONS).where(DETECTIONS.c.id == bindparam("b_region"))
_DELETE_LOOKS = delete(LOOKS).where(LOOKS.c.media_id == bindparam("b_id"))
_OF_STAGE: Mapping[Stage, frozenset[RegionSource]] = {
    Stage.METADATA: READ,
    Stage.BARCODES: frozenset({RegionSource.BARCODE}),
    Stage.DETECT: frozenset({RegionSource.DETECTOR}),
}
"""The sources that a stage speaks of anew whenever it ends."""
_BESIDE: Mapping[RegionSource, frozenset[Sidecar]] = {
    RegionSource.SIDECAR: frozenset({Sidecar.XMP}),
    RegionSource.YOLO: frozenset({Sidecar.TXT, Sidecar.LABELS}),
    RegionSource.COCO: frozenset({Sidecar.ANNOTATIONS}),
    RegionSource.LABEL_STUDIO: frozenset({Sidecar.ANNOTATIONS}),
}
"""The sidecars that a source is read from."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a file: its regions, and who looked, each with when that was written; and the regions' rows."""

    regions: Mapping[Region, str]
    looked: Mapping[RegionSource, str]
    ids: Mapping[Region, int] = field(default_factory=dict)


def kept_of(connection: Connection, media_id: int) -> Kept:
    """What is known of the regions of one file, in their order."""
    rows = {_region(row): row for row in connection.execute(_FOUND, {"b_id": media_id})}
    looked = {RegionSource(source): at for source, at in connection.execute(_LOOKED, {"b_id": media_id})}
    ids = {region: row.id for region, row in rows.items()}
    return Kept({region: row.at for region, row in rows.items()}, looked, ids)


def add_regions(connection: Connection, media_id: int, found: Regions | None, at: str) -> None:
    """Write the regions of a file that has none yet."""
    if found:
        looked = dict.fromkeys(sorted(found.looked), at)
        _insert(connection, media_id, Kept(dict.fromkeys(map(_cleaned, found.found), at), looked))


def replace_regions(
    connection: Connection, old: Mapping[str, Any], analysis: Analysis, at: str, *, moved: bool
) -> bool:
    """Write what an analysis read in place of what was known, and answer whether anything is different now.

    `old` is the row before. What the sidecars of a file said that was `moved` without them stays.
    """
    same_bytes = old["sha256"] == analysis.identity.sha256
    anew = sources_anew(analysis, same_bytes=same_bytes)
    if not anew:
        return False
    before = kept_of(connection, old["id"])
    after = _after(before, analysis, anew - (_left_behind(analysis) if moved and same_bytes else frozenset()), at)
    if after.regions.keys() == before.regions.keys() and after.looked.keys() == before.looked.keys():
        return False
    connection.execute(_DELETE_LOOKS, {"b_id": old["id"]})
    come = {region: when for region, when in after.regions.items() if region not in before.regions}
    _insert(connection, old["id"], Kept(come, after.looked))
    if gone := [{"b_region": number} for region, number in before.ids.items() if region not in after.regions]:
        connection.execute(_DELETE, gone)  # last: SQLite gives the number of a last row again
    return True


def sources_anew(analysis: Analysis, *, same_bytes: bool) -> frozenset[RegionSource]:
    """The sources of which what was known holds no more: they were read anew, or are of other bytes."""
    if not same_bytes:
        return frozenset(RegionSource)
    return frozenset[RegionSource]().union(
        *(sources for stage, sources in _OF_STAGE.items() if settled(analysis.stages[stage]))
    )


def _left_behind(analysis: Analysis) -> frozenset[RegionSource]:
    """The sources of which no sidecar is beside the file any more."""
    there = {stamp.partition("=")[0] for stamp in analysis.file.sidecar.split()}
    return frozenset(source for source, kinds in _BESIDE.items() if kinds.isdisjoint(there))


def _after(before: Kept, analysis: Analysis, anew: Collection[RegionSource], at: str) -> Kept:
    found = analysis.regions or NO_REGIONS
    stay = {region: when for region, when in before.regions.items() if region.source not in anew}
    read = {region: before.regions.get(region, at) for region in map(_cleaned, found.found)}
    looked = {source: when for source, when in before.looked.items() if source not in anew}
    return Kept(stay | read, looked | {source: before.looked.get(source, at) for source in sorted(found.looked)})


def _cleaned(region: Region) -> Region:
    """With texts that every database takes."""
    label, model = clean_text(region.label), region.model and clean_text(region.model)
    if (label, model) == (region.label, region.model):
        return region
    return Region(label, region.kind, region.x, region.y, region.w, region.h, region.source, region.confidence, model)


def _insert(connection: Connection, media_id: int, kept: Kept) -> None:
    if kept.regions:
        connection.execute(insert(DETECTIONS), list(_rows(media_id, kept.regions)))
    if kept.looked:
        looks = [{"media_id": media_id, "source": source.value, "at": at} for source, at in kept.looked.items()]
        connection.execute(insert(LOOKS), looks)


def _rows(media_id: int, regions: Mapping[Region, str]) -> Iterable[dict[str, Any]]:
    for region, at in regions.items():
        values = {name: getattr(region, name) for name in FIELDS}
        yield values | {"media_id": media_id, "kind": region.kind.value, "source": region.source.value, "at": at}


def _region(row: Any) -> Region:
    values = {name: getattr(row, name) for name in FIELDS}
    return Region(**values | {"kind": RegionKind(row.kind), "source": RegionSource(row.source)})
