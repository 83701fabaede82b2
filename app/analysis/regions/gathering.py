"""Gathers the regions of a picture from the file itself and from what lies beside it. It opens nothing itself."""

from dataclasses import dataclass

from app.analysis.formats.xmp import Xmp
from app.analysis.regions.areas import marks_areas, read_areas
from app.analysis.regions.datasets import read_annotations, read_classes
from app.analysis.regions.measured import Measured
from app.analysis.regions.yolo import Labels, find_placeless_line, read_yolo
from app.beside.datasets import DatasetFiles
from app.errors import CannotRead
from app.regions import Region, Regions, RegionSource

REGIONS = 10_000
"""Regions of one picture that are kept."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Where a picture lies, `path` relative to the media root, and which files speak for all that lie there."""

    root: bytes
    path: bytes
    files: DatasetFiles


def gather_regions(
    embedded: Xmp, sidecar: Xmp, labels: Labels | None, dataset: Dataset, picture: Measured
) -> tuple[Regions, CannotRead | None]:
    """Gather regions, each source on its own, and what was wrong with one.

    The areas of an XMP sidecar stand for those of the file, as programs write both. `labels` are those of YOLO for
    the picture, None without any; they do not count where it is not the same to all programs which side is up.
    """
    if marks_areas(sidecar):
        areas = read_areas(sidecar, RegionSource.SIDECAR, picture.stored, picture.orientation)
    else:
        areas = read_areas(embedded, RegionSource.XMP, picture.stored, picture.orientation)
    annotated, problem = read_annotations(dataset.root, dataset.files.annotations, dataset.path, picture)
    found, looked = {*areas, *annotated.found}, set(annotated.looked)
    if labels is not None and picture.is_seen_alike:
        try:
            classes = read_classes(dataset.root, dataset.files.classes)
            labelled = read_yolo(labels.text, classes)
            found.update(labelled.found)
            looked |= labelled.looked
            if (line := find_placeless_line(labels.text, classes)) is not None:
                sentence = f"Line {line} of the labels in {labels.name} is left out: it is no area of the picture."
                problem = CannotRead(sentence, cause="damaged_sidecar")
        except CannotRead as error:
            problem = error
    kept = frozenset(looked) if len(found) <= REGIONS else frozenset[RegionSource]()
    return Regions(tuple(sorted(found, key=_order)[:REGIONS]), kept), problem


def _order(region: Region) -> tuple[object, ...]:
    return region.source, region.label, region.x, region.y, region.w, region.h
