"""Files as targets: written by exiftool, and put in their place only if they show the same picture, pixel by pixel."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from app.analysis.inspecting import Inspection
from app.crash_points import crash_point
from app.formats import FORMAT_OF_NAME
from app.ingest.disk.folders import Folders
from app.library.writes.writes import Begun
from app.media import Analysis, Failure, FoundFile, Place, storable_ns
from app.writing.causes import NotWritten
from app.writing.disk import (
    copy_into,
    identity_of,
    new_temporary,
    opened_file,
    opened_folder,
    put,
    refusals,
    remove,
    sha256_at,
    sha256_of,
    take_after,
    temporary_file,
)
from app.writing.originals import Originals
from app.writing.planned import Plan, as_changes
from app.writing.program import rewrite
from app.writing.tags import arguments
from app.writing.words import differences, expected, lost, unsaid

Inspect = Callable[[FoundFile], Analysis | Failure]
Ready = Callable[..., None]


class Files:
    """The files of media roots themselves, for one write.

    `inspect` looks at one in a worker; `ready` notes what is about to be.
    """

    def __init__(self, folders: Folders, inspect: Inspect, originals: Originals, ready: Ready) -> None:
        self._folders, self._inspect, self._originals, self._ready = folders, inspect, originals, ready
        self._seen: dict[bytes, Inspection] = {}
        self._kept = 0  # bytes of originals, of one write

    def plan(self, row: Mapping[str, Any], words: Mapping[str, Any]) -> Plan:
        """What of a file would change; no changes where it says all that. Raises NotWritten."""
        place = Place(row["root"], row["path"])
        found = self._folders.found(place)
        if found is None:
            raise NotWritten("file_gone", f"{place.shown} is not there.")
        if not FORMAT_OF_NAME[row["format"]].written:
            raise NotWritten("format_not_written", f"{place.shown} is {row['format']}: nothing is written into those.")
        seen = self._inspected(found)
        if seen.identity.sha256 != row["sha256"] or seen.identity.format != row["format"]:
            raise NotWritten("file_changed", f"{place.shown} is not as the library knows it.")
        if seen.signed:
            raise NotWritten("signed", f"{place.shown} carries C2PA credentials.")
        self._seen[place.in_event] = seen
        changes = differences(seen.told, expected(seen.told, words), words)
        return Plan(row, words, place.path, place.shown, changes)

    def begun(self, plan: Plan) -> Begun:
        """A plan as it is noted before the disk changes."""
        row = plan.row
        changes: Any = as_changes(plan.changes)
        return Begun(row["root"], row["path"], plan.place, new_temporary(), changes, row["sha256"], row["mtime_ns"])

    def write(self, plan: Plan, file: Any) -> str:
        """Puts the file with other tags in its place: its SHA-256. Raises NotWritten, and leaves all as it was."""
        before, place = self._seen.pop(plan.of.in_event), plan.of
        with refusals(plan.shown), ExitStack() as held:
            folder = held.enter_context(opened_folder(self._folders.roots[place.root], place.folder.path))
            original = held.enter_context(opened_file(folder, place.name))
            known = (before.file.size, before.file.mtime_ns)
            if known != (original.status.st_size, storable_ns(original.status.st_mtime_ns)):
                raise NotWritten("file_changed", f"{plan.shown} was changed meanwhile.")
            temporary = held.enter_context(temporary_file(folder, file.temporary))
            lines = arguments(plan.words, before.present, digest=not before.iptc_wins)
            suffix = FORMAT_OF_NAME[before.identity.format].suffixes[0].removeprefix(".")
            rewrite(original.descriptor, temporary, suffix, lines, plan.shown)
            take_after(temporary, original)
            crash_point("write_temporary")
            size = os.fstat(temporary).st_size
            after = self._inspected(FoundFile(*place.folder.below(file.temporary), size, 0))
            _prove(before, after, plan)
            kept = self._originals.keep(file.id, original, folder, place.name, beside=self._kept)
            self._ready(file.id, after.identity.sha256, kept=kept)
            put(folder, file.temporary, place.name, original.identity, temporary)
            self._kept += original.status.st_size if kept else 0
        return after.identity.sha256

    def undo(self, file: Any) -> None:
        """Puts back the original before a row of `writes.files`. Raises NotWritten."""
        place = Place(file.root, file.path)
        with refusals(place.shown), ExitStack() as held:
            folder = held.enter_context(opened_folder(self._folders.roots[place.root], place.folder.path))
            standing = held.enter_context(opened_file(folder, place.name))
            there = sha256_of(standing.descriptor)
            if there == file.former_sha256:
                return  # an undo that was broken off
            if there != file.new_sha256:
                raise NotWritten("file_changed", f"{place.shown} was changed after it was written.")
            original = self._originals.open(file.id, file.former_sha256)
            held.callback(os.close, original)
            temporary = held.enter_context(temporary_file(folder, file.temporary))
            copy_into(temporary, original)
            take_after(temporary, standing)
            os.utime(temporary, ns=(file.former_mtime_ns, file.former_mtime_ns))
            crash_point("write_temporary")
            put(folder, file.temporary, place.name, identity_of(standing.status), temporary)

    def sha256(self, file: Any) -> str | None:
        """What is there now, of a row of `writes`; None for nothing. What was left beside it is taken away."""
        place = Place(file.root, file.path)
        with (
            refusals(place.shown),
            opened_folder(self._folders.roots[place.root], place.folder.path) as folder,
        ):
            remove(folder, file.temporary)
            return sha256_at(folder, place.name)

    def _inspected(self, file: FoundFile) -> Inspection:
        """What a worker sees of a file. Raises NotWritten `unreadable_picture`."""
        seen = self._inspect(file)
        if isinstance(seen, Inspection):
            return seen
        reason = seen.reason if isinstance(seen, Failure) else "It was not inspected."
        raise NotWritten("unreadable_picture", reason)


def _prove(before: Inspection, after: Inspection, plan: Plan) -> None:
    """Raises NotWritten unless a file shows the same picture as before, says what was asked for and lost no word."""
    same = (after.identity.format, after.picture_sha256, after.data_sha256)
    if same != (before.identity.format, before.picture_sha256, before.data_sha256):
        raise NotWritten("picture_changed", f"{plan.shown} would not have shown the same picture.")
    if wrong := (*unsaid(plan.words, after.told), *lost(before.told, after.told, plan.words)):
        fields = ", ".join(dict.fromkeys(wrong)).replace("_", " ")
        raise NotWritten("not_read_back", f"{plan.shown} would not have said what it was to say: {fields}.")
