"""Requests as the library keeps them, on both engines: what they come to, and what is known of the bytes they show."""

from decimal import Decimal

from sqlalchemy import insert

from app.library.describing.runs import Spent
from app.library.saying.editing import parse_edit
from app.library.tables import KEPT
from app.library.values import NsfwKnown
from app.media import Place
from tests.ingest.builders import SESSION, analysis, found
from tests.support.runs import run

HERE = Place("m", b"a.jpg")


def test_what_a_session_spent_is_exact_over_many_rows(library):
    costs = ["0.1", "1234.567890123", "0.000000001"]
    runs = [run(number, costs[number % 3]) for number in range(3_000)]
    library.runs.add([*runs, run(3_000, None)], session_id=SESSION, place=HERE)
    whole = sum(map(Decimal, costs)) * 1_000
    assert library.runs.spent(SESSION) == Spent(3_001, 3_001, whole, Decimal("1234.567890123"), 1)
    assert library.runs.spent("nobody") == Spent(0, 0, Decimal(0), Decimal(0), 0)


def test_what_a_person_said_of_the_same_bytes_elsewhere_holds_for_a_file_of_which_nobody_did(library):
    old, sha256 = found(b"old.jpg"), analysis(found()).identity.sha256
    assert library.runs.nsfw_of(HERE, sha256) == NsfwKnown()
    library.commit_single_file_to_database(SESSION, analysis(old), nsfw_threshold=0.8)
    library.edits.edit(old.place, parse_edit({"nsfw": True}))
    assert library.runs.nsfw_of(HERE, sha256).said is True
    library.commit_single_file_to_database(SESSION, analysis(found()), nsfw_threshold=0.8)
    library.edits.edit(HERE, parse_edit({"nsfw": False}))
    assert library.runs.nsfw_of(HERE, sha256).said is False
    kept = {"sha256": "f" * 64, "words": {"nsfw": True}, "keywords": [], "at": "2026-11-20T10:00:00.000+00:00"}
    library._engines.write(lambda connection: connection.execute(insert(KEPT).values(kept)))
    assert library.runs.nsfw_of(HERE, "f" * 64).said is True
