"""What a run notes while it plans: rows that would read the same today are not asked again."""

from dataclasses import replace

from app.media import Place, Stage
from app.revisions import Revision, RowFacts
from tests.ingest.builders import RECIPE, Standing, tree


def called_b(row: RowFacts) -> bool:
    return row.name == "b.jpg"


def as_read_now(marks, _kind):
    return {name: {**mark, "version": NEWER.versions[Stage(name)]} for name, mark in marks.items()}


NEWER = replace(
    RECIPE,
    versions={**RECIPE.versions, Stage.SCORE: "2", Stage.METADATA: "2"},
    revisions=(Revision({Stage.SCORE: 2, Stage.METADATA: 2}, "stars are counted now", called_b),),
)


def test_rows_that_no_revision_concerns_are_asked_once_and_keep_what_they_hold(place, monkeypatch):
    place.recover()
    tree(place.media, "a.jpg", "b.jpg")
    assert place.run().outcomes["added"] == 2
    before = place.library.file(Place("m", b"a.jpg"))
    object.__setattr__(place.ingestor, "recipes", Standing(NEWER))

    second = place.run(import_scores=False)
    assert (second.plan.pending_by, second.total_files) == ({"read_again": 1}, 1)
    after = place.library.file(Place("m", b"a.jpg"))
    assert after["stages"]["metadata"] == {"status": "done", "version": "2"}
    assert after["stages"]["score"] == before["stages"]["score"], "it was not asked for, so nothing was judged"
    told = {"stages": None, "updated_at": None}
    assert {**after, **told} == {**before, **told}
    assert after["updated_at"] == before["updated_at"]

    assert place.run().plan.pending_by == {"read_again": 1}
    place.library.presence.mark_stages("m", [b"b.jpg"], as_read_now)
    asked = []
    monkeypatch.setattr(type(place.library), "facts", lambda _library, folder: asked.append(folder) or {})
    third = place.run()
    assert (third.plan.skipped["fresh"], third.total_files) == (2, 0)
    assert not asked
