"""What a session is asked once more: to try failed files again, of itself or of any, or to go on for more money."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.describe.ledger import BUDGET_REACHED, in_words
from app.descriptions import in_usd
from app.errors import IllegalMove, InvalidRequest, NothingMatches
from app.ingest.run.parts import ALL_SESSIONS, Parts
from app.ingest.session.parameters import DescribeRequest, Parameters
from app.ingest.session.state import SessionState
from app.library.failures import StandingFailure
from app.media import Stage


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
        parameters = _asking_for_all(parts, in_any).retrying(ALL_SESSIONS, cause, chosen) if failed else None
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


def _asking_for_all(parts: Parts, failed: Mapping[bytes, StandingFailure]) -> Parameters:
    """Parameters that ask for every stage, in the media roots of these files; for an optional one where it failed.

    Descriptions are paid for: only where each of these files was to have one they are asked for.
    """
    stages = {failure.stage for failure in failed.values()}
    return Parameters(
        directories=tuple(sorted({failure.place.root for failure in failed.values()})),
        read_barcodes=Stage.BARCODES in stages,
        detect_objects=Stage.DETECT in stages,
        describe=_last_asked(parts, {failure.session_id for failure in failed.values()}),
    )


def _last_asked(parts: Parts, session_ids: Iterable[str]) -> DescribeRequest | None:
    """How the last of these sessions asked for descriptions; None where one of them did not, or was forgotten."""
    asked = []
    for session_id in session_ids:
        session = parts.store.load(session_id)
        if session is None or session.parameters.describe is None:
            return None
        asked.append((session.created_at, session.parameters.describe))
    return max(asked, key=lambda found: found[0])[1]


def with_budget(session: SessionState, budget_usd: float) -> SessionState:
    """A session that stopped at its budget with a larger one, in USD. Raises IllegalMove for any other session.

    Raises InvalidRequest for a budget that allows nothing more.
    """
    request, attention = session.parameters.describe, session.attention
    if request is None or attention is None or attention["cause"] != BUDGET_REACHED:
        raise IllegalMove("Only a session that stopped at its budget can get a larger one.")
    so_far = in_usd(max(request.budget_usd or 0.0, session.describe["spent_usd"] if session.describe else 0.0))
    if in_usd(budget_usd) <= so_far:
        sentence = f"The budget must be larger than {in_words(so_far)}, or the session would stop again at once."
        raise InvalidRequest(sentence, field="budget_usd")
    parameters = session.parameters.but(describe=request.model_copy(update={"budget_usd": budget_usd}))
    described = session.describe and {**session.describe, "budget_usd": budget_usd}
    return replace(session, parameters=parameters, describe=described)
