"""The parameters of a retry: of the failed files of one session, or of those that failed in any."""

from collections.abc import Iterable, Mapping

from app.errors import IllegalMove, NothingMatches
from app.ingest.run.parts import ALL_SESSIONS, Parts
from app.ingest.session.parameters import Parameters
from app.ingest.session.state import SessionState
from app.media import Place, Stage


def to_retry(parts: Parts, session: SessionState | None, cause: str | None, paths: Iterable[str]) -> Parameters:
    """What a retry is asked to do: all failed files of a session, those of one cause, or those chosen.

    Without a session they are those that failed in any and were not taken in since; where none are chosen, those of
    which a person said nothing. The library's NSFW threshold stays. Raises IllegalMove while the session is under way,
    NothingMatches where no such file failed.
    """
    chosen = frozenset(paths)
    if session is None:
        in_any = parts.failed_in_any(cause, chosen or None)
        failed = list(in_any)
        parameters = _asking_for_all(in_any).retrying(ALL_SESSIONS, cause, chosen) if failed else None
    elif session.status.under_way:
        raise IllegalMove(f"The session is {session.status.value}: retry its failed files when it has ended.")
    else:
        parameters = session.parameters.retrying(session.session_id, cause, chosen)
        failed = parts.failed(parameters, chosen or None)
    if parameters is None or not failed:
        which, where = "None of these files" if chosen else "No file", " in this session" if session else ""
        why = f" with cause {cause}" if cause else ""
        raise NothingMatches(f"{which} failed{where}{why}: there is nothing to retry.", field="session_id")
    return parameters.but(nsfw_threshold=parts.library.nsfw_threshold())


def _asking_for_all(failed: Mapping[bytes, Stage]) -> Parameters:
    """Parameters that ask for every stage, in the media roots of these files; for an optional one where it failed."""
    return Parameters(
        directories=tuple(sorted({Place.from_event(path).root for path in failed})),
        read_barcodes=Stage.BARCODES in failed.values(),
        detect_objects=Stage.DETECT in failed.values(),
    )
