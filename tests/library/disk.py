"""A disk as sessions find it over a library: what lies under which name, and what a person says of it."""

from collections import Counter

from sqlalchemy import select

from app.library.saying.editing import parse_edit
from app.library.tables import PersonWords
from app.library.whereabouts import Whereabouts
from app.media import Metadata, Place
from tests.ingest.builders import SESSION, analysis, failure, found

SAID = {
    "A": {"title": "Anna", "score": 5, "keywords": ["anna"], "taken_at": "2001-01-01", "nsfw": True},
    "B": {"title": "Ben", "score": 4, "keywords": ["ben", "boy"]},
    "C": {"title": "Carl", "score": -1, "keywords": ["carl"], "caption": None},
    "D": {"keywords": ["dora"], "nsfw": False},
    "E": {"score": None},
    "F": {},
    "G": {},
}
"""What a person says of some bytes. Of the last two they say nothing."""


class Disk:
    """A library, and the files that a session over it would find: bytes by name.

    `away` are files that are out of sight, as on a disk that is not connected, with where they are said to be.
    """

    def __init__(self, library):
        self.library, self.files, self.away, self.sessions = library, {}, {}, 0
        self.times = Counter()  # how often each was touched
        self.rows = {}  # what the library knows of them: bytes and time

    def takes_in(self, files, *, touched=(), away=None):
        """A session that finds these files: each commits in the order of the paths. Returns the outcomes by name."""
        before = self.files.keys() | self.away.keys()
        self.files, self.away, self.sessions = files, away or {}, self.sessions + 1
        self.times.update(touched)
        outcomes = {}
        for name, content in self.pending():
            result = analysis(
                found(name.encode(), mtime_ns=self.times[name]),
                content=content.encode(),
                metadata=Metadata(title=f"read of {content}", sources={"title": "exif"}),
                keywords=(f"read of {content}",),
                score=2,
            )
            told = self.library.commit_single_file_to_database(
                f"session {self.sessions}",
                result,
                nsfw_threshold=0.8,
                look=self.look,
            )
            outcomes[name] = told.outcome
            self.rows[name] = content, self.times[name]
        gone = [name.encode() for name in before - files.keys() - self.away.keys()]
        self.library.presence.mark_missing("m", gone, self.look)
        return outcomes

    def pending(self):
        """The files that are not fresh, with their bytes, in the order of the paths."""
        known = {}
        for folder in {name.rpartition("/")[0] for name in self.files}:
            known |= self.library.known(Place("m", folder.encode()))
        for name, content in sorted(self.files.items()):
            row = known.get(name.encode())
            fresh = row is not None and self.rows[name] == (content, self.times[name])
            if row is None or not fresh or row.missing or row.words_wait:
                yield name, content

    def look(self, place):
        name = place.path.decode()
        if name in self.away:
            return self.away[name]
        if name not in self.files:
            return Whereabouts.GONE
        known = self.rows[name] == (self.files[name], self.times[name])
        return Whereabouts.IN_PLACE if known else Whereabouts.CHANGED

    def vanishes(self, name, *others):
        """A session that finds the file while it plans, and not when it reads it; `others` it does not look at."""
        self.files = {left: content for left, content in self.files.items() if left not in (name, *others)}
        gone = failure(found(name.encode()), cause="vanished")
        self.library.commit_single_file_to_database(SESSION, gone, nsfw_threshold=0.8, look=self.look)

    def says(self, name, **body):
        self.library.edit(Place("m", name.encode()), parse_edit(body))

    def words(self, name):
        """What a person said of the file with that name, as they said it; what was read is checked on the way."""
        row = self.library.file(Place("m", name.encode()))
        theirs = [column for column, source in (row["sources"] or {}).items() if source == "person"]
        said = {column: row[column] for column in theirs}
        if row["score_source"] == "person":
            said["score"] = row["score"]
        else:
            assert (row["score"], row["score_source"]) == (2, "xmp")
        if row["nsfw_said"] is not None:
            said["nsfw"] = row["nsfw_said"]
        assert (row["taken_at_rule"] == "person") == ("taken_at" in theirs)
        if "title" not in theirs:
            assert (row["title"], row["sources"]["title"]) == (f"read of {self.rows[name][0]}", "exif")
        keywords = [word["text"] for word in row["keywords"] if word["source"] == "person"]
        read = [word["text"] for word in row["keywords"] if word["source"] == "xmp"]
        assert read == [f"read of {self.rows[name][0]}"]
        return said | ({"keywords": keywords} if keywords else {})

    def all_words(self):
        return {name: self.words(name) for name in self.files}

    def kept(self):
        """The titles that are kept, by bytes; None where it is kept that there is no title."""
        names = {analysis(content=content.encode()).identity.sha256: content for content in (*SAID, "X", "Y")}
        rows = self.library._engines.read(lambda c: c.execute(select(PersonWords.sha256, PersonWords.words)).all())
        return {names[sha256]: words.get("title") for sha256, words in rows}


def told(disk, files):
    """Takes files in and has a person say of each what `SAID` has for its bytes."""
    disk.takes_in(files)
    for name, content in files.items():
        disk.says(name, **SAID[content])
    return disk


def as_said(files):
    return {name: SAID.get(content, {}) for name, content in files.items()}
