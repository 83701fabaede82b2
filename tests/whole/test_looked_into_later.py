"""A library made without PyAV: once it is there, each video is read again for what stands in it, and only that."""

import os

import pytest

from app.analysis.analyzer import Analyzer
from app.analysis.nsfw.weights import Weights
from app.analysis.pictures import container
from app.analysis.recipes import Recipes
from app.ingest.plan.survey import NOTHING_KNOWN, judge
from app.media import FoundFile, Place, Skip, Stage
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.films import flag_film
from tests.ingest.builders import OTHER_SESSION, SESSION, parameters
from tests.samples import box

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
ASKED = parameters(enable_nsfw_detection=False)


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(
        flag_film("mp4") + box(b"uuid", XMP_UUID, packet("<dc:subject>sea</dc:subject>", 'xmp:Rating="4"'))
    )
    (tmp_path / "a.mp4.xmp").write_bytes(packet("<dc:subject>mine</dc:subject>"))
    now = os.stat(path)
    return FoundFile("r", b"a.mp4", now.st_size, now.st_mtime_ns, "1:1")


@pytest.fixture
def session(library, tmp_path, film):
    """Runs what a session with this recipe would: a skip, or the stages that run although the bytes are known."""

    def run(recipe, session_id):
        verdict, _, _ = judge(film, library.known(Place("r")).get(film.path, NOTHING_KNOWN), ASKED, recipe)
        if isinstance(verdict, Skip):
            return verdict
        result = Analyzer({"r": str(tmp_path)}, recipe)(verdict)
        library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8)
        return verdict.stale

    return run


def said(library, film):
    row = library.file(Place("r", film.path))
    return row["score"], sorted(keyword["text"] for keyword in row["keywords"]), row["width"]


def test_keywords_and_score_of_a_video_are_read_again_when_pyav_comes_and_stay_when_it_goes(
    library, session, film, tmp_path, monkeypatch
):
    recipes = Recipes(Weights(None, tmp_path / "models"))
    seeing = recipes.now()
    monkeypatch.setattr(container, "find_spec", lambda _name: None)
    blind = recipes.now()
    session(blind, SESSION)
    assert said(library, film) == (None, ["mine"], None)
    assert session(blind, OTHER_SESSION) is Skip.FRESH
    assert session(seeing, OTHER_SESSION) == {Stage.METADATA, Stage.KEYWORDS, Stage.SCORE, Stage.THUMBNAIL}
    assert said(library, film) == (4, ["mine", "sea"], 64)
    assert session(seeing, SESSION) is Skip.FRESH
    assert session(blind, SESSION) is Skip.FRESH
    assert said(library, film) == (4, ["mine", "sea"], 64)
