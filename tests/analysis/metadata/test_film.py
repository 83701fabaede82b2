"""What a video says of itself, and its poster: films made here with PyAV, read as the analysis reads them."""

import io
import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.analysis.metadata.beside import Beside
from app.analysis.metadata.film import interpret_film, sort_film_tags
from app.analysis.metadata.place import parse_iso6709
from app.analysis.metadata.takeout import Takeout
from app.analysis.nsfw.weights import Weights
from app.analysis.pictures import container
from app.analysis.pictures.container import Film, FilmInfo
from app.analysis.pictures.frames import choose_poster, sample_pictures
from app.analysis.recipes import VERSIONS, Recipes
from app.errors import FILE_CAUSES, CannotRead
from app.media import (
    Analysis,
    Keyword,
    Rating,
    Stage,
)
from app.texts import clean_json
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.films import SIZE, analysed, av, colour, flag, plain, read, sound, told
from tests.analysis.pictures.films import flag_film as made
from tests.support.server import shared

APPLE = "com.apple.quicktime."
GRAPH = {
    "1": {"class_type": "KSampler", "inputs": {"seed": 7, "steps": 20, "positive": ["2", 0], "negative": ["3", 0]}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox in the snow"}},
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry"}},
}


def interpreted(**tags):
    found = FilmInfo(tags=tags)
    return interpret_film(found, sort_film_tags(found))


# ---------------------------------------------------------------------------------------------- what it says


def test_what_a_camcorder_notes_of_its_exposure_is_that_of_the_film():
    told = interpreted(
        make="Sony", datetimeoriginal="2024:05:01 10:11:12+01:00", exposuretime="0.02", fnumber="2.8",
        focallengthin35mmformat="35", location="-33.860000+151.200000+12.5/",
    )  # fmt: skip
    assert (told.taken_at, told.exposure_seconds, told.f_number, told.focal_length_35mm, told.altitude_m) == (
        "2024-05-01T10:11:12+01:00", 0.02, 2.8, 35.0, 12.5,
    )  # fmt: skip
    assert {told.sources[name].value for name in ("exposure_seconds", "f_number", "latitude")} == {"video"}
    assert interpreted(exposuretime="0", fnumber="wide").f_number is None


@pytest.mark.parametrize(
    ("format_", "muxer", "codec", "loud", "codecs"),
    [
        ("mp4", "mp4", "libx264", "aac", ("h264", "aac")),
        ("mov", "mov", "mpeg4", "aac", ("mpeg4", "aac")),
        ("m4v", "mp4", "mpeg4", None, ("mpeg4", None)),
        ("webm", "webm", "libvpx", "libopus", ("vp8", "opus")),
        ("webm", "webm", "libvpx-vp9", None, ("vp9", None)),
        ("mkv", "matroska", "libvpx-vp9", "libopus", ("vp9", "opus")),
        ("avi", "avi", "mjpeg", None, ("mjpeg", None)),
    ],
)
def test_length_rate_size_and_codecs_of_every_container(format_, muxer, codec, loud, codecs):
    content = made(muxer, codec, loud=loud, pixels="yuvj420p" if codec == "mjpeg" else "yuv420p")
    found = told(content, format_)
    assert found.duration_seconds == pytest.approx(2, abs=0.1)
    assert found.frame_rate == pytest.approx(12)
    assert (found.size, (found.video_codec, found.audio_codec)) == (SIZE, codecs)
    assert read(content, format_).sources["frame_rate"] == "video"


@pytest.mark.parametrize("format_", ["mov", "mp4"])
def test_the_identifier_of_a_live_photo_is_read(format_):
    found = read(made(format_, tags={f"{APPLE}content.identifier": "570F1469-09C7-4E50"}), format_)
    assert (found.content_identifier, found.sources["content_identifier"]) == ("570F1469-09C7-4E50", "video")


def test_pixels_that_are_not_square_count_in_the_size():
    assert told(made("matroska", "mpeg4", shown=[flag((72, 48))], pixel=Fraction(16, 9)), "mkv").size == (128, 48)


def test_quicktime_says_when_where_and_with_what(tmp_path):
    tags = {
        "make": "Apple",
        "model": "iPhone 15",
        "creationdate": "2024-02-03T04:05:06+0900",
        "location.ISO6709": "+35.6586+139.7454+025.5/",
    }
    own = {
        "creation_time": "2024-02-02T19:05:06Z",
        "title": "Tower",
        "comment": "Windy",
        "artist": "Ada",
        "copyright": "CC0",
    }
    found = analysed(tmp_path, made(tags={APPLE + name: text for name, text in tags.items()} | own)).metadata
    assert (found.taken_at, found.taken_at_rule) == ("2024-02-03T04:05:06+09:00", f"video {APPLE}creationdate")
    assert (found.camera_make, found.camera_model) == ("Apple", "iPhone 15")
    assert (found.latitude, found.longitude, found.altitude_m) == (35.6586, 139.7454, 25.5)
    assert (found.title, found.caption, found.creator, found.copyright) == ("Tower", "Windy", "Ada", "CC0")
    assert {found.sources[name] for name in ("taken_at", "latitude", "altitude_m", "camera_make", "title")} == {"video"}
    assert found.raw["text"][f"{APPLE}make"] == "Apple"


@pytest.mark.parametrize(
    ("tags", "at", "rule"),
    [
        ({"creation_time": "2024-02-02T19:05:06.000000Z"}, "2024-02-02T19:05:06+00:00", "video creation_time"),
        ({"creation_time": "1904-01-01T00:00:00.000000Z"}, None, None),
        ({"creation_time": "1970-01-01T00:00:00.000000Z", "date": "2020-05-06"}, "2020-05-06", "video date"),
        ({"date": "2019"}, "2019", "video date"),
        ({"creation_time": "yesterday"}, None, None),
        ({"creation_time": "2024-02-30T00:00:00Z"}, None, None),
    ],
)
def test_the_time_of_a_clock_that_nobody_set_is_none(tags, at, rule):
    found = interpreted(**tags)
    assert (found.taken_at, found.taken_at_rule, "taken_at" in found.sources) == (at, rule, at is not None)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("+37.3318-122.0312+065.000/", (37.3318, -122.0312, 65.0)),
        ("-33.8568+151.2153/", (-33.8568, 151.2153, None)),
        ("+3719.908-12201.872-010/", (37.3318, -122.0312, -10.0)),
        ("+371954.48-1220152.32/", (37.3318, -122.0312, None)),
        ("+40.20361-075.00417CRSWGS_84/", (40.20361, -75.00417, None)),
        ("+8.5-002.3/", (8.5, -2.3, None)),
        ("+48.5+2.3/", (48.5, 2.3, None)),
        ("-8.5+12.25-10.0/", (-8.5, 12.25, -10.0)),
        ("+48-2/", (48.0, -2.0, None)),
        ("+48.-002./", (48.0, -2.0, None)),
        ("+833.5+02.3/", None),
        ("+00.0000+000.0000/", None),
        ("+91.0000+000.0000/", None),
        ("near the river", None),
        ("", None),
    ],
)
def test_places_in_every_form_of_iso_6709(text, position):
    found = parse_iso6709(text)
    assert found == (pytest.approx(position, abs=1e-6) if position else None)


