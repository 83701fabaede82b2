"""The models that the settings name, and what looks for regions here, as people and programs are told of it."""

from typing_extensions import TypedDict

from app.analysis.detector.model import Detector, DetectorState
from app.analysis.nsfw.weights import Weights
from app.media import Recipe, Stage
from app.settings import Settings
from app.shapes import described


@described
class DetectorStatus(TypedDict):
    """The detector that the settings name."""

    available: bool
    """Whether it can be used."""
    sentence: str | None
    """Why it cannot, and what to do."""
    cause: str | None
    """The stable code of that; see [causes of errors](#causes-of-errors)."""
    model: str | None
    """The name that is stored with each region."""
    layout: str | None
    """How its boxes are told apart."""
    labels: list[str]
    """What it can find, by the number of the class."""
    threshold: float
    """The confidence from which a box counts."""


@described
class BarcodeStatus(TypedDict):
    """What reads barcodes."""

    available: bool
    """Whether it is there."""
    sentence: str | None
    """Why it is not, and what to do."""
    model: str | None
    """The name that is stored with each region."""


@described
class ModelsHere(TypedDict):
    """What looks for regions here."""

    detector: DetectorStatus
    """The detector that the settings name."""
    barcodes: BarcodeStatus
    """What reads barcodes."""


def models_here(found: DetectorState, recipe: Recipe, threshold: float) -> ModelsHere:
    """Tell whether the detector and the reader of barcodes can be used; `threshold` is the detector's confidence."""
    model, reader = found.model, recipe.barcode_reader
    return {
        "detector": {
            "available": model is not None,
            "sentence": found.sentence or None,
            "cause": found.cause,
            "model": model.name if model else None,
            "layout": model.layout if model else None,
            "labels": list(model.labels) if model else [],
            "threshold": threshold,
        },
        "barcodes": {
            "available": reader is not None,
            "sentence": recipe.unavailable.get(Stage.BARCODES),
            "model": reader.name if reader else None,
        },
    }


def weights_of(settings: Settings) -> Weights:
    """The weights of the NSFW model that these settings name, and the place of what is made of them."""
    models = settings.ingest_state_dir / "models"
    return Weights(settings.ingest_nsfw_weights, models, settings.ingest_worker_memory_mb)


def detector_of(settings: Settings) -> Detector:
    """The detector that these settings name."""
    return Detector(
        settings.ingest_detector_model,
        settings.ingest_detector_threshold,
        settings.ingest_worker_memory_mb,
        settings.ingest_file_timeout_seconds,
        settings.ingest_detector_layout,
    )
