"""The feed of changes, on both engines: who writes a row or a link cannot help telling."""

import pytest
from sqlalchemy import delete, insert, select, text, update

from app.library.describing.tables import PROPOSALS
from app.library.finding.changes import noted_once
from app.library.finding.words.fulltext import write_words
from app.library.tables import CHANGES, KEYWORDS, LINKS, MEDIA
from tests.library.finding.stock import add, file

LINK = {"media_id": 1, "keyword_id": 1, "source": "xmp"}
PROPOSAL = {"media_id": 1, "field": "title", "text": "The sea", "run": "r", "at": "2026-11-20T10:00:00.000+00:00"}
CHANGE = {
    "its title": (update(MEDIA).values(title="other"), False),
    "its settings": (update(MEDIA).values(generation={"seed": 2}), False),
    "its score": (update(MEDIA).values(score=3), True),
    "nothing": (update(MEDIA).values(title="first"), True),
    "a link": (insert(LINKS).values(LINK | {"source": "iptc"}), False),
    "the weight of a link": (update(LINKS).values(weight=2.0), False),
    "a link that goes": (delete(LINKS), False),
    "a proposal": (insert(PROPOSALS).values(PROPOSAL), False),
    "a proposal that is judged": (update(PROPOSALS).values(state="rejected"), False),
    "a proposal that is withdrawn": (delete(PROPOSALS), False),
    "its end": (delete(MEDIA), False),
}


@pytest.fixture
def feed(library):
    """What the feed says of each file, by its id: `seq` and whether its words are written."""

    def read():
        columns = (CHANGES.c.media_id, CHANGES.c.seq, CHANGES.c.worded)
        return {row[0]: row[1:] for row in library._engines.read(lambda c: c.execute(select(*columns)).all())}

    def work(connection):
        connection.execute(insert(KEYWORDS).values(id=1, text="sea"))
        connection.execute(insert(LINKS).values(LINK))
        connection.execute(insert(PROPOSALS).values(PROPOSAL))
        write_words(connection, 10)

    add(library, [file(2), file(1, title="first", generation={"seed": 1})])
    library._engines.write(work)
    return read


@pytest.mark.parametrize("change", CHANGE)
def test_each_change_of_a_file_moves_it_to_the_end(library, feed, change):
    statement, worded = CHANGE[change]
    before = feed()
    assert before[2] < before[1]
    if statement.table is MEDIA:
        statement = statement.where(MEDIA.c.id == 1)
    library._engines.write(lambda connection: connection.execute(statement))
    after = feed()
    assert after.pop(2) == before[2]
    assert after[1][0] > before[1][0]
    assert after[1][1] == worded


def test_an_id_that_is_given_again_is_a_change(library, feed):
    library._engines.write(lambda connection: connection.execute(delete(MEDIA)))
    gone = feed()
    add(library, [file(1)])
    assert feed()[1] > gone[1]
    assert not feed()[1][1]


def test_a_statement_that_passes_over_conflicts_is_noted_as_well(library, feed):
    """On SQLite its clause rules what the triggers do, too."""
    before = feed()
    ignore = {
        "sqlite": "UPDATE OR IGNORE media_files SET title = 'x'",
        "postgresql": "UPDATE media_files SET title = 'x'",
    }
    library._engines.write(lambda c: c.execute(text(ignore[c.dialect.name])))
    assert all(feed()[number] > before[number] for number in before)


def test_a_write_notes_each_file_once_whatever_it_changes_and_never_misses_what_was_read(library, feed):
    def work(connection):
        with noted_once(connection):
            connection.execute(update(MEDIA).where(MEDIA.c.id == 1).values(score=3))
            connection.execute(insert(LINKS).values(LINK | {"source": "iptc"}))
            noted = connection.execute(select(CHANGES.c.seq).where(CHANGES.c.media_id == 1)).scalar_one()
            connection.execute(update(PROPOSALS).values(state="rejected"))
            connection.execute(delete(LINKS))
            connection.execute(update(MEDIA).where(MEDIA.c.id == 1).values(title="other"))
        return noted

    before = feed()
    noted = library._engines.write(work)
    assert feed() == {2: before[2], 1: (noted, False)}
    assert noted > before[1][0]
    assert library._engines.write(work) > noted, "that it waits for its words already is no reason to be silent"
    assert feed().keys() == {1, 2}
