"""The files that are like one: only those that are there, and of them all that could be compared."""

import numpy as np

from app.library.alike.groups import edges_of
from app.library.alike.near import By, alike
from tests.library.alike.test_codes import code
from tests.library.finding.stock import add, file


def test_files_that_are_gone_are_neither_found_nor_counted_as_not_compared(library, codes):
    gone = {"missing_at": "2026-11-20T10:00:00.000+00:00"}
    known = {"phash": "f" * 16, "picture_sha256": "f" * 64, "features": code(1), "nsfw_model": "m"}
    unknown = dict.fromkeys((*known, "missing_at"))
    rows = [unknown | known, unknown | known | gone, unknown | gone, unknown | known]
    add(
        library,
        [file(number, sha256="1" * 64, nsfw_probability=0.1, **columns) for number, columns in enumerate(rows, 1)],
    )
    snapshot = library.finder.snapshot()
    pairing = library.finder.pairing(snapshot)
    for by in By:
        assert alike(snapshot, codes, 1, (by, 8, 9)) == ([4], [0], 2, {}), by
        assert alike(snapshot, codes, 2, (by, 8, 9)) == ([1, 4], [0, 0], 2, {}), (
            "of one that is gone those that are there"
        )
        edges = edges_of(snapshot, pairing, codes, by)
        assert (np.count_nonzero(edges.known), edges.left) == (2, {}), by