def test_a_place_with_a_language_counts():
    assert interpreted(**{"location-eng": "+10.0+020.0/"}).latitude == 10.0


def test_a_sidecar_counts_before_the_film_and_takeout_behind_it():
    found = FilmInfo(tags={"title": "film", "creation_time": "2020-01-01T00:00:00Z", "location": "+10.0+020.0+005/"})
    base = sort_film_tags(found)
    sidecar = {
        "dc:title": ("sidecar",),
        "exif:DateTimeOriginal": ("2021-01-01T00:00:00",),
        "exif:GPSLatitude": ("1,0N",),
        "exif:GPSLongitude": ("2,0E",),
    }
    by_sidecar = interpret_film(found, base, Beside(sidecar))
    assert (by_sidecar.title, by_sidecar.taken_at) == ("sidecar", "2021-01-01T00:00:00")
    assert (by_sidecar.latitude, by_sidecar.longitude, by_sidecar.altitude_m) == (1.0, 2.0, None)
    assert by_sidecar.sources["title"] == by_sidecar.sources["latitude"] == "sidecar"
    by_film = interpret_film(found, base, Beside(takeout=Takeout("2019-01-01T00:00:00+00:00", 3.0, 4.0, None, "told")))
    assert (by_film.taken_at, by_film.latitude, by_film.caption) == ("2020-01-01T00:00:00+00:00", 10.0, "told")
    assert (by_film.sources["taken_at"], by_film.sources["caption"]) == ("video", "takeout")


