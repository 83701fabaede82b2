"""The errors of the house: one sentence for a person, one stable cause for a program.

MediaIngestError
├── InvalidRequest            what was asked for makes no sense; `field` names the parameter
│   ├── OutsideRoots          a path that is not inside a media root
│   ├── NoSuchDirectory
│   ├── NotADirectory
│   ├── NothingMatches        a start whose walk finds no file that matches
│   ├── WrongContentType      a request that is not sent as JSON
│   ├── TooManyFiles          an edit of more files than one transaction can sensibly change
│   ├── BadCursor             a cursor that the list did not give
│   └── QueryError            a search that cannot be read; `position` is where in it
├── NotFound
│   ├── UnknownSession
│   ├── UnknownFile
│   └── UnknownEdit           no edit with this id can be undone
├── Conflict
│   ├── AlreadyActive         the same request is being worked on; `session_id` says by whom
│   ├── IllegalMove           a change of status that the table of states does not allow
│   ├── LeaseLost             another server has the session; nothing was changed
│   ├── NewerWordsStand       an undo would lose what a person said since
│   ├── AlreadyUndone         an edit is undone once
│   ├── NotDetected           a detector cannot look at this file; the sentence says why
│   └── CountChanged          a person confirmed another number than it is now; `count` is that
├── NotAllowed                what only a person at this machine, or with the token, may ask for
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
from dataclasses import dataclass
from types import MappingProxyType
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


class TooManyFiles(InvalidRequest):
    cause = "too_many_files"

    def __init__(self, files: int, most: int) -> None:
        super().__init__(f"These are {files:,} files, and one edit changes at most {most:,}: choose fewer.")


class BadCursor(InvalidRequest):
    cause = "bad_cursor"

    def __init__(self) -> None:
        super().__init__("The cursor is not one that this list gave.", field="cursor")


class QueryError(InvalidRequest):
    """The search `q` cannot be read; `position` is the place of the character at fault, counted from 0."""

    cause = "bad_query"

    def __init__(self, sentence: str, position: int) -> None:
        super().__init__(sentence, field="q")
        self.position = position


class NotFound(MediaIngestError):
    cause = "not_found"


class UnknownSession(NotFound):
    cause = "unknown_session"


class UnknownFile(NotFound):
    cause = "unknown_file"


class UnknownEdit(NotFound):
    cause = "unknown_edit"

    def __init__(self, edit_id: int) -> None:
        super().__init__(f"There is no edit {edit_id}: only the last 100 can be undone.")


class Conflict(MediaIngestError):
    cause = "conflict"


class AlreadyActive(Conflict):
    """A session with equal parameters has not ended yet; `session_id` names it."""

    cause = "already_active"

    def __init__(self, sentence: str, *, session_id: str) -> None:
        super().__init__(sentence)
        self.session_id = session_id


class IllegalMove(Conflict):
    cause = "illegal_move"


class LeaseLost(Conflict):
    cause = "lease_lost"


class NewerWordsStand(Conflict):
    """A person has said something else since in the file at `path`; nothing is changed."""

    cause = "newer_words"

    def __init__(self, path: str) -> None:
        super().__init__(f"Newer words stand in {path}: undo those first. Nothing was changed.")
        self.path = path


class AlreadyUndone(Conflict):
    cause = "already_undone"

    def __init__(self) -> None:
        super().__init__("This edit was undone already.")


class NotDetected(Conflict):
    cause = "not_detected"


class CountChanged(Conflict):
    """What a person confirmed is not as much as it is now: `count` of `what`; nothing was changed."""

    cause = "count_changed"

    def __init__(self, what: str, count: int) -> None:
        super().__init__(f"It would be {count:,} {what} now: look again, and confirm that number.")
        self.count = count


class NotAllowed(MediaIngestError):
    cause = "not_allowed"


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
    """A session stops; with `needs_confirm` it goes on only when a person has said so, else also by itself."""

    cause = "attention"

    def __init__(self, sentence: str, *, cause: str | None = None, needs_confirm: bool = False) -> None:
        super().__init__(sentence, cause=cause)
        self.needs_confirm = needs_confirm


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
    if fault["type"] in _SAID_OF:
        return _SAID_OF[fault["type"]]
    context = fault.get("ctx", {})
    if fault["type"] in _BOUNDS:
        words, _, bound = _BOUNDS[fault["type"]].rpartition(" ")
        return f"must be {words} {float(context[bound]):,.15g}"
    if fault["type"] == "string_too_long":
        return f"must have at most {context['max_length']:,} characters"
    return str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input ")


_BOUNDS = {"greater_than_equal": "at least ge", "greater_than": "more than gt", "less_than_equal": "at most le"}
_TYPES_OF = {
    "must be a whole number": "int_parsing int_type int_from_float",
    "must be a number": "float_parsing float_type finite_number decimal_parsing decimal_type",
    "must be true or false": "bool_parsing bool_type",
    "must be a list of texts": "tuple_type list_type",
    "must be a JSON object": "model_type model_attributes_type dict_type",
    "must be a text": "string_type",
    "must not be empty": "string_too_short",
    "holds characters that no text can have": "string_unicode",
    "is needed": "missing",
}
_SAID_OF = {type_: said for said, types in _TYPES_OF.items() for type_ in types.split()}
STILL_CHANGING = "still_changing"
_COPY_AGAIN = "Copy the file again from where it came from, or restore it from a backup."


@dataclass(frozen=True, slots=True)
class Cause:
    """What a cause means, in one sentence, and what a person can do about it, in another."""

    meaning: str
    advice: str


FILE_CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        "vanished": Cause(
            "The file was gone when its turn came.",
            "Nothing, if you moved or deleted it; else put it back and run again.",
        ),
        "unreadable": Cause(
            "The file cannot be opened: permission is denied, or the disk reports an error.",
            "Give Media Ingest the right to read it, or check the disk; then retry.",
        ),
        "not_a_file": Cause(
            "A link, a folder or a special file has taken its place.", "Put the file itself into the media root."
        ),
        "empty_file": Cause("The file has 0 bytes.", _COPY_AGAIN),
        "still_changing": Cause(
            "The file changed each time that it was read.", "Wait until it is written completely; then run again."
        ),
        "not_media": Cause(
            "The content is no image or video that Media Ingest knows, whatever the suffix says.",
            "Give the file the suffix of what it is, or leave it out with .ingestignore.",
        ),
        "unsupported_format": Cause(
            "The content is of a format that is not taken in, or of a variant that cannot be decoded: then it is taken "
            "in without a picture.",
            "Convert it to JPEG, PNG, WebP or TIFF.",
        ),
        "truncated_image": Cause(
            "The image ends before its data does; it is taken in if its size can be read, with what can be seen of it.",
            _COPY_AGAIN,
        ),
        "damaged_image": Cause(
            "The image data is damaged; it is taken in if its size can be read, with what can be seen of it.",
            _COPY_AGAIN,
        ),
        "too_many_pixels": Cause(
            "It has more pixels than are decoded: 67 million in a frame of a video, or a billion in all frames.",
            "Make a smaller version of it.",
        ),
        "damaged_video": Cause(
            "No picture of the video can be read, or it is a reference to another file; the file itself is taken in.",
            _COPY_AGAIN,
        ),
        "no_picture": Cause("The video holds only sound or data; it is taken in.", "Nothing: there is nothing to see."),
        "no_preview": Cause(
            "The camera raw file holds no JPEG preview that can be shown; it is taken in.",
            "Develop it to JPEG or TIFF, or let its maker's program or a DNG converter embed a preview.",
        ),
        "unsupported_codec": Cause(
            "There is no decoder here for the video's codec, or it is encrypted; it is taken in.",
            "Convert it to H.264, H.265, VP9 or AV1.",
        ),
        "damaged_metadata": Cause(
            "EXIF, XMP, IPTC or text is damaged; what could be read was kept.",
            "Usually nothing; let the program that wrote the metadata write it again.",
        ),
        "damaged_sidecar": Cause(
            "The sidecar file beside the media cannot be read.",
            "Mend or remove the sidecar; the file is then read again by itself.",
        ),
        "text_too_large": Cause(
            "An embedded text is larger than it is safe to unpack; the picture is taken in.", "Usually nothing."
        ),
        "decoder_timeout": Cause(
            "Reading the file took longer than the limit; the worker was stopped.",
            "If the file is sound, raise INGEST_FILE_TIMEOUT_SECONDS and retry.",
        ),
        "decoder_crashed": Cause(
            "The decoder crashed twice on this file; the workers were replaced.",
            "It is probably damaged: copy it again, or leave it out; please report it.",
        ),
        "decoder_memory": Cause(
            "Decoding the picture needs more memory than a worker may have, or the image file has more than 4 GiB.",
            "If the file is sound, raise INGEST_WORKER_MEMORY_MB and retry.",
        ),
        "server_died": Cause(
            "Media Ingest was killed twice while it read this file.",
            "Retry it when the machine has memory to spare, or leave it out.",
        ),
        "model_unusable": Cause(
            "The NSFW model or the detector could not be run; the file is taken in without what it would say.",
            "Run again: the model is looked at anew.",
        ),
        "description_invalid": Cause(
            "The vision model did not answer as the template asks, twice; the picture is taken in.", "Retry it."
        ),
        "description_truncated": Cause(
            "The vision model's answer was longer than INGEST_DESCRIBE_MAX_OUTPUT_TOKENS; the picture is taken in.",
            "Raise that limit, or ask for less in the template; then retry.",
        ),
        "description_refused": Cause(
            "The vision model, or its provider, refused to describe the picture; it is taken in.", "Try another model."
        ),
        "request_refused": Cause(
            "The provider did not take the request for a description; the picture is taken in, and nothing was paid.",
            "Read the sentence of the file; often the model sees no pictures, or INGEST_DESCRIBE_STRUCTURED helps.",
        ),
        "description_lost": Cause(
            "No answer about the picture came that can be used, though others are answered; it is taken in.",
            "It is asked about in the next session; if it is lost again, look into the log of the provider.",
        ),
        "internal_error": Cause(
            "Media Ingest itself failed on this file.", "Please report it, with the sentence of the file."
        ),
    }
)
"""Every cause that a file's failure or a failed stage can have. Documented in docs/files.md."""

_OF_ANOTHER_VERSION = Cause("This version does not know what it means.", "Retry these files.")


def cause_named(name: str) -> Cause:
    """What a cause means; one that only another version knows has a meaning, too."""
    return FILE_CAUSES.get(name, _OF_ANOTHER_VERSION)


PASSING_CAUSES = frozenset({"vanished", "unreadable", STILL_CHANGING, "model_unusable", "description_lost"})
"""The causes that say nothing lasting of a file: neither its bytes nor our version decide what comes next time."""

DAMAGE_CAUSES = frozenset({"truncated_image", "damaged_image", "damaged_video"})
"""The causes that say that the bytes of a picture or video are not as they were made."""

RETRY_HELPS = frozenset(
    {"decoder_timeout", "decoder_memory", "unreadable", "vanished", "server_died", "description_invalid"}
) | {STILL_CHANGING}
"""The causes of which another try may come out otherwise, though the file is as it was."""

AMBIGUOUS_MOVE = "ambiguous_move"
"""Beside the outcome `added`: the bytes are those of several files that are gone, so no row could follow."""
