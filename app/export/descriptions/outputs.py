"""Files of descriptions that a session writes while it runs: each after its commit, and what a crash kept from that."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from app.analysis.pictures.printing import as_printed
from app.errors import InvalidRequest
from app.export.descriptions.described import described_of
from app.export.descriptions.folder import DescriptionFolder
from app.export.descriptions.formats import OutputFormat, check_formats
from app.ingest.disk.folders import Folders
from app.ingest.session.store import IngestionState
from app.library.describing.described import Described, DescribedFile
from app.library.library import Library
from app.media import Place


class SessionOutputs:
    """What sessions write into the folder of descriptions; `small` gives the thumbnail of bytes by their SHA-256."""

    def __init__(self, folder: DescriptionFolder, described: Described, small: Callable[[str], bytes | None]) -> None:
        self._folder, self._described, self._small = folder, described, small

    def check(self, formats: Sequence[str]) -> None:
        """Raises InvalidRequest where nothing can be written there, Unavailable where Word documents cannot be made."""
        check_formats(_parsed(formats))
        if (sentence := self._folder.why_not()) is not None:
            raise InvalidRequest(sentence, field="describe.write", cause="outputs_unwritable")

    def write(self, session_id: str, place: Place, formats: Sequence[str], picture: bytes | None) -> None:
        """Writes what was said of a file that was committed; `picture` is what the provider was shown.

        Raises NeedsAttention.
        """
        found = self._described.file(place, session_id)
        if found is not None:
            self._folder.write(described_of(found, self._printed(found, picture)), _parsed(formats))

    def catch_up(self, session_id: str, formats: Sequence[str]) -> Iterator[None]:
        """Makes the folder of a session, and writes one file after the other that a crash kept from being written.

        What was said of a picture that is not in the library yet is written when it is: its document would lack it.
        Raises NeedsAttention.
        """
        wanted = _parsed(formats)
        self._folder.prepare(session_id)
        for found in self._described.in_session(session_id):
            if found.row is not None and self._folder.lacks(session_id, found.place.shown, wanted):
                self._folder.write(described_of(found, self._printed(found, None)), wanted)
            yield

    def written(self, session_id: str, formats: Sequence[str]) -> dict[str, int]:
        """How many files of a session there are in its folder, by format. Raises NeedsAttention."""
        return self._folder.written(session_id, _parsed(formats))

    def _printed(self, found: DescribedFile, picture: bytes | None) -> bytes | None:
        """What was sent as a document takes it, else the thumbnail."""
        drawn = self._small(found.run.sha256) if picture is None else picture
        return None if drawn is None else as_printed(drawn)

    def where(self, session_id: str) -> str:
        """The folder of a session, for people."""
        return str(self._folder.of(session_id))


def session_outputs(folder: Path, folders: Folders, library: Library, store: IngestionState) -> SessionOutputs:
    """The outputs of the sessions that write to a library, in a folder apart from its media roots."""

    def roots() -> Mapping[str, Path]:
        return {name: Path(os.fsdecode(path)) for name, path in folders.roots.items()}

    return SessionOutputs(DescriptionFolder(folder, roots), library.described, store.thumbnail)


def _parsed(formats: Sequence[str]) -> tuple[OutputFormat, ...]:
    return tuple(OutputFormat(name) for name in dict.fromkeys(formats))