def test_a_film_completes_the_zone_that_its_sidecar_leaves_out_and_utc_is_no_zone():
    sidecar = {"exif:DateTimeOriginal": ("2024-02-03T04:05:06",)}
    apple = FilmInfo(tags={f"{APPLE}creationdate": "2024-02-03T04:05:06+0900"})
    found = interpret_film(apple, sort_film_tags(apple), Beside(sidecar))
    rule = f"sidecar exif:DateTimeOriginal + video {APPLE}creationdate"
    assert (found.taken_at, found.taken_at_rule) == ("2024-02-03T04:05:06+09:00", rule)
    assert found.sources["taken_at"] == "sidecar"
    plain = FilmInfo(tags={"creation_time": "2024-02-03T04:05:06Z"})
    assert interpret_film(plain, sort_film_tags(plain), Beside(sidecar)).taken_at == "2024-02-03T04:05:06"


@pytest.mark.parametrize(("location", "altitude", "source"), [("+10+020/", None, None), ("+10+020+005/", 5.0, "video")])
def test_an_altitude_is_that_of_the_place_which_the_film_says(location, altitude, source):
    told = FilmInfo(tags={"location": location})
    takeout = Takeout(None, 3.0, 4.0, 4000.0)
    for sidecar in ({}, {"exif:GPSAltitude": ("4000",)}):
        found = interpret_film(told, sort_film_tags(told), Beside(sidecar, takeout))
        assert (found.latitude, found.altitude_m, found.sources.get("altitude_m")) == (10.0, altitude, source)


# ------------------------------------------------------------------------------------------------ how it was made


@pytest.mark.parametrize(
    "tags",
    [
        {"prompt": json.dumps(GRAPH), "workflow": "{}"},
        {"comment": json.dumps({"prompt": json.dumps(GRAPH), "workflow": {"nodes": []}})},
        {"comment": json.dumps({"prompt": json.dumps(GRAPH), "CreationTime": "2026-01-02 03:04:05"})},
        {"comment": json.dumps({"prompt": GRAPH})},
        {"comment": json.dumps(GRAPH)},
    ],
)
@pytest.mark.parametrize(
    ("muxer", "codec"), [("mp4", "libx264"), ("mov", "mpeg4"), ("matroska", "libx264"), ("webm", "libvpx")]
)
def test_workflows_are_found_wherever_programs_put_them(tags, muxer, codec, tmp_path):
    result = analysed(tmp_path, made(muxer, codec, tags=tags), "a.mp4")
    assert (result.metadata.generator, result.metadata.prompt) == ("ComfyUI", "a fox in the snow")
    assert (result.metadata.negative_prompt, result.metadata.caption) == ("blurry", None)
    assert Keyword("a fox in the snow", "prompt") in result.keywords
    assert result.metadata.sources["prompt"] == "prompt"


def test_an_infotext_in_a_comment_is_no_caption():
    found = interpreted(comment="a fox\nSteps: 20, Sampler: Euler, Seed: 3")
    assert (found.prompt, found.caption, found.generation["seed"]) == ("a fox", None, 3)
    assert interpreted(comment='{"mood": "good"}').caption is None


