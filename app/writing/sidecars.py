"""Sidecars as targets: which file speaks for a picture, what it would say, and how it is written and taken back."""

import hashlib
import os
from collections.abc import Mapping
from contextlib import ExitStack
from functools import lru_cache
from typing import Any

from app.analysis.formats.xmp import parse_xmp
from app.analysis.metadata.sidecars import SIDECAR_BYTES, find_xmp_sidecar
from app.beside.sidecars import composed
from app.crash_points import crash_point
from app.errors import CannotRead
from app.ingest.disk.folders import Folders, Listing
from app.ingest.disk.sidecars import spoken_for
from app.library.writes.writes import Begun
from app.media import FoundFile, Place
from app.texts import shown_name
from app.writing.causes import NotWritten
from app.writing.disk import (
    identity_of,
    new_temporary,
    opened_file,
    opened_folder,
    put,
    read,
    refusals,
    remove,
    sha256_at,
    status_of,
    take_after,
    temporary_file,
    write_all,
)
from app.writing.packet import edit_packet, tell_packet
from app.writing.planned import Plan, Target, as_changes
from app.writing.words import NOTHING_TOLD, differences, lost, unsaid


class Sidecars:
    """The sidecars of the files of media roots: beside them, or in a folder that mirrors the roots."""

    def __init__(self, folders: Folders, sidecar_dir: bytes, target: Target) -> None:
        self._folders = folders
        self._dir = sidecar_dir
        self._target = target
        self._media = lru_cache(maxsize=8)(self._media_in)

    def plan(self, row: Mapping[str, Any], words: Mapping[str, Any]) -> Plan:
        """What of a sidecar would change; no changes where it says all that. Raises NotWritten."""
        place = Place(row["root"], row["path"])
        if self._folders.found(place) is None:
            raise NotWritten("file_gone", f"{place.shown} is not there.")
        beside = self._target is Target.SIDECAR
        where, former, standing = self._beside(place) if beside else self._mirrored(place)
        shown = Place(place.root, where).shown if beside else shown_name(self._dir + b"/" + where)
        try:
            now = NOTHING_TOLD if standing is None else tell_packet(parse_xmp(standing))
            packet = edit_packet(standing, words)
            then = tell_packet(parse_xmp(packet))
        except CannotRead as error:
            raise NotWritten("damaged_sidecar", error.sentence) from error
        if len(packet) > SIDECAR_BYTES or unsaid(words, then) or lost(now, then, words):
            raise NotWritten("not_read_back", f"{shown} would not say all that was asked for and was said before.")
        return Plan(row, words, where, shown, differences(now, then, words), packet, former)

    def begun(self, plan: Plan) -> Begun:
        """A plan as it is noted before the disk changes. Raises NotWritten."""
        with refusals(plan.shown), ExitStack() as held:
            former, status = None, None
            if plan.former is not None:
                folder, name = self._folder_of(plan.of.root, plan.place, held)
                former, status = hashlib.sha256(plan.former).hexdigest(), status_of(folder, name)
            return Begun(
                plan.of.root,
                plan.of.path,
                plan.place,
                new_temporary(),
                as_changes(plan.changes),  # type: ignore[arg-type]
                former,
                status.st_mtime_ns if status else None,
                plan.former,
                hashlib.sha256(plan.packet).hexdigest(),
            )

    def write(self, plan: Plan, file: Any) -> str:
        """Puts the new sidecar in its place: its SHA-256. Raises NotWritten, and leaves all as it was."""
        self._replace(plan.of, plan.place, file.temporary, plan.packet, plan.former)
        return str(file.new_sha256)

    def undo(self, file: Any) -> None:
        """Puts back what was there before a row of `writes.files`. Raises NotWritten."""
        place, shown = Place(file.root, file.path), shown_name(file.place)
        with refusals(shown), ExitStack() as held:
            folder, name = self._folder_of(file.root, file.place, held)
            there = sha256_at(folder, name)
            if there == file.former_sha256:
                return  # an undo that was broken off
            if there != file.new_sha256:
                raise NotWritten("file_changed", f"{shown} was changed after it was written.")
            if file.former is None:
                remove(folder, name)
                return
            with opened_file(folder, name) as seen:
                standing = read(seen.descriptor, seen.status.st_size)
            self._replace(place, file.place, file.temporary, file.former, standing, file.former_mtime_ns)

    def sha256(self, file: Any) -> str | None:
        """What is there now, of a row of `writes`; None for nothing. What was left beside it is taken away."""
        with refusals(shown_name(file.place)), ExitStack() as held:
            folder, name = self._folder_of(file.root, file.place, held)
            remove(folder, file.temporary)
            return sha256_at(folder, name)

    def listed(self, folder: Place) -> Listing:
        """What a folder of a root holds now."""
        return self._folders.read(folder)

    def _replace(  # noqa: PLR0917 - what is put where, in place of what
        self,
        place: Place,
        where: bytes,
        temporary: bytes,
        content: bytes,
        standing: bytes | None,
        mtime_ns: int | None = None,
    ) -> None:
        with refusals(shown_name(where)), ExitStack() as held:
            folder, name = self._folder_of(place.root, where, held, make=self._target is Target.SIDECAR_DIR)
            expected = None
            if standing is None:
                above = held.enter_context(opened_folder(self._folders.roots[place.root], place.folder.path))
                model = held.enter_context(opened_file(above, place.name))
            else:
                model = held.enter_context(opened_file(folder, name))
                expected = identity_of(model.status)
                if read(model.descriptor, model.status.st_size) != standing:
                    raise NotWritten("file_changed", f"{shown_name(where)} was changed meanwhile.")
            descriptor = held.enter_context(temporary_file(folder, temporary))
            write_all(descriptor, content)
            take_after(descriptor, model, sidecar=standing is None)
            if mtime_ns is not None:
                os.utime(descriptor, ns=(mtime_ns, mtime_ns))
            crash_point("write_temporary")
            put(folder, temporary, name, expected, descriptor)

    def _folder_of(self, root: str, where: bytes, held: ExitStack, *, make: bool = False) -> tuple[int, bytes]:
        """An open folder, and the name in it, of a place that is noted. Raises OSError."""
        base = self._folders.roots[root] if self._target is Target.SIDECAR else self._dir
        above, _, name = where.rpartition(b"/")
        return held.enter_context(opened_folder(base, above, make=make)), name

    def _beside(self, place: Place) -> tuple[bytes, bytes | None, bytes | None]:
        """The sidecar that is written, what it holds, and what it begins with.

        One that speaks for other files, too, stays theirs: the file gets its own, which begins with what that says.
        """
        file = FoundFile(*place, 0, 0)
        try:
            found = find_xmp_sidecar(self._folders.roots[place.root], file)
        except CannotRead as error:
            raise NotWritten("damaged_sidecar", error.sentence) from error
        own = place.name + b".xmp"
        if found is None:
            return place.folder.below(own).path, None, None
        alone = composed(found.name[: -len(b".xmp")]) == composed(place.name)
        if alone or len(spoken_for(found.name, self._media(place.folder))) == 1:
            return place.folder.below(found.name).path, found.packet, found.packet
        return place.folder.below(own).path, None, found.packet

    def _media_in(self, folder: Place) -> tuple[bytes, ...]:
        return tuple(file.name for file in self._folders.read(folder).files())

    def _mirrored(self, place: Place) -> tuple[bytes, bytes | None, bytes | None]:
        """The sidecar in the folder that mirrors the roots, and, twice, what it holds."""
        where = place.root.encode() + b"/" + place.path + b".xmp"
        with refusals(shown_name(where)), ExitStack() as held:
            try:
                folder, name = self._folder_of(place.root, where, held)
                seen = held.enter_context(opened_file(folder, name))
            except FileNotFoundError:
                return where, None, None
            if seen.status.st_size > SIDECAR_BYTES:
                raise NotWritten("damaged_sidecar", f"{shown_name(where)} has more than {SIDECAR_BYTES} bytes.")
            packet = read(seen.descriptor, seen.status.st_size)
            return where, packet, packet
