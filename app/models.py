"""The models that look at pictures, as frozen values: what each is called, and what tells it from another.

It opens nothing: whether a model is there and can be used is found out in `analysis`.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class NsfwModel:
    """The model of stage `nsfw`: the name stored with each probability, its weights' SHA-256, and its file as IR.

    The name carries the package, its version, the SHA-256 and the precision. `ir` is the path of the `.xml` file.
    """

    name: str
    weights_sha256: str
    ir: str

    @property
    def version(self) -> "ModelVersion":
        """It as what ran."""
        return ModelVersion("nsfw", self.name, self.weights_sha256)


@dataclass(frozen=True, slots=True)
class BarcodeReader:
    """What stage `barcodes` reads with; the name is stored with each region."""

    name: str

    @property
    def version(self) -> "ModelVersion":
        """It as what ran."""
        return ModelVersion("barcodes", self.name)


@dataclass(frozen=True, slots=True)
class Shown:
    """How a detector is shown a picture: its size in px, colours as planes or by pixel, alone or in a batch of one.

    `whole` numbers go up to 255; others to 1, or `up_to_255`. `blue_first` is the order of OpenCV.
    """

    width: int
    height: int
    planar: bool = True
    batched: bool = True
    whole: bool = False
    up_to_255: bool = False
    blue_first: bool = False

    @property
    def shape(self) -> list[int]:
        """The shape of what it is given."""
        sides = [3, self.height, self.width] if self.planar else [self.height, self.width, 3]
        return [1, *sides] if self.batched else sides


class Layout(StrEnum):
    """How boxes lie in the outputs of a detector."""

    YOLO = "yolo"  # [1, 4 + classes, boxes], as YOLOv8 and later have it
    YOLO_V5 = "yolo_v5"  # [1, boxes, 5 + classes], with a score of its own for each box
    END_TO_END = "end_to_end"  # [1, boxes, 6]: corners, score, class
    TORCHVISION = "torchvision"  # boxes, labels, scores
    TENSORFLOW = "tensorflow"  # detection_boxes, detection_classes, detection_scores
    SSD = "ssd"  # [1, 1, boxes, 7], OpenVINO's DetectionOutput

    @property
    def overlaps(self) -> bool:
        """Whether one thing has many boxes, of which one is still to be chosen."""
        return self in (Layout.YOLO, Layout.YOLO_V5)

    @property
    def in_px(self) -> bool:
        """Whether boxes are told in px, and not as parts of the picture."""
        return self not in (Layout.TENSORFLOW, Layout.SSD)


@dataclass(frozen=True, slots=True)
class DetectorModel:
    """The model of stage `detect`: its name, which is stored with each region, the SHA-256 of its file, and its labels.

    `layout` and `outputs` say how boxes lie in what it answers, `threshold` from which confidence they count. `stamp`
    is the size in bytes and the time of change in ns that each of its files had when it was looked at.
    """

    name: str
    sha256: str
    path: str
    stamp: tuple[tuple[int, int], ...]
    labels: tuple[str, ...]
    layout: Layout
    outputs: tuple[int, ...]
    shown: Shown
    threshold: float

    def label_of(self, number: int) -> str:
        """The label of a class, its number where it has none."""
        return (self.labels[number] if 0 <= number < len(self.labels) else "") or str(number)

    @property
    def fingerprint(self) -> str:
        """What is another one whenever it would find other regions: 16 hex digits."""
        told = "\0".join((self.sha256, self.layout, str(self.threshold), *self.labels))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def version(self) -> "ModelVersion":
        """It as what ran."""
        return ModelVersion("detect", self.name, self.sha256, self.labels)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model as what ran: the stage that it is of, its name, the SHA-256 of its file, and the labels that it knows.

    The SHA-256 is None of what is no file of weights; labels are none of a model that finds no regions.
    """

    stage: str
    name: str
    sha256: str | None = None
    labels: tuple[str, ...] = ()
