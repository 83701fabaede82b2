"""The files that are like one: only those that are there, and of them all that could be compared."""

import numpy as np

from app.library.alike.groups import edges_of
from app.library.alike.near import By, alike
from app.library.alike.telling import what_to_do
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


def test_what_ran_and_failed_is_a_cause_of_its_own(library, codes):
    failed = {stage: {"status": "failed", "cause": "damaged", "version": 1} for stage in ("thumbnail", "nsfw")}
    unknown = dict.fromkeys(("phash", "picture_sha256", "features", "nsfw_model", "nsfw_probability", "missing_at"))
    stages = [{}, failed, failed]
    add(library, [file(number, **unknown, stages=stages[number - 1]) for number in (1, 2, 3)])
    snapshot = library.finder.snapshot()
    left = {by: alike(snapshot, codes, 1, (by, 8, 9)).left for by in (By.PICTURE, By.PHASH, By.FEATURES)}
    assert left == {
        By.PICTURE: {"not_hashed": 1, "thumbnail_failed": 2},
        By.PHASH: {"no_hash": 1, "thumbnail_failed": 2},
        By.FEATURES: {"nsfw_not_run": 1, "nsfw_failed": 2},
    }
    assert len(what_to_do({cause for causes in left.values() for cause in causes})) == 5
