"""What the library knows of the files of a list."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from app.ingest.plan.planner import PlannedFile
from app.ingest.session.answers import JournalLine
from app.library.values import NsfwKnown, is_nsfw
from app.shapes import described
from app.texts import path_from_shown
from app.wiring import Records

_OTHER_BYTES = frozenset({"new", "changed", "failed_before", "failed", "vanished"})
"""The reasons and outcomes of files of which a row, if there is one, says what other bytes were."""


@described
class Marks(TypedDict):
    """What the library knows of a file as it is on disk now."""

    nsfw_probability: float | None
    """0 to 1; null is unknown."""
    is_nsfw: bool | None
    """A person's word, else by the threshold of the library; null is unknown."""
    has_thumbnail: bool
    """Whether a thumbnail was made."""


def marks_of(records: Records, files: Sequence[PlannedFile | JournalLine]) -> list[Marks]:
    """What the library knows of each of these files.

    What is known of other bytes than those on disk now is not known of this file.
    """
    paths = [path_from_shown(file["path"] or "") for file in files]
    nsfw, pictured = records.library.nsfw_known(paths), records.library.pictured(paths)
    threshold = records.library.nsfw_threshold()
    marks: list[Marks] = []
    for file, path in zip(files, paths, strict=True):
        other_bytes = file.get("why") in _OTHER_BYTES or file.get("outcome") in _OTHER_BYTES
        known = NsfwKnown() if other_bytes else nsfw.get(path, NsfwKnown())
        marks.append(
            {
                "nsfw_probability": known.probability,
                "is_nsfw": is_nsfw(known, threshold),
                "has_thumbnail": not other_bytes and path in pictured,
            }
        )
    return marks
