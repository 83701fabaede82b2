"""How a request is refused: as problem+json with one sentence and a stable cause, and what each cause means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NotRequired

from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from app.shapes import described

PROBLEM_JSON = "application/problem+json"


@described
class Problem(TypedDict):
    """Why a request was refused (RFC 9457)."""

    type: str
    """`about:blank`."""
    status: int
    """The HTTP status."""
    detail: str
    """One sentence for a person."""
    cause: str
    """A stable code for a program; see [causes of errors](#causes-of-errors)."""
    field: NotRequired[str]
    """The parameter at fault, where it is one."""
    session_id: NotRequired[str]
    """The session that is in the way."""
    count: NotRequired[int]
    """The number that would have to be confirmed now."""
    position: NotRequired[int]
    """The place in `q` that cannot be read, in characters (code points) from 0."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The HTTP status that a cause comes with, and what it means."""

    status: int
    meaning: str


REFUSALS: Mapping[str, Refusal] = MappingProxyType(
    {
        "host_not_allowed": Refusal(400, "the server was addressed by a name that is not in `INGEST_ALLOWED_HOSTS`"),
        "token_needed": Refusal(401, "`INGEST_TOKEN` is set and the request does not carry it"),
        "cross_origin": Refusal(403, "a page of another origin sent the request"),
        "not_allowed": Refusal(403, "only a person at the server's own machine, or with the token, may do this"),
        "not_found": Refusal(404, "nothing at this address"),
        "unknown_session": Refusal(404, "no session has this id"),
        "unknown_write": Refusal(404, "no write of this id can be undone"),
        "unknown_file": Refusal(404, "the library has no row of this file"),
        "unknown_edit": Refusal(404, "no edit with this id can be undone: only the last 100 are kept"),
        "nothing_described": Refusal(404, "no picture was described in the session"),
        "no_thumbnail": Refusal(404, "the file has no thumbnail and none can be made"),
        "no_preview": Refusal(404, "the file has no preview and none can be made; `detail` says why"),
        "file_gone": Refusal(404, "the library has a row of the file, and the file is not where it was, or no file"),
        "method_not_allowed": Refusal(405, "the address exists, the method does not"),
        "already_active": Refusal(409, "the same request is being worked on; `session_id` says by whom"),
        "illegal_move": Refusal(409, "the session's status does not allow it"),
        "lease_lost": Refusal(409, "another server works on the session; look at it again"),
        "root_differs": Refusal(
            409, "the files of the session are not those that the library knows; `detail` says more"
        ),
        "count_changed": Refusal(409, "the number that was confirmed is not what it is now; `count` says that"),
        "newer_words": Refusal(409, "a person has said something else since of what the edit changed"),
        "already_undone": Refusal(409, "the edit was undone before"),
        "write_at_work": Refusal(409, "metadata are being written by another request"),
        "sidecar_dir_inside_root": Refusal(409, "the folder for sidecars and a media root lie inside one another"),
        "not_detected": Refusal(409, "the detector cannot look at this file, or failed on it; `detail` says why"),
        "no_inbox": Refusal(409, "`INGEST_INBOX` names no folder for dropped files"),
        "conflict": Refusal(409, "another conflict"),
        "range_not_satisfiable": Refusal(416, "the file has no bytes in the range; `Content-Range` tells its size"),
        "content_type": Refusal(415, "the body is not declared as JSON"),
        "invalid_parameter": Refusal(422, "a value is not possible; `field` names it"),
        "unknown_parameter": Refusal(422, "there is no parameter of this name"),
        "bad_pattern": Refusal(422, "the pattern cannot be understood"),
        "bad_json": Refusal(422, "the body is no JSON object"),
        "bad_session_id": Refusal(422, "a session id is a UUID of 36 characters"),
        "body_too_long": Refusal(
            422, "the body is longer than a request can sensibly be: 1 MB, 4 MB where it may name 10,000 files"
        ),
        "bad_cursor": Refusal(422, "the cursor is not one that the list gave"),
        "bad_query": Refusal(422, "the search cannot be read; `position` is where in it"),
        "too_many_files": Refusal(422, "an edit changes at most 100,000 files, a write 10,000 (1,000 into files)"),
        "too_many_rows": Refusal(422, "the files are more than a sheet of XLSX has rows"),
        "no_directory": Refusal(422, "no directory was chosen"),
        "outside_roots": Refusal(422, "the path is not inside a media root"),
        "no_such_directory": Refusal(422, "there is no such directory"),
        "not_a_directory": Refusal(422, "it is a file: choose the folder it lies in"),
        "root_missing": Refusal(422, "the media root itself is not there"),
        "no_group_chosen": Refusal(422, "files similar by features are planned only of groups that are named"),
        "unknown_template": Refusal(422, "there is no template of this name, or it cannot be used; `detail` says why"),
        "price_unknown": Refusal(422, "nobody knows what a description by this model costs, so no budget can be kept"),
        "no_provider": Refusal(422, "there is no provider of this name, or it cannot be asked; `detail` says why"),
        "nothing_matches": Refusal(422, "the walk found no file that matches"),
        "internal_error": Refusal(500, "a fault of Media Ingest; the server's log has the details"),
        "database_disabled": Refusal(503, "`DATABASE_URL=none`"),
        "database_not_migrated": Refusal(503, "the database is not at the revision that this program needs"),
        "database_unreachable": Refusal(503, "the database cannot be reached"),
        "database_error": Refusal(503, "the database reports an error"),
        "database_busy": Refusal(503, "another program holds the lock of the SQLite file; nothing was changed"),
        "file_unreadable": Refusal(503, "the system does not let the file be read"),
        "disk_full": Refusal(503, "the disk of the state folder, or of the inbox, is full"),
        "inbox_unwritable": Refusal(503, "the folder of dropped files cannot be written"),
        "state_unwritable": Refusal(503, "the state folder cannot be written"),
        "lock_lost": Refusal(503, "the state folder was removed, renamed or taken over under the server"),
        "workers_cannot_start": Refusal(503, "the analysis processes end before they begin"),
        "exiftool_missing": Refusal(503, "exiftool, which writes into files, is not installed"),
        "docx_not_installed": Refusal(503, "python-docx, which makes Word documents, is not installed"),
        "detector_not_named": Refusal(503, "`INGEST_DETECTOR_MODEL` names no detector"),
        "detector_not_installed": Refusal(503, "OpenVINO, which runs detectors, is not installed"),
        "detector_missing": Refusal(503, "there is no file of a detector where `INGEST_DETECTOR_MODEL` says"),
        "detector_being_looked_at": Refusal(503, "the detector is being looked at; ask again in some seconds"),
        "detector_unreadable": Refusal(503, "the detector is no model that can be read and run"),
        "detector_labels_missing": Refusal(503, "the labels of the detector are not to be found, or are too many"),
        "detector_input_unknown": Refusal(503, "the detector takes something else than one picture"),
        "detector_layout_unknown": Refusal(
            503, "the outputs of the detector are of no layout that is known for its labels"
        ),
        "detector_memory": Refusal(
            503, "the detector needs more memory than a third of what a worker may have, or is larger than 2 GB"
        ),
        "detector_too_slow": Refusal(503, "the detector takes more than half of the time that a file may take"),
        "unavailable": Refusal(503, "a part that is needed is not there"),
        "attention": Refusal(503, "something must be mended, and nothing more exact is known"),
    }
)
"""Every cause that a request can be refused with, but `http_error`, which has the status of any other refusal."""


_REMOVED = (
    (r"/api/ingest/commit", "Each file is committed as soon as it is analysed: POST /api/ingest/process does it all."),
    (r"/api/ingest/commit-status/([^/]+)", "Ask GET /api/ingest/status/{}."),
    (r"/api/ingest/report/([^/]+)", "Ask GET /api/ingest/sessions/{}/report."),
)
"""What the old tool had, and what has taken its place."""


def nothing_at(path: str) -> str:
    """Says that there is nothing at an address, and what has taken its place where the old tool had something."""
    for pattern, successor in _REMOVED:
        if found := re.fullmatch(pattern, path):
            return f"There is nothing at {path} any more. {successor.format(*found.groups())}"
    return f"There is nothing at {path}."


def problem(status: int, detail: str, cause: str, **more: object) -> JSONResponse:
    """An error as `application/problem+json` (RFC 9457) with one sentence and a stable cause."""
    body = {"type": "about:blank", "status": status, "detail": detail, "cause": cause, **more}
    return JSONResponse(body, status, media_type=PROBLEM_JSON)
