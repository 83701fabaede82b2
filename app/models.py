"""The models that look at pictures, as frozen values: what each is called, and what tells it from another.

It opens nothing: whether a model is there and can be used is found out in `analysis`.
"""

from dataclasses import dataclass


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
class ModelVersion:
    """A model as what ran: the stage that it is of, its name, the SHA-256 of its file, and the labels that it knows.

    The SHA-256 is None of what is no file of weights; labels are none of a model that finds no regions.
    """

    stage: str
    name: str
    sha256: str | None = None
    labels: tuple[str, ...] = ()
