"""What is said of files that could not be compared: why, and what makes them comparable. Pure."""

from collections.abc import Iterable

_TO_DO = {
    "no_hash": "Take them in with thumbnails on: files without a picture that was seen whole have no hash.",
    "not_hashed": "Those that look like another file are hashed by the next session over their folders.",
    "no_picture_hash": "Videos, camera raw files, damaged or deep pictures, and some animations have none.",
    "thumbnail_failed": "Their pictures could not be read: the page of failures says why.",
    "nsfw_failed": "NSFW detection failed on them: the page of failures says why.",
    "nsfw_not_run": "Take them in with NSFW detection on: its network gives the features.",
    "no_features": "They have features of other weights, or none: a session that leaves out nothing makes them anew.",
    "too_many": "More than 10,000 files are not grouped by features: ask for those that are similar to one.",
    "indexing": "They are being read: ask again in a moment.",
}


def what_to_do(causes: Iterable[str]) -> list[str]:
    """What to do about files that were left out for these causes, a sentence each."""
    return [_TO_DO[cause] for cause in causes]
