"""Of which files a newer program can read something else: the table of revisions, by example and as a whole."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.nsfw.weights import Weights
from app.analysis.recipes import VERSIONS, Recipes
from app.analysis.revisions import REVISIONS
from app.formats import FORMATS, Kind
from app.media import Recipe, Stage, StageStatus
from app.models import NsfwModel
from app.revisions import FAILED_BEFORE, Revision, RowFacts, find_reason

BEFORE = {Stage.METADATA: "2", Stage.KEYWORDS: "2", Stage.SCORE: "2", Stage.THUMBNAIL: "1", Stage.NSFW: "1:feed"}
ORDINARY = RowFacts(
    "IMG_1.jpg",
    mode="RGB",
    camera_make="Box",
    taken_at="2024-05-01T10:11:12",
    sources={"taken_at": "exif"},
    colour_space="1",
    parts=frozenset({"exif"}),
)
PNG = RowFacts("a.png", format="png", mode="RGB", taken_at="2024-05-01T10:11:12+02:00")
FILM = RowFacts("a.mp4", Kind.VIDEO, "mp4", height=480, video_codec="h264")
PIXELS = {Stage.THUMBNAIL, Stage.NSFW}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """That of today, with weights."""
    now = Recipes(Weights(None, tmp_path_factory.mktemp("models"))).now()
    versions = {**VERSIONS, Stage.NSFW: f"{VERSIONS[Stage.NSFW]}:feed"}
    return replace(now, versions=versions, unavailable={}, nsfw_model=NsfwModel("m", "feed", "m.xml"))


def run_again(recipe: Recipe, facts: RowFacts, versions: dict[Stage, str] = BEFORE, status: str = "done"):
    """The stages that run again of a file which the release before has read, each with the reason."""
    marks = {stage: {"status": status, "version": version} for stage, version in versions.items()}
    reasons = {stage: recipe.why_again(stage, facts.kind, mark, lambda: facts) for stage, mark in marks.items()}
    return {stage: why for stage, why in reasons.items() if why is not None}


EXAMPLES: list[tuple[str, RowFacts, Collection[Stage]]] = [
    ("an ordinary JPEG", ORDINARY, ()),
    ("a JPEG that says nothing", RowFacts("a.jpg", mode="RGB"), ()),
    ("a JPEG in other colours", replace(ORDINARY, colour_space="65535"), PIXELS),
    ("a JPEG for printing", replace(ORDINARY, mode="CMYK"), PIXELS),
    ("a camera raw file in Adobe RGB", replace(ORDINARY, format="nef", colour_space="2"), PIXELS),
    ("a camera raw file in sRGB", replace(ORDINARY, format="nef"), ()),
    ("a GIF without transparency", RowFacts("a.gif", format="gif", mode="RGB"), ()),
    ("a GIF that may have some", RowFacts("a.gif", format="gif", mode="P"), {Stage.NSFW}),
    ("a PNG that may have a profile", PNG, PIXELS),
    ("one of 16 bits", replace(PNG, mode="I;16"), PIXELS),
    ("a TIFF", replace(PNG, format="tiff"), {Stage.METADATA, *PIXELS}),
    ("a HEIC", replace(PNG, format="heic"), {Stage.METADATA, *PIXELS}),
    ("an AVIF", replace(PNG, format="avif"), {Stage.METADATA, *PIXELS}),
    ("an AI image", replace(PNG, generator="automatic1111"), {Stage.METADATA, Stage.KEYWORDS}),
    (
        "an AI image with alpha",
        replace(PNG, generator="comfyui", mode="RGBA"),
        {Stage.METADATA, Stage.KEYWORDS, Stage.NSFW},
    ),
    ("a JPEG with texts", replace(ORDINARY, parts=frozenset({"text"})), {Stage.METADATA, Stage.KEYWORDS}),
    ("a JPEG with two pictures", replace(ORDINARY, frames=2), {Stage.METADATA, Stage.NSFW}),
    ("a lens in a maker note", replace(ORDINARY, camera_make="NIKON CORPORATION"), {Stage.METADATA}),
    ("a thermal camera", replace(ORDINARY, camera_make="FLIR Systems AB"), {Stage.METADATA}),
    ("stars in a maker note", replace(ORDINARY, camera_make="FUJIFILM", lens_model="XF23mmF1.4 R"), {Stage.SCORE}),
    ("a lens that is known", replace(ORDINARY, camera_make="Canon", lens_model="EF 50mm"), ()),
    ("a phone that may film behind", replace(ORDINARY, camera_make="HUAWEI"), {Stage.METADATA}),
    ("whose film is known", replace(ORDINARY, camera_make="HUAWEI", embedded_video_bytes=9), ()),
    ("a clock in UTC", replace(ORDINARY, camera_make="samsung", embedded_video_bytes=9), {Stage.METADATA}),
    ("a place and no zone", replace(ORDINARY, latitude=1.5, longitude=2.5), {Stage.METADATA}),
    ("a place and a zone", replace(ORDINARY, latitude=1.5, longitude=2.5, taken_at="2024-05-01T10:11:12+02:00"), ()),
    ("no fix", replace(ORDINARY, latitude=0.0, longitude=0.0), {Stage.METADATA}),
    ("faces that XMP marks", replace(ORDINARY, areas=True), {Stage.METADATA}),
    ("labels of YOLO beside it", replace(ORDINARY, sidecar="txt=9:9"), {Stage.METADATA, Stage.KEYWORDS}),
    ("a date in the name", RowFacts("IMG-20240501-WA0001.jpg", mode="RGB"), {Stage.METADATA}),
    ("a date that could not be read", replace(ORDINARY, taken_at=None), {Stage.METADATA}),
    ("a date of IPTC", replace(ORDINARY, sources={"taken_at": "iptc"}), {Stage.METADATA}),
    ("a day alone", replace(ORDINARY, taken_at="2024-05-01"), {Stage.METADATA}),
    ("XMP", replace(ORDINARY, parts=frozenset({"xmp"})), {Stage.METADATA, Stage.KEYWORDS}),
    ("a sidecar", replace(ORDINARY, sidecar="xmp=1:1"), {Stage.METADATA, Stage.KEYWORDS}),
    ("JSON for a caption", replace(ORDINARY, caption='{"a": 1}'), {Stage.METADATA, Stage.KEYWORDS}),
    ("a small film", FILM, {Stage.METADATA, Stage.KEYWORDS}),
    ("a film in high definition", replace(FILM, height=1080), {Stage.METADATA, Stage.KEYWORDS, *PIXELS}),
    ("a film of ten bits", replace(FILM, video_codec="hevc"), {Stage.METADATA, Stage.KEYWORDS, *PIXELS}),
]


@pytest.mark.parametrize(("facts", "stages"), [one[1:] for one in EXAMPLES], ids=[one[0] for one in EXAMPLES])
def test_only_the_stages_run_again_whose_result_can_differ(recipe, facts, stages):
    again = run_again(recipe, facts)
    assert again.keys() == set(stages)
    assert all(again.values()), "each with a reason"


def test_every_version_since_the_first_is_named_by_a_revision_and_none_to_come():
    for stage, version in VERSIONS.items():
        named = {revision.stages[stage] for revision in REVISIONS if stage in revision.stages}
        assert named == set(range(2, int(version) + 1)), stage


def test_every_revision_concerns_some_of_the_examples_and_the_newest_versions_not_all():
    for revision in REVISIONS:
        concerned = [name for name, facts, _ in EXAMPLES if revision.concerns(facts)]
        assert concerned, revision.why
        assert ("an ordinary JPEG" in concerned) is (revision.stages.get(Stage.METADATA) == 2), revision.why


def test_a_reason_goes_on_after_because():
    for revision in REVISIONS:
        assert revision.why[0].islower() or revision.why[:2].isupper() or revision.why.startswith("Content Credentials")
        assert not revision.why.endswith(".")
    assert len({revision.why for revision in REVISIONS}) == len(REVISIONS)


rows = st.builds(
    RowFacts,
    name=st.sampled_from(["a.jpg", "IMG-20240501-WA0001.jpg", ""]),
    kind=st.sampled_from(Kind),
    format=st.sampled_from([format_.name for format_ in FORMATS] + ["of another version"]),
    mode=st.sampled_from([None, "RGB", "RGBA", "CMYK", "I;16B", "P"]),
    height=st.none() | st.integers(1, 9000),
    frames=st.integers(1, 3),
    camera_make=st.none() | st.sampled_from(["Canon", "samsung", "Apple"]) | st.text(max_size=5),
    taken_at=st.sampled_from(
        [None, "2024", "2024-05", "2024-05-01", "2024-05-01T10:11:12", "2024-05-01T10:11:12+02:00"]
    ),
    latitude=st.none() | st.just(0.0) | st.floats(-90, 90),
    caption=st.none() | st.text(max_size=5),
    sources=st.dictionaries(st.sampled_from(["taken_at", "latitude"]), st.sampled_from(["exif", "xmp", "iptc"])),
    parts=st.frozensets(st.sampled_from(["exif", "xmp", "iptc", "text"])),
)


@settings(max_examples=200)
@given(rows, st.sampled_from([StageStatus.DONE, StageStatus.FAILED]))
def test_a_row_that_was_read_now_is_never_pending_and_a_stage_that_failed_before_always_is(recipe, facts, status):
    now = {stage: recipe.version(stage, facts.kind) for stage in Stage}
    assert run_again(recipe, facts, now, status) == {}
    assert run_again(recipe, facts, status="failed") == dict.fromkeys(BEFORE, FAILED_BEFORE)


def test_other_weights_concern_every_file_whatever_the_number(recipe):
    for version in ("1:dead", "2:dead", "2", "dead"):
        assert run_again(recipe, ORDINARY, {Stage.NSFW: version}) == {Stage.NSFW: ""}
    assert run_again(recipe, ORDINARY, {Stage.NSFW: "2:feed"}) == {}


def never(_facts: RowFacts) -> bool:
    return False


def test_a_version_that_no_revision_speaks_of_concerns_every_file_and_the_row_is_not_asked():
    def ask() -> RowFacts:
        raise AssertionError("The row is not asked.")

    third = Revision({"score": 3}, "it is so", never)
    assert find_reason((), "score", range(2, 3), ask) == ""
    assert find_reason((third,), "score", range(2, 4), ask) == ""
    assert find_reason((third,), "score", range(3, 4), RowFacts) is None


def test_a_stage_that_went_through_several_versions_is_concerned_by_any(recipe):
    assert run_again(recipe, ORDINARY, {Stage.METADATA: "1", Stage.THUMBNAIL: "1"}).keys() == {Stage.METADATA}
