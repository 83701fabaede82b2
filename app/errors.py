"""The errors of the house: one sentence for a person, one stable cause for a program.

MediaIngestError
├── InvalidRequest            what was asked for makes no sense; `field` names the parameter
│   ├── OutsideRoots          a path that is not inside a media root
│   ├── NoSuchDirectory
│   ├── NotADirectory
│   ├── NothingMatches        a start whose walk finds no file that matches
│   ├── WrongContentType      a request that is not sent as JSON
│   └── BadCursor             a cursor that the list did not give
├── NotFound
│   ├── UnknownSession
│   └── UnknownFile
├── Conflict
│   ├── AlreadyActive         the same request is being worked on; `session_id` says by whom
│   └── IllegalMove           a change of status that the table of states does not allow
├── Unavailable
│   └── DatabaseDisabled      DATABASE_URL=none
├── CannotStart               the server or the command cannot run at all
│   ├── BadSetting
│   ├── StateFolderLocked     another process holds the state folder
│   └── DatabaseUnusable      newer than this program, damaged, or out of reach
├── NeedsAttention            a session stops and keeps its place until a person mends the cause
│   └── DatabaseBusy          another program holds the lock of the SQLite file; nothing was changed
└── CannotRead                one file, one stage: becomes a Failure or a failed stage, never leaves the worker
"""

from collections.abc import Mapping
from typing import Any


class MediaIngestError(Exception):
    """Raises as one human sentence; `cause` is the stable code that programs rely on."""

    cause = "internal_error"

    def __init__(self, sentence: str, *, cause: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        if cause is not None:
            self.cause = cause


class InvalidRequest(MediaIngestError):
    """The request cannot be served as it stands; `field` is the parameter at fault, None where it is not one field."""

    cause = "invalid_parameter"

    def __init__(self, sentence: str, *, field: str | None = None, cause: str | None = None) -> None:
        super().__init__(sentence, cause=cause)
        self.field = field


class OutsideRoots(InvalidRequest):
    cause = "outside_roots"


class NoSuchDirectory(InvalidRequest):
    cause = "no_such_directory"


class NotADirectory(InvalidRequest):
    cause = "not_a_directory"


class NothingMatches(InvalidRequest):
    cause = "nothing_matches"


class WrongContentType(InvalidRequest):
    cause = "content_type"


class BadCursor(InvalidRequest):
    cause = "bad_cursor"

    def __init__(self) -> None:
        super().__init__("The cursor is not one that this list gave.", field="cursor")


class NotFound(MediaIngestError):
    cause = "not_found"


class UnknownSession(NotFound):
    cause = "unknown_session"


class UnknownFile(NotFound):
    cause = "unknown_file"


class Conflict(MediaIngestError):
    cause = "conflict"


class AlreadyActive(Conflict):
    """The same request is active already, as `session_id`."""

    cause = "already_active"

    def __init__(self, sentence: str, *, session_id: str) -> None:
        super().__init__(sentence)
        self.session_id = session_id


class IllegalMove(Conflict):
    cause = "illegal_move"


class Unavailable(MediaIngestError):
    cause = "unavailable"


class DatabaseDisabled(Unavailable):
    cause = "database_disabled"

    def __init__(self) -> None:
        super().__init__("Database functionality is disabled. Sequential processing requires database.")


class CannotStart(MediaIngestError):
    cause = "cannot_start"


class BadSetting(CannotStart):
    cause = "bad_setting"


class StateFolderLocked(CannotStart):
    cause = "state_folder_locked"


class DatabaseUnusable(CannotStart):
    cause = "database_unusable"


class NeedsAttention(MediaIngestError):
    cause = "attention"


class DatabaseBusy(NeedsAttention):
    cause = "database_busy"

    def __init__(self) -> None:
        super().__init__("Another program holds the lock of the database: wait until it has finished, or close it.")


class CannotRead(MediaIngestError):
    """Raised inside the analysis for one stage of one file. `cause` is one of `FILE_CAUSES`."""


def in_words(fault: Mapping[str, Any]) -> str:
    """What pydantic found wrong with a value, in the words of a person, without the value's name and the full stop.

    `fault` is one of `ValidationError.errors()` (its types: https://docs.pydantic.dev/latest/errors/validation_errors/).
    """
    context = fault.get("ctx", {})
    match fault["type"]:
        case "int_parsing" | "int_type" | "int_from_float":
            return "must be a whole number"
        case "float_parsing" | "float_type" | "finite_number":
            return "must be a number"
        case "bool_parsing" | "bool_type":
            return "must be true or false"
        case "string_type":
            return "must be a text"
        case "tuple_type" | "list_type":
            return "must be a list of texts"
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}"
        case "greater_than":
            return f"must be more than {context['gt']:g}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}"
        case "missing":
            return "is needed"
        case _:
            return str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input ")


FILE_CAUSES: dict[str, str] = {
    "vanished": "The file was gone when its turn came.",
    "unreadable": "The file cannot be opened: permission is denied, or the disk reports an error.",
    "not_a_file": "It is a link, a folder or a special file, not a regular file.",
    "empty_file": "The file has 0 bytes.",
    "still_changing": "The file changed while it was read.",
    "not_media": "The content is no image or video that Media Ingest knows, whatever the suffix says.",
    "unsupported_format": "The content is an image of a format that Media Ingest does not take in.",
    "truncated_image": "The image ends before its data does; the copy is probably incomplete.",
    "damaged_image": "The image data is damaged and cannot be decoded.",
    "too_many_pixels": "The image, or a frame of the video, claims more pixels than it is safe to decode.",
    "damaged_video": "The video is damaged, or is a reference to another file; no picture of it can be read.",
    "no_picture": "The video holds no moving picture, only sound or data.",
    "unsupported_codec": "There is no decoder here for the codec of the video, or it is encrypted.",
    "damaged_metadata": "The metadata is damaged; what could be read was kept.",
    "damaged_sidecar": "The sidecar file beside the media cannot be read.",
    "text_too_large": "An embedded text is larger than it is safe to unpack.",
    "decoder_timeout": "Reading the file took longer than the limit; the worker was stopped.",
    "decoder_crashed": "The decoder crashed on this file; the worker was replaced.",
    "internal_error": "Media Ingest itself failed on this file: please report it.",
    "decoder_memory": "Decoding the file needs more memory than a worker may have.",
    "model_unusable": "The NSFW model could not be run; the file is looked at again in the next session.",
}
"""Every cause that a file's failure or a failed stage can have, with what it means. Documented in README."""

PASSING_CAUSES = frozenset({"vanished", "unreadable", "model_unusable"})
"""The causes that say nothing lasting of a file: neither its bytes nor our version decide what comes next time."""
