"""Looks at one picture as it lies on the disk, in a worker: what it says by itself, and hashes of all that it shows.

Made for those who write into files: the same picture has the same hashes, before and after. Sidecars are not asked.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.analysis.formats.recognise import recognise
from app.analysis.metadata.embedded import Embedded, holds_c2pa, read_embedded
from app.analysis.metadata.telling import tell
from app.analysis.pictures.image import OpenedImage, explain_error, open_image, silence_warnings
from app.analysis.pictures.image_data import digest_image_data
from app.analysis.source import open_source
from app.errors import CannotRead
from app.formats import Kind
from app.media import Analysis, Failure, Identity, Job, Stage


@dataclass(frozen=True, slots=True)
class Inspection(Analysis):
    """What `told` says of a picture by field, and which tags of EXIF and IPTC are `present`, as `exif Image Artist`.

    Among these is `iptc utf-8` where its IPTC says that it is in UTF-8.
    `picture_sha256` is of the decoded pixels of every frame, with their colours' profile; `data_sha256` of the image
    data as they are coded, None of a format of which these cannot be told. `signed` says that it carries C2PA
    credentials, `iptc_wins` that its IPTC is newer than its XMP.
    """

    told: Mapping[str, Any] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    picture_sha256: str = ""
    data_sha256: str | None = None
    signed: bool = False
    iptc_wins: bool = False


@dataclass(frozen=True, slots=True)
class Inspector:
    """The callable that workers are given: picklable. `roots` maps names to folders."""

    roots: Mapping[str, str]

    def __call__(self, job: Job) -> Analysis | Failure:
        """Inspect one picture. A Failure where it cannot be read or decoded, whole."""
        root = os.fsencode(self.roots[job.file.root])
        try:
            with silence_warnings(), open_source(root, job.file.path) as source:
                format_ = recognise(source.head())
                if format_ is None or format_.kind is not Kind.IMAGE:
                    return Failure(job.file, Stage.IDENTIFY, "not_media", "It is no image that is known.")
                sha256, stream = source.read(keep=True)
                opened = open_image(stream, format_.name)
                found = read_embedded(opened)
                return Inspection(
                    job.file,
                    Identity(sha256, Kind.IMAGE, format_.name),
                    {},
                    told=tell(found),
                    present=_present(found),
                    picture_sha256=_digest(opened),
                    data_sha256=digest_image_data(stream, format_.name, source.size),
                    signed=holds_c2pa(opened, found.xmp),
                    iptc_wins=found.iptc_wins,
                )
        except CannotRead as error:
            return Failure(job.file, Stage.IDENTIFY, error.cause, error.sentence)
        except Exception as error:  # noqa: BLE001 - some 15 classes come out of hostile files
            problem = explain_error(error)
            return Failure(job.file, Stage.IDENTIFY, problem.cause, problem.sentence)


def _present(found: Embedded) -> frozenset[str]:
    iptc = {*found.iptc, "utf-8"} if found.iptc and found.iptc_utf_8 else set(found.iptc)
    return frozenset((*(f"exif {name}" for name in found.exif), *(f"iptc {name}" for name in iptc)))


def _digest(opened: OpenedImage) -> str:
    """The SHA-256 of the pixels of every frame or page, and of what their numbers mean. Raises CannotRead, or any."""
    image, digest = opened.image, hashlib.sha256()
    for number in range(int(getattr(image, "n_frames", 1))):
        if number:
            image.seek(number)
        image.load()
        digest.update(f"{image.mode} {image.size} {image.info.get('duration')}".encode())
        digest.update(bytes(image.getpalette() or ()))
        digest.update(image.info.get("icc_profile") or b"")
        digest.update(image.tobytes())
    return digest.hexdigest()
