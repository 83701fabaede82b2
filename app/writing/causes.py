"""Why a file was not written, each as a stable cause. Documented in docs/writing.md."""

from collections.abc import Mapping
from types import MappingProxyType

from app.errors import Cause

_TAKE_IN = "Run a session over its folder, then write again."
WRITE_CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        "file_gone": Cause("The file, or its folder, is not there.", "Connect its disk, or put the file back."),
        "file_changed": Cause("The file is not as the library knows it, or changed meanwhile.", _TAKE_IN),
        "not_a_file": Cause("A link, a folder or a special file is in the way.", "Put a file in its place."),
        "read_only": Cause(
            "Its folder cannot be written: the disk is mounted read-only, or permission is denied.",
            "Write to the sidecar folder instead, or give Media Ingest the right to write there.",
        ),
        "no_space": Cause("The disk is full.", "Make room, then write again."),
        "name_too_long": Cause("Its name with .xmp is longer than the disk takes.", "Give the file a shorter name."),
        "disk_error": Cause("The disk reports an error.", "Check the disk; the file is as it was."),
        "damaged_sidecar": Cause(
            "The sidecar that is there cannot be read, so that it cannot be kept.", "Mend or remove the sidecar."
        ),
        "format_not_written": Cause(
            "Files of this format are not written into.", "Write to a sidecar instead: every format can have one."
        ),
        "signed": Cause(
            "The file carries C2PA credentials, whose signature would not hold any more.",
            "Write to a sidecar instead.",
        ),
        "unreadable_picture": Cause(
            "The picture could not be decoded, so that nothing could prove that it stayed as it is.",
            "Write to a sidecar instead.",
        ),
        "exiftool_failed": Cause("exiftool did not write the file.", "Write to a sidecar instead; its words say why."),
        "picture_changed": Cause(
            "The written file would not have shown the same picture, to the last pixel; it was not used.",
            "Write to a sidecar instead; please report it.",
        ),
        "not_read_back": Cause(
            "The written file would not have said what was asked for, or would have lost other words; it was not used.",
            "Write to a sidecar instead; please report it.",
        ),
        "no_room_for_original": Cause(
            "The original does not fit in what may be kept for an undo, beside the others of its write.",
            "Write fewer files at once, raise INGEST_KEEP_ORIGINALS_MB, or set it to 0 to write without an undo.",
        ),
        "original_let_go": Cause(
            "The original is kept no more, so that writing it cannot be undone.", "Restore it from a backup."
        ),
    }
)
"""Every cause that a file of a write, or of its undo, can be refused with."""

LEFT_FOR = frozenset({"file_changed", "original_let_go"})
"""For which of them a file that was written is left as it is: to try the same again helps nobody."""


class NotWritten(Exception):
    """One file is left as it is. Becomes its outcome `refused`; never leaves the room."""

    def __init__(self, cause: str, sentence: str) -> None:
        super().__init__(sentence)
        self.cause = cause
        self.sentence = sentence