# ----------------------------------------------------------------------------------------------------- the poster


def shown_at_last(first, last, plain_ones=20):
    return [first] * plain_ones + [last] * 28


@pytest.mark.parametrize("gop", [4, 1000])
def test_a_poster_is_not_black_where_the_film_is_not(gop):
    output = io.BytesIO()
    with av.open(output, "w", format="mp4") as file:
        track = file.add_stream("libx264", rate=12, options={"sc_threshold": "0"})
        track.width, track.height, track.pix_fmt, track.codec_context.gop_size = *SIZE, "yuv420p", gop
        for number, picture in enumerate(shown_at_last(plain("black"), flag())):
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, 12)
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    poster = choose_poster(Film(output, "mp4"))
    assert colour(poster, (0, 0, 32, 48)) == "red"
    assert colour(poster, (32, 0, 64, 48)) == "blue"


def test_one_open_film_gives_a_poster_and_then_every_picture_and_again():
    film_ = Film(io.BytesIO(made(codec="libvpx-vp9", format_="webm")), "webm")
    poster = choose_poster(film_)
    assert len(sample_pictures(film_, 8)) in range(1, 9)
    assert choose_poster(film_).tobytes() == poster.tobytes()


def test_of_a_film_that_is_all_plain_some_picture_is_the_poster():
    assert colour(choose_poster(Film(io.BytesIO(made(shown=[plain("cyan")] * 24)), "mov"))) == "cyan"


def test_the_poster_is_the_same_each_time(tmp_path):
    first, again = (analysed(tmp_path, made()) for _ in range(2))
    assert first.picture == again.picture
    assert len(first.picture.phash) == 16


def test_the_container_is_opened_once_for_everything(tmp_path, monkeypatch):
    content, opened = made(), []
    real = av.open
    monkeypatch.setattr(av, "open", lambda *args, **options: opened.append(args) or real(*args, **options))
    result = analysed(tmp_path, content)
    assert (len(opened), result.stages[Stage.METADATA].cause, result.stages[Stage.THUMBNAIL].cause) == (1, None, None)
    opened.clear()
    assert analysed(tmp_path, b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(999)).picture is None
    assert len(opened) == 1


# ------------------------------------------------------------------------------------------- what is no sound film


def test_without_pyav_a_video_is_taken_in_and_only_what_lies_beside_it_is_read(tmp_path, monkeypatch):
    content = made()
    monkeypatch.setattr(av, "open", lambda *_args, **_options: pytest.fail("opened"))
    monkeypatch.setattr(container, "find_spec", lambda _name: None)
    blind = Recipes(Weights(None, tmp_path / "models")).now()
    (tmp_path / "a.mov.xmp").write_bytes(packet("<dc:subject>sea</dc:subject>", 'xmp:Rating="4"'))
    result = analysed(tmp_path, content, recipe=blind)
    assert isinstance(result, Analysis)
    assert (result.identity.width, result.metadata, result.picture) == (None, None, None)
    assert (result.rating, result.keywords) == (Rating(4, "sidecar"), (Keyword("sea", "sidecar"),))
    assert {stage: ended.version for stage, ended in result.stages.items() if ended.status == "done"} == {
        Stage.IDENTIFY: VERSIONS[Stage.IDENTIFY],
        Stage.KEYWORDS: f"{VERSIONS[Stage.KEYWORDS]}:beside",
        Stage.SCORE: f"{VERSIONS[Stage.SCORE]}:beside",
    }
    renamed = analysed(tmp_path, content, "b.jpg", recipe=blind)
    assert renamed.stages[Stage.SCORE].version.endswith(":beside")  # whatever the suffix promises


