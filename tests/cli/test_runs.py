"""What vision models were asked, on the command line."""

from app.descriptions import RunStatus
from app.library.library import Library
from app.media import Place
from tests.ingest.builders import OTHER_SESSION, SESSION
from tests.support.commands import refused
from tests.support.runs import run


def test_runs_are_listed_with_their_cost_and_their_sum(place_with_photos):
    place = place_with_photos
    place.run("migrate")
    library = Library(f"sqlite:///{place.database}")
    library.runs.add([run(1), run(2, "0.0006")], session_id=SESSION, place=Place("photos", b"trip/a.jpg"))
    failed = run(3, None, status=RunStatus.INVALID)
    library.runs.add([failed], session_id=OTHER_SESSION, place=Place("photos", b"trip/b.jpg"))
    library.runs.add([run(4)], session_id=OTHER_SESSION, place=Place("gone", b"a.jpg"))
    library.close()
    assert [one["path"] for one in place.json("runs", "--path", "gone")] == ["gone/a.jpg"]
    refused(place.run("runs", "--path", "nowhere/a.jpg"), "nowhere/a.jpg")
    done = place.run("runs", INGEST_CURRENCY="INR:88.86")
    _, newest, *_, told = done.stdout.splitlines()
    assert "invalid" in newest
    assert "cost unknown  a-model  photos/trip/b.jpg: The answer is not JSON." in newest
    assert told == "4 runs, $0.0014, ₹0.12, 1 of unknown cost"
    assert [one["cost_usd"] for one in place.json("runs", "--session", SESSION)] == [0.0006, 0.0004]
    assert [one["status"] for one in place.json("runs", "--path", str(place.media / "trip" / "b.jpg"))] == ["invalid"]
    refused(place.run("runs", "--session", "x"), "A session id is a UUID of 36 characters.")
