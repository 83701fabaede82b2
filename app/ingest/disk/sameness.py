"""Whether the folders of a session hold here what another server found in them: media roots of one name may be two."""

from collections.abc import Iterable

from app.errors import MediaIngestError
from app.ingest.disk.folders import Folders
from app.ingest.disk.guard import MIN_SHARE, Guard
from app.ingest.disk.moves import SAMPLE
from app.library.presence import Presence
from app.library.whereabouts import RowFile
from app.texts import counted


def differs(
    folders: Folders, presence: Presence, session_id: str, directories: Iterable[str], *, below: bool
) -> str | None:
    """Why these directories are not those of a session, as a sentence; None where they are.

    Of up to 200 files that the library knows there, those first that the session took in, 70 % have to be here with
    their size and time of change. Where it knows none, the directories have to be here.
    """
    try:
        absent = Guard(folders, directories := tuple(directories)).absent
    except MediaIngestError as trouble:  # a root of this name is not known here, or its disk is not connected
        return trouble.sentence
    places = [folders.locate(shown) for shown in directories]
    rows = presence.sample(session_id, places, below=below, limit=SAMPLE)
    here = sum(_is_here(folders, row) for row in rows)
    if here < MIN_SHARE * len(rows):
        return (
            f"Of {counted(len(rows), 'file')} that the library knows in the folders of this session, {here:,} are here "
            f"as it knows them. Let a server go on with it that has the files, or resume it with a confirmation."
        )
    if absent and not rows:
        return f"The directory {absent[0]} is not here. Let a server go on with the session that has it."
    return None


def _is_here(folders: Folders, row: RowFile) -> bool:
    found = folders.found(row.place) if row.root in folders.roots else None
    return found is not None and (found.size, found.mtime_ns) == (row.size, row.mtime_ns)
