"""Reads what is marked in a picture, by the picture itself and by the files beside it and above it."""

from app.analysis.formats.tiff import find_orientation
from app.analysis.formats.xmp import Xmp
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.sidecars import read_labels
from app.analysis.pictures.image import OpenedImage
from app.analysis.regions.gathering import Dataset, gather_regions
from app.analysis.regions.measured import Measured
from app.beside.datasets import find_dataset_files
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME
from app.media import FoundFile
from app.regions import NO_REGIONS, SIDEWAYS, Regions


def read_regions(
    root: bytes, file: FoundFile, content: OpenedImage, embedded: Embedded, sidecar: Xmp
) -> tuple[Regions, CannotRead | None]:
    """Read the regions of an image, and what was wrong with one of the files that say where they are.

    Nothing that such a file holds keeps the other metadata of its pictures from being read.
    """
    try:
        return _read_regions(root, file, content, embedded, sidecar)
    except Exception as error:  # noqa: BLE001 - they come from anywhere, and speak for many pictures
        sentence = f"What says where regions are makes no sense ({type(error).__name__})."
        return NO_REGIONS, CannotRead(sentence, cause="damaged_sidecar")


def _read_regions(
    root: bytes, file: FoundFile, content: OpenedImage, embedded: Embedded, sidecar: Xmp
) -> tuple[Regions, CannotRead | None]:
    files = find_dataset_files(root, file.place.folder.path)
    labels, problem = None, None
    try:
        labels = read_labels(root, file, named=files.classes is not None)
    except CannotRead as error:
        problem = error
    dataset = Dataset(root, file.path, files)
    found, unread = gather_regions(embedded.xmp, sidecar, labels, dataset, _measured(content, embedded))
    return found, problem or unread


def _measured(content: OpenedImage, embedded: Embedded) -> Measured:
    """The picture as its file stores it; some decoders tell its size as it is seen."""
    orientation = find_orientation(embedded.exif) or 1
    width, height = content.size
    format_ = FORMAT_OF_NAME[content.format]
    if format_.seen_size and orientation in SIDEWAYS:
        width, height = height, width
    stored = (width, height) if width and height else None
    alike = content.format == "jpeg" or format_.seen_size or not format_.in_browser
    return Measured(stored, orientation, seen_alike=alike)
