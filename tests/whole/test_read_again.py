"""A library that the release before has made: what can be read better is read again, and a plan says why."""

from dataclasses import replace

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base

from app.analysis import pixels
from app.analysis.analyzer import Analyzer
from app.analysis.nsfw.weights import Weights
from app.analysis.recipes import Recipes
from app.ingest.disk.folders import Folders
from app.ingest.plan.survey import Survey, Verdict
from app.ingest.plan.tally import Tally
from app.media import Place, Stage
from tests.analysis.formats.packets import packet
from tests.analysis.formats.pngs import with_chunks
from tests.analysis.pictures.films import flag_film
from tests.analysis.pictures.pictures import saved
from tests.ingest.builders import OTHER_SESSION, SESSION, parameters
from tests.samples import a1111_parameters

ASKED = parameters(enable_nsfw_detection=False)
THEN = {Stage.METADATA: "2", Stage.KEYWORDS: "2", Stage.SCORE: "2", Stage.THUMBNAIL: "1", Stage.NSFW: "1"}


class Asked:
    """A library, with how often it was asked what rows tell."""

    def __init__(self, library):
        self.known, self._library, self.facts_asked = library.known, library, 0

    def facts(self, folder):
        self.facts_asked += 1
        return self._library.facts(folder)


def taken(make, *, colour_space):
    """EXIF of a camera: its make, when it was taken, in which colours."""
    exif = Image.Exif()
    exif[Base.Make] = make
    exif.get_ifd(IFD.Exif).update({Base.DateTimeOriginal: "2024:05:01 10:11:12", Base.ColorSpace: colour_space})
    return exif.tobytes()


@pytest.fixture
def folder(tmp_path):
    texts = with_chunks(saved("PNG"), (b"tEXt", b"parameters\0" + a1111_parameters("a sea", "fog").encode()))
    files = {
        "ordinary.jpg": saved(exif=taken("Box", colour_space=1)),
        "plain.jpg": saved(),
        "wide.jpg": saved(exif=taken("Box", colour_space=65535)),
        "lens.jpg": saved(exif=taken("Canon", colour_space=1)),
        "words.jpg": saved(exif=taken("Box", colour_space=1), xmp=packet("<dc:subject>sea</dc:subject>")),
        "drawn.png": texts,
        "film.mp4": flag_film("mp4"),
    }
    place = tmp_path / "media"
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)
    return place


@pytest.fixture
def session(library, folder):
    """Plans with a recipe, and runs what is planned: the stages that ran again by file, and why."""
    disk = Folders({"m": folder})

    def run(recipe, session_id):
        asked = Asked(library)
        survey = Survey(disk.read, asked, recipe, (Place("m"),), ASKED)
        verdicts = [verdict for verdict in survey if isinstance(verdict, Verdict)]
        jobs = {verdict.entry.name.decode(): verdict.job for verdict in verdicts if verdict.job}
        for job in jobs.values():
            result = Analyzer({"m": str(folder)}, recipe)(job)
            library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8)
        tally = Tally().counted(verdicts)
        return {name: job.stale for name, job in jobs.items()}, tally, asked.facts_asked

    return run


def test_only_what_can_differ_is_read_again_and_ordinary_pictures_are_not_even_opened(
    library, session, tmp_path, monkeypatch
):
    now = Recipes(Weights(None, tmp_path / "models")).now()
    before, _, asked = session(replace(now, versions={**now.versions, **THEN}, revisions=()), SESSION)
    assert (len(before), asked) == (7, 0)
    thumbnails = library.file(Place("m", b"lens.jpg"))["phash"]

    decoded = []
    decode = pixels.see_image
    monkeypatch.setattr(pixels, "see_image", lambda content, *rest: decoded.append(content) or decode(content, *rest))
    again, tally, asked = session(now, OTHER_SESSION)
    metadata, words = {Stage.METADATA}, {Stage.METADATA, Stage.KEYWORDS}
    assert again == {
        "wide.jpg": {Stage.THUMBNAIL},
        "lens.jpg": metadata,
        "words.jpg": words,
        "drawn.png": words,
        "film.mp4": words,
    }
    assert (len(decoded), asked) == (1, 1), "the picture in other colours; the rows of a folder at once"
    assert tally.pending_by == {"read_again": 5}
    assert tally.read_again == {
        "colour profiles and HDR are followed now": 1,
        "lenses are read from maker notes now": 1,
        "prompts and settings of AI images are read better now": 1,
        "more is read of films now": 1,
        "keywords and captions of more programs are read now": 1,
    }
    row = library.file(Place("m", b"lens.jpg"))
    assert row["phash"] == thumbnails
    assert {stage: mark["version"] for stage, mark in row["stages"].items()} == {
        **{stage.value: version for stage, version in THEN.items() if stage is not Stage.NSFW},
        "identify": now.versions[Stage.IDENTIFY],
        "metadata": now.versions[Stage.METADATA],
    }

    nothing, tally, _ = session(now, OTHER_SESSION)
    assert (nothing, tally.pending, tally.read_again) == ({}, 0, {})


def test_rows_of_today_are_never_asked_what_they_tell(session, tmp_path):
    now = Recipes(Weights(None, tmp_path / "models")).now()
    assert len(session(now, SESSION)[0]) == 7
    assert session(now, OTHER_SESSION)[::2] == ({}, 0)