@pytest.mark.parametrize(
    ("content", "name", "thumbnail", "described"),
    [
        (lambda: sound("mov"), "a.mov", "no_picture", None),
        (lambda: made("avi", "asv1"), "a.avi", "unsupported_codec", None),
        (lambda: made().replace(b"avc1", b"zzz1"), "a.mov", "unsupported_codec", None),
        (lambda: made()[:200], "a.mov", "damaged_video", "damaged_video"),
        (
            lambda: b"\x1aE\xdf\xa3\xa3B\x86\x81\1B\xf7\x81\1B\x82\x88matroska" + bytes(99),
            "a.mkv",
            "damaged_video",
            "damaged_video",
        ),
    ],
)
def test_what_has_no_poster_is_taken_in_and_says_why(content, name, thumbnail, described, tmp_path):
    result = analysed(tmp_path, content(), name)
    assert isinstance(result, Analysis)
    assert result.stages[Stage.THUMBNAIL].cause == thumbnail
    assert result.stages[Stage.THUMBNAIL].reason.endswith(".")
    assert result.stages[Stage.METADATA].cause == described
    assert (result.picture, result.metadata is None) == (None, False)


def test_too_many_pixels_are_not_decoded_but_told(tmp_path, monkeypatch):
    monkeypatch.setattr(container, "MAX_PIXELS", 1000)
    result = analysed(tmp_path, made())
    assert result.stages[Stage.THUMBNAIL].cause == "too_many_pixels"
    assert (result.stages[Stage.METADATA].cause, result.identity.width) == (None, 64)


def test_a_lack_of_memory_fails_the_stages_and_not_the_file(tmp_path, monkeypatch):
    def exhausted(*_args, **_options):
        raise MemoryError

    content = made()
    monkeypatch.setattr(av, "open", exhausted)
    result = analysed(tmp_path, content)
    assert {result.stages[stage].cause for stage in (Stage.METADATA, Stage.THUMBNAIL)} == {"decoder_memory"}


def test_many_long_tags_are_kept_within_64_kb():
    tags = {"title": "t", "comment": "x" * 200_000, **{f"tag {number}": "y" * 500 for number in range(300)}}
    found = read(made("matroska", tags=tags), "mkv")
    assert len(json.dumps(found.raw)) <= 64 * 1024
    assert found.raw["text"]["title"] == "t"
    assert found.raw["dropped"]


@settings(max_examples=60, deadline=5000)
@given(st.data())
def test_any_damage_gives_metadata_or_a_cause(data):
    content = bytearray(_SOUND_FILM)
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(24, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        opened = Film(io.BytesIO(bytes(content)), "mov")
        found = opened.read_info()
        json.dumps(clean_json(interpret_film(found, sort_film_tags(found)).raw), allow_nan=False)
        choose_poster(opened)
    except CannotRead as problem:
        assert problem.cause in FILE_CAUSES  # noqa: PT017 - either is fine
    except MemoryError:
        pass


_SOUND_FILM = made(tags={"title": "T", f"{APPLE}location.ISO6709": "+10.0+020.0/", "comment": json.dumps(GRAPH)})


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["comment", "location", "date", "creation_time", "xmp", "prompt", "title"]), st.text()
    )
)
def test_any_texts_give_values_that_json_takes(tags):
    found = interpreted(**tags)
    json.dumps(clean_json(found.raw), allow_nan=False)
    assert "\0" not in (found.title or "")


def test_every_video_of_the_corpus_is_answered(tmp_path):
    told_of = {}
    for path in sorted(shared("corpus").rglob("*.mp4")):
        result = analysed(tmp_path, path.read_bytes(), "a.mp4")
        assert isinstance(result, Analysis) or result.cause in FILE_CAUSES, path
        if isinstance(result, Analysis):
            assert {ended.cause for ended in result.stages.values()} <= {
                None,
                "damaged_video",
                "no_picture",
                "unsupported_codec",
            }, path
            told_of[path.name] = result
    rotated = told_of["video_rotation_90.mp4"]
    assert rotated.metadata.orientation in (6, 8)
    assert Image.open(io.BytesIO(rotated.picture.webp)).size[0] < Image.open(io.BytesIO(rotated.picture.webp)).size[1]
    assert told_of["h264_white_frame_sar_16_9.mp4"].identity.width == 1138
    assert told_of["metadata.mp4"].metadata.title == "Title"
