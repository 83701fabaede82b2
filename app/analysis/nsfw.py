"""Says why the NSFW stage cannot run here. It never runs a model, never downloads one, never guesses a probability."""

import os
from pathlib import Path

UNAVAILABLE = (
    "NSFW detection is unavailable: weights not found at {place}; "
    "a later version runs the model once they are there, or where INGEST_NSFW_WEIGHTS says."
)
NOT_YET = "NSFW detection is unavailable: this version does not run the model yet; the weights are at {place}."


def default_weights() -> Path:
    """Where opennsfw2 0.19 keeps its weights (`opennsfw2._download.get_default_weights_path`)."""
    return Path(os.environ.get("OPENNSFW2_HOME", Path.home())) / ".opennsfw2" / "weights" / "open_nsfw_weights.h5"


def unavailable(weights: Path | None) -> str | None:
    """One sentence why no NSFW probability can be determined here and what to do, None if it can."""
    place = weights or default_weights()
    return (NOT_YET if place.is_file() else UNAVAILABLE).format(place=place)
