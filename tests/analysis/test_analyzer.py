"""One file from order to answer: stages, failures, the safe opening, and everything hostile at once."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from app.analysis import analyzer, source
from app.analysis.analyzer import Analyzer
from app.analysis.nsfw.weights import Weights
from app.analysis.pictures import container
from app.analysis.pictures.image import decode_image
from app.analysis.recipes import APPLIES, VERSIONS, Recipes
from app.analysis.source import OpenFile, open_source
from app.analysis.worker import prepare_worker
from app.errors import CannotRead
from app.formats import Kind
from app.media import OPTIONAL, Analysis, Failure, FoundFile, Job, Keyword, Rating, Recipe, Stage
from tests.support.clock import at_most

EVERY = frozenset(Stage) - OPTIONAL
WITHOUT_NSFW = Recipe(dict(VERSIONS), dict(APPLIES), {Stage.NSFW: "no weights"})
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmp:Rating="{}"><dc:subject><rdf:Bag><rdf:li>{}</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def job_for(root, name, *, wanted=EVERY, stale=EVERY, known=None):
    return Job(FoundFile("r", os.fsencode(name), 1, 1), wanted, stale, known)


def analysed(root, name, **options):
    return Analyzer({"r": str(root)}, WITHOUT_NSFW)(job_for(root, name, **options))


def picture_file(path, format_="PNG", size=(64, 48), **options):
    Image.linear_gradient("L").resize(size).convert("RGB").save(path, format_, **options)
    return path


def statuses(result):
    return {stage.value: ended.status.value for stage, ended in result.stages.items()}


def test_an_ai_picture_goes_through_every_stage(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "fog, (sea:1.3)\nSteps: 4, Sampler: Euler, Seed: 9")
    path = picture_file(tmp_path / "a.png", pnginfo=info)
    (tmp_path / "a.xmp").write_text(XMP.format(2, "boat"))
    (tmp_path / ".scores").mkdir()
    (tmp_path / ".scores" / "a.png.json").write_text('{"score": -1}')
    result = analysed(tmp_path, "a.png")
    assert isinstance(result, Analysis)
    status = path.stat()
    assert (result.file.size, result.file.mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert result.identity.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (result.identity.kind, result.identity.format, result.identity.mode) == (Kind.IMAGE, "png", "RGB")
    assert (result.identity.width, result.identity.height, result.identity.notes) == (64, 48, ())
    assert result.metadata.prompt == "fog, (sea:1.3)"
    assert result.keywords == (Keyword("boat", "sidecar"), Keyword("fog", "prompt"), Keyword("sea", "prompt", 1.3))
    assert result.rating == Rating(-1, "scores")
    assert result.picture.webp.startswith(b"RIFF")
    done = dict.fromkeys(["identify", "metadata", "keywords", "score", "thumbnail"], "done")
    assert statuses(result) == done | dict.fromkeys(["nsfw", *OPTIONAL], "skipped")
    assert all(ended.version == VERSIONS[stage] for stage, ended in result.stages.items())


def test_ratings_fall_from_scores_to_sidecar_to_xmp_to_exif(tmp_path):
    exif = Image.Exif()
    exif[0x4746] = 1
    picture_file(tmp_path / "a.jpg", "JPEG", exif=exif)
    assert analysed(tmp_path, "a.jpg").rating == Rating(1, "exif")
    picture_file(tmp_path / "a.jpg", "JPEG", exif=exif, xmp=XMP.format(2, "x").encode())
    assert analysed(tmp_path, "a.jpg").rating == Rating(2, "xmp")
    (tmp_path / "a.xmp").write_text(XMP.format(3, "x"))
    assert analysed(tmp_path, "a.jpg").rating == Rating(3, "sidecar")
    (tmp_path / ".scores").mkdir()
    (tmp_path / ".scores" / "a.jpg.json").write_text('{"score": 0}')
    assert analysed(tmp_path, "a.jpg").rating == Rating(0, "scores")


def test_damaged_sidecars_fail_their_stages_and_not_the_file(tmp_path):
    picture_file(tmp_path / "a.jpg", "JPEG", xmp=XMP.format(4, "sea").encode())
    (tmp_path / "a.xmp").write_text("<broken")
    result = analysed(tmp_path, "a.jpg")
    assert (result.stages[Stage.KEYWORDS].cause, result.stages[Stage.SCORE].cause) == ("damaged_sidecar",) * 2
    assert result.keywords == (Keyword("sea", "xmp"),), "what could be read was kept"
    assert result.rating == Rating(4, "xmp")
    assert result.stages[Stage.METADATA].cause == "damaged_sidecar"
    assert result.metadata is not None
    (tmp_path / "a.xmp").write_text(XMP.format(3, "sea"))
    (tmp_path / ".scores").mkdir()
    (tmp_path / ".scores" / "a.jpg.json").write_text("{")
    result = analysed(tmp_path, "a.jpg")
    assert (result.rating, result.stages[Stage.SCORE].cause) == (Rating(3, "sidecar"), "damaged_sidecar")


def test_a_sidecar_that_says_unrated_is_not_spoken_against_by_the_file(tmp_path):
    exif = Image.Exif()
    exif[0x4746] = 4
    picture_file(tmp_path / "a.jpg", "JPEG", exif=exif, xmp=XMP.format(5, "sea").encode())
    (tmp_path / "a.xmp").write_text(XMP.format(0, "sea"))
    assert analysed(tmp_path, "a.jpg").rating == Rating(None, "sidecar")
    (tmp_path / "a.xmp").write_text(XMP.format("", "sea"))
    assert analysed(tmp_path, "a.jpg").rating == Rating(5, "xmp")
    picture_file(tmp_path / "a.jpg", "JPEG", exif=exif, xmp=XMP.format(0, "sea").encode())
    assert analysed(tmp_path, "a.jpg").rating == Rating(None, "xmp")


def test_takeout_and_a_sidecar_each_speak_although_the_other_is_broken(tmp_path):
    picture_file(tmp_path / "a.jpg", "JPEG")
    told = {"title": "a.jpg", "photoTakenTime": {"timestamp": "86400"}, "people": [{"name": "Ada"}]}
    (tmp_path / "a.jpg.json").write_text(json.dumps(told))
    (tmp_path / "a.xmp").write_text("<broken")
    result = analysed(tmp_path, "a.jpg")
    assert (result.metadata.taken_at, result.keywords) == ("1970-01-02T00:00:00+00:00", (Keyword("Ada", "takeout"),))
    assert result.stages[Stage.METADATA].cause == "damaged_sidecar"
    (tmp_path / "a.jpg.json").write_text("{")
    (tmp_path / "a.xmp").write_text(XMP.format(3, "boat"))
    result = analysed(tmp_path, "a.jpg")
    assert (result.keywords, result.rating) == ((Keyword("boat", "sidecar"),), Rating(3, "sidecar"))
    assert result.stages[Stage.KEYWORDS].cause == "damaged_sidecar"


def test_damaged_metadata_fails_its_stages_and_not_the_file(tmp_path):
    picture_file(tmp_path / "a.jpg", "JPEG", xmp=b"<x:xmpmeta")
    result = analysed(tmp_path, "a.jpg")
    assert statuses(result) == {
        "identify": "done",
        "metadata": "failed",
        "keywords": "failed",
        "score": "failed",
        "thumbnail": "done",
        **dict.fromkeys(["nsfw", *OPTIONAL], "skipped"),
    }
    assert result.stages[Stage.METADATA].cause == "damaged_metadata"
    assert result.metadata is not None


@pytest.mark.parametrize(("error", "cause"), [(MemoryError(), "decoder_memory"), (KeyError("x"), "damaged_metadata")])
def test_whatever_a_stage_raises_becomes_a_cause(tmp_path, monkeypatch, error, cause):
    def interpret(*_found):
        raise error

    monkeypatch.setattr(analyzer, "interpret_image", interpret)
    picture_file(tmp_path / "a.png")
    result = analysed(tmp_path, "a.png")
    assert (result.metadata, result.stages[Stage.METADATA].cause) == (None, cause)


def test_a_known_content_runs_only_what_is_stale(tmp_path):
    path = picture_file(tmp_path / "a.png")
    known = hashlib.sha256(path.read_bytes()).hexdigest()
    result = analysed(tmp_path, "a.png", stale=frozenset({Stage.SCORE}), known=known)
    assert [name for name, status in statuses(result).items() if status == "done"] == ["identify", "score"]
    assert (result.metadata, result.keywords, result.picture) == (None, None, None)
    changed = analysed(tmp_path, "a.png", wanted=frozenset({Stage.METADATA}), stale=frozenset(), known="0" * 64)
    assert [name for name, status in statuses(changed).items() if status == "done"] == ["identify", "metadata"]


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_nothing_is_decoded_where_no_picture_is_wanted(tmp_path, monkeypatch, format_):
    picture_file(tmp_path / "a", format_)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    result = analysed(tmp_path, "a", wanted=EVERY - {Stage.THUMBNAIL, Stage.NSFW})
    assert statuses(result)["metadata"] == "done"


def test_keywords_read_the_metadata_even_where_only_they_are_wanted(tmp_path):
    picture_file(tmp_path / "a.jpg", "JPEG", xmp=XMP.format(0, "sea").encode())
    result = analysed(tmp_path, "a.jpg", wanted=frozenset({Stage.KEYWORDS}))
    assert (result.keywords, result.metadata) == ((Keyword("sea", "xmp"),), None)


def test_a_suffix_that_does_not_match_is_noted(tmp_path):
    picture_file(tmp_path / "a.jpg", "PNG")
    result = analysed(tmp_path, "a.jpg")
    assert result.identity.format == "png"
    assert result.identity.notes == ("The suffix .jpg promises jpeg, the content is png.",)


def test_a_video_is_identified_hashed_and_rated_by_its_sidecar(tmp_path):
    content = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(3 * source.PIECE_BYTES)
    (tmp_path / "a.mp4").write_bytes(content)
    (tmp_path / "a.mp4.xmp").write_text(XMP.format(4, "trip"))
    result = analysed(tmp_path, "a.mp4")
    assert (result.identity.kind, result.identity.format, result.identity.width) == (Kind.VIDEO, "mp4", None)
    assert result.identity.sha256 == hashlib.sha256(content).hexdigest()
    assert (result.rating, result.keywords) == (Rating(4, "sidecar"), (Keyword("trip", "sidecar"),))
    assert [name for name, status in statuses(result).items() if status == "done"] == ["identify", "keywords", "score"]
    assert result.stages[Stage.METADATA].cause == result.stages[Stage.THUMBNAIL].cause == "damaged_video"
    assert (result.metadata.taken_at, result.picture) == (None, None)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "empty_file"),
        (b"<!doctype html><script>alert(1)</script>", "not_media"),
        (b"#EXTM3U\nhttp://127.0.0.1:9/segment.ts", "not_media"),
        (b"8BPS\0\2", "unsupported_format"),
        (b"\xff\xd8\xff\xe0", "truncated_image"),
    ],
)
def test_what_cannot_be_identified_is_a_failure_with_its_cause(tmp_path, content, cause):
    (tmp_path / "a.jpg").write_bytes(content)
    result = analysed(tmp_path, "a.jpg")
    assert isinstance(result, Failure)
    assert (result.stage, result.cause) == (Stage.IDENTIFY, cause)
    assert result.stages[Stage.IDENTIFY].cause == cause
    assert set(result.stages) == set(Stage)


def test_a_damaged_picture_is_taken_in_with_what_can_be_seen_of_it(tmp_path):
    path = picture_file(tmp_path / "a.png", size=(400, 300))
    path.write_bytes(path.read_bytes()[:-100])
    result = analysed(tmp_path, "a.png")
    assert isinstance(result, Analysis)
    ended = result.stages[Stage.THUMBNAIL]
    assert (ended.status, ended.cause) == ("failed", "truncated_image")
    assert " % " in ended.reason
    assert (result.picture.phash, bool(result.picture.webp)) == (None, True)
    assert (result.identity.width, result.identity.height) == (400, 300)
    assert "bytes are missing" in result.identity.notes[0]
    assert statuses(result)["metadata"] == "done"


def test_an_end_mark_alone_that_is_missing_is_a_note_and_no_failure(tmp_path):
    for name, lacking in (("a.jpg", 2), ("a.png", 12), ("a.gif", 1)):
        path = tmp_path / name
        Image.linear_gradient("L").save(path)
        whole = analysed(tmp_path, name)
        path.write_bytes(path.read_bytes()[:-lacking])
        result = analysed(tmp_path, name)
        assert result.picture == whole.picture, name
        assert statuses(result)["thumbnail"] == "done", name
        assert f"at least {lacking} bytes are missing" in result.identity.notes[0], name


def test_a_sparse_file_of_a_hundred_gigabytes_is_refused_at_once(tmp_path):
    for name, head, cause in (("a.mp4", b"", "not_media"), ("a.jpg", b"\xff\xd8\xff\xe0", "decoder_memory")):
        with (tmp_path / name).open("wb") as handle:
            handle.write(head)
            handle.truncate(100 * 1024**3)
        with at_most(1):
            assert analysed(tmp_path, name).cause == cause


def refused(root, name):
    with pytest.raises(CannotRead) as caught, open_source(os.fsencode(root), os.fsencode(name)):
        pass
    return caught.value.cause


def test_links_folders_and_special_files_are_never_opened(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    picture_file(tmp_path / "outside" / "a.png")
    (root / "link.png").symlink_to(tmp_path / "outside" / "a.png")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "real").mkdir()
    os.mkfifo(root / "pipe.png")
    for name in ("link.png", "folder/a.png", "real", "pipe.png", "../outside/a.png", "..", "", "a\0b"):
        assert refused(root, name) == "not_a_file", name
    assert refused(root, str(tmp_path / "outside" / "a.png")) == "not_a_file"
    assert refused(root, "gone.png") == "vanished"
    assert refused(root, "pipe.png/a.png") == "vanished"
    assert refused(root, "n" * 300) == "vanished"


def test_a_link_between_folders_of_one_root_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    picture_file(tmp_path / "real" / "a.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert isinstance(analysed(tmp_path, "link/a.png"), Analysis)


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    def denied(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(source.os, "open", denied)
    result = analysed(tmp_path, "a.png")
    assert (result.cause, result.reason) == ("unreadable", "The file cannot be read: Permission denied.")


@pytest.mark.parametrize("memory", [source.MEMORY_BYTES, 10])
def test_a_file_that_grows_while_it_is_read_is_still_changing(tmp_path, monkeypatch, memory):
    path = picture_file(tmp_path / "a.png")
    monkeypatch.setattr(source, "MEMORY_BYTES", memory)
    real_head = OpenFile.head

    def growing(self):
        with path.open("ab") as handle:
            handle.write(b"more")
        return real_head(self)

    monkeypatch.setattr(OpenFile, "head", growing)
    assert analysed(tmp_path, "a.png").cause == "still_changing"


def test_a_file_too_large_for_memory_is_decoded_from_disk_and_checked_again(tmp_path, monkeypatch):
    path = picture_file(tmp_path / "a.png")
    monkeypatch.setattr(source, "MEMORY_BYTES", 10)
    assert isinstance(analysed(tmp_path, "a.png"), Analysis)
    real_decode = decode_image

    def slow(*content):
        os.utime(path, ns=(1, 1))
        return real_decode(*content)

    monkeypatch.setattr("app.analysis.pictures.partial.decode_image", slow)
    assert analysed(tmp_path, "a.png").cause == "still_changing"


def test_names_are_bytes(tmp_path):
    name = b"caf\xe9.png"
    picture_file(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)))
    assert isinstance(analysed(tmp_path, name), Analysis)


def test_the_recipe_says_what_is_there_and_why_nsfw_is_not(tmp_path, monkeypatch):
    assert set(VERSIONS) == set(APPLIES) == set(Stage)
    monkeypatch.setenv("OPENNSFW2_HOME", str(tmp_path))
    assert Recipes(Weights(None, tmp_path / "models")).now().runnable(Kind.VIDEO, EVERY) == EVERY
    monkeypatch.setattr("app.analysis.nsfw.weights.locate_onnx", lambda: None)  # a package that was not installed
    recipe = Recipes(Weights(None, tmp_path / "models")).now()
    place = tmp_path / ".opennsfw2" / "weights" / "open_nsfw_weights.h5"
    assert f"unavailable: there is no weights file at {place}" in recipe.unavailable[Stage.NSFW]
    assert recipe.runnable(Kind.VIDEO, EVERY) == EVERY - {Stage.NSFW}
    monkeypatch.setattr(container, "find_spec", lambda name: None)
    recipe = Recipes(Weights(None, tmp_path / "models")).now()
    assert recipe.runnable(Kind.VIDEO, EVERY) == {Stage.IDENTIFY, Stage.KEYWORDS, Stage.SCORE}
    assert recipe.runnable(Kind.IMAGE, EVERY) == EVERY - {Stage.NSFW}
    assert recipe.limited == dict.fromkeys(EVERY - {Stage.IDENTIFY, Stage.NSFW}, container.UNAVAILABLE)


def test_a_prepared_worker_writes_nothing_to_file_descriptor_2():
    kept = os.dup(2)
    try:
        prepare_worker()
        assert os.path.samestat(os.fstat(2), os.stat(os.devnull))
    finally:
        os.dup2(kept, 2)
        os.close(kept)
