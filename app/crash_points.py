"""Named points on a file's way at which a test may kill or stall the process, to prove that nothing is lost there.

Only tests set `MEDIA_INGEST_CRASH_AT=NAME:N`: the process that passes point NAME for the N-th time then dies as by
`kill -9`. Without it a point costs a comparison. Borg's repository tests break off at such points as well.
`MEDIA_INGEST_STALL_ON=FILE_NAME` stands for a decoder that never ends: the worker sleeps at each file of that name.
"""

import os
import signal
from itertools import count

POINTS = (
    "opened",  # in the worker, from here
    "hashed",
    "decoded",
    "analysed",
    "begun",  # in the server, from here
    "answered",
    "temporary_written",  # of a thumbnail, a session file or a journal
    "thumbnail_saved",
    "row_written",
    "event_written",
    "committed",
    "told",
    "journal_written",
    "session_saved",
    "frame_sent",
)
"""Every point on the way of a file, in the order in which it passes them; `words_written` is passed by many at once."""

DESCRIBE_POINTS = (
    "description_reserved",  # its request is about to be sent
    "description_answered",  # the answer is there, and nowhere else
    "description_journalled",  # the answer is on disk
    "description_ready",  # the file waits for its transaction
)
"""Every point on the way of a description, in the order in which a file passes them."""

WRITE_POINTS = (
    "write_begun",  # noted in the database
    "write_temporary",  # the new bytes lie beside the old ones
    "write_ready",  # all is proved, and the original is kept
    "write_replaced",  # the new bytes have the name
    "write_recorded",  # the row of the file knows them
)
"""Every point on the way of metadata that are written, in the order in which a file passes them."""

_NAME, _, _TIMES = os.environ.get("MEDIA_INGEST_CRASH_AT", "").partition(":")
_passed = count(1)
_STALLS_ON = os.fsencode(os.environ.get("MEDIA_INGEST_STALL_ON", ""))


def crash_point(name: str) -> None:
    """Ends the process here if a test asked for it."""
    if name == _NAME and next(_passed) == int(_TIMES or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def stall_point(file_name: bytes) -> None:
    """Sleeps until the process is killed, if a test asked for it at files of this name."""
    while file_name == _STALLS_ON:
        signal.pause()
