"""What people wrote into a video: XMP in each container, ratings and tags of Windows and iTunes, keywords."""

import io

import pytest

from app.analysis.formats.blocks import find_xmp_in_avi
from app.media import Keyword, Rating, Stage
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.films import analysed, av, boxed
from tests.analysis.pictures.films import flag_film as made
from tests.samples import box

APPLE = "com.apple.quicktime."
XMP = packet(
    "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li></rdf:Bag></dc:subject><dc:creator><rdf:Seq><rdf:li>Ada</rdf:li></rdf:Seq>"
    "</dc:creator><dc:title><rdf:Alt><rdf:li>Waves</rdf:li></rdf:Alt></dc:title>",
    'xmp:Rating="4"',
)
UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def inside_moov(content, more):
    """The QuickTime file with one more box in `moov`, behind its pictures; what it has of that kind becomes free."""
    content, [at] = bytearray(content.replace(b"udta", b"free")), boxed(content, b"moov")
    end = at + int.from_bytes(content[at : at + 4], "big")
    content[at : at + 4] = (end - at + len(more)).to_bytes(4, "big")
    return bytes(content[:end] + more + content[end:])


def chunk(kind, content):
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


WITH_XMP = {
    "a.mp4": lambda packet_: made("mp4") + box(b"uuid", UUID, packet_),
    "a.mov": lambda packet_: inside_moov(made("mov"), box(b"udta", box(b"XMP_", packet_))),
    "a.avi": lambda packet_: made("avi", "mpeg4") + chunk(b"_PMX", packet_),
}


@pytest.mark.parametrize("name", WITH_XMP)
def test_xmp_in_a_film_is_read(name, tmp_path):
    result = analysed(tmp_path, WITH_XMP[name](XMP), name)
    assert (result.rating, result.keywords) == (Rating(4, "xmp"), (Keyword("sea", "xmp"),))
    assert (result.metadata.title, result.metadata.creator) == ("Waves", "Ada")
    assert {result.metadata.sources[field] for field in ("title", "creator")} == {"xmp"}
    broken = analysed(tmp_path, WITH_XMP[name](XMP.replace(b"</x:xmpmeta>", b"</x:broken!>")), name)
    assert {broken.stages[stage].cause for stage in (Stage.METADATA, Stage.KEYWORDS, Stage.SCORE)} == {
        "damaged_metadata"
    }
    assert broken.metadata.frame_rate == 12


def test_xmp_is_found_among_the_chunks_of_an_avi_file_and_only_there():
    riff = b"RIFF" + bytes(4) + b"AVI "
    odd = chunk(b"JUNK", b"odd") + chunk(b"LIST", b"movi" + chunk(b"_PMX", b"a picture"))
    assert find_xmp_in_avi(io.BytesIO(riff + odd + chunk(b"_PMX", b"packet"))) == b"packet"
    assert find_xmp_in_avi(io.BytesIO(riff + odd + riff.replace(b"AVI ", b"AVIX") + chunk(b"_PMX", b"it"))) == b"it"
    long = b"_PMX" + (1 << 30).to_bytes(4, "little")
    for content in (riff, riff + odd, riff + long + b"packet", riff + chunk(b"JUNK", b"") * 2000, b""):
        assert find_xmp_in_avi(io.BytesIO(content)) == b""


# --------------------------------------------------------------------------------------------- what people say of it


def inside_udta(content, *boxes):
    return inside_moov(content, box(b"udta", *boxes))


def sized(*content):
    body = b"".join(content)
    return (len(body) + 4).to_bytes(4, "big") + body


def xtra_of(name, kind, *values):
    """An entry of the box of Windows: values of this type."""
    name, listed = name.encode(), [sized(kind.to_bytes(2, "big"), value) for value in values]
    return sized(len(name).to_bytes(4, "big"), name, len(values).to_bytes(4, "big"), *listed)


def windows(percent, *words):
    tags = xtra_of("WM/Category", 8, *((word + "\0").encode("utf-16-le") for word in words))
    return box(b"Xtra", xtra_of("WM/SharedUserRating", 19, percent.to_bytes(8, "little")), tags)


def itunes(kind, text, version=bytes(4)):
    rating = box(b"ilst", box(kind, box(b"data", b"\0\0\0\1", bytes(4), text)))
    return box(b"meta", version, box(b"hdlr", bytes(25)), rating)


@pytest.mark.parametrize(
    ("boxes", "score", "words"),
    [
        ([windows(1)], 1, []),
        ([windows(25, "sea")], 2, ["sea"]),
        ([windows(75, "sea", "sun", "Sea")], 4, ["sea", "sun"]),
        ([windows(99)], 5, []),
        ([windows(0)], None, []),
        ([windows(50), itunes(b"rate", b"100")], 3, []),
        ([itunes(b"rate", b"20")], 1, []),
        ([itunes(b"rate", b"100", b"")], 5, []),
        ([itunes(b"rate", b"0")], None, []),
        ([itunes(b"rate", b"nan")], None, []),
        ([itunes(b"rtng", b"\2")], None, []),
        ([box(b"Xtra", sized(b"\0\0\0\xff"), b"\0\0\0\1")], None, []),
        ([box(b"Xtra", bytes(70_000))], None, []),
    ],
)
def test_ratings_and_tags_of_windows_and_ratings_of_itunes_count(boxes, score, words, tmp_path):
    result = analysed(tmp_path, inside_udta(made("mp4"), *boxes), "a.mp4")
    assert result.rating == Rating(score, score and "video")
    assert result.keywords == tuple(Keyword(word, "video") for word in words)


def quicktime(kind, text):
    return box(kind, len(text).to_bytes(2, "big"), b"\x15\xc7", text)


def mobile(kind, text):
    """A text as in 3GPP TS 26.244, 8.2."""
    return box(kind, bytes(4), b"\x15\xc7", text, b"\0")


MOBILE = [mobile(kind, text) for kind, text in ((b"titl", b"Waves"), (b"auth", b"Ada"), (b"cprt", b"free"))]


@pytest.mark.parametrize("format_", ["mp4", "mov"])
@pytest.mark.parametrize(
    ("boxes", "told"),
    [
        ([itunes(b"\xa9des", b"at sea")], {"caption": "at sea"}),
        ([quicktime(b"\xa9des", b"at sea")], {"caption": "at sea"}),
        ([mobile(b"dscp", "bei Köln".encode())], {"caption": "bei Köln"}),
        ([mobile(b"dscp", "bei Köln".encode("utf-16") + b"\0")], {"caption": "bei Köln"}),
        ([quicktime(b"\xa9des", "bei Köln".encode("mac-roman"))], {"caption": "bei Köln"}),
        ([quicktime(b"\xa9cmt", b"a comment"), quicktime(b"\xa9des", b"at sea")], {"caption": "at sea"}),
        ([quicktime(b"\xa9cmt", b"a comment"), mobile(b"dscp", b" ")], {"caption": "a comment"}),
        (MOBILE, {"title": "Waves", "creator": "Ada", "copyright": "free"}),
        ([mobile(b"perf", b"Ben"), *MOBILE], {"creator": "Ben"}),
        ([quicktime(b"\xa9ART", b"Eve"), *MOBILE], {"creator": "Eve", "title": "Waves"}),
        (
            [box(b"date", b"2022-01-01T12:00:00+0200")],
            {"taken_at": "2022-01-01T12:00:00+02:00", "taken_at_rule": "video datetimeoriginal"},
        ),
        ([box(b"date", b"soon"), box(b"dscp"), quicktime(b"\xa9des", b"")[:-4]], {"taken_at": None, "caption": None}),
        ([mobile(b"dscp", b"x" * 70_000)], {"caption": None}),
    ],
)
def test_what_people_wrote_where_libav_does_not_look(format_, boxes, told, tmp_path):
    result = analysed(tmp_path, inside_udta(made(format_), *boxes), f"a.{format_}")
    assert {name: getattr(result.metadata, name) for name in told} == told
    known = {name for name, value in told.items() if value is not None} - {"taken_at_rule"}
    assert {result.metadata.sources[name] for name in known} <= {"video"}


def test_when_a_film_was_taken_counts_before_when_the_file_was_made(tmp_path):
    film = made("mov", tags={"creation_time": "2023-05-01T10:00:00Z"})
    result = analysed(tmp_path, inside_udta(film, box(b"date", b"2022-01-01T12:00:00+0200")), "a.mov")
    assert result.metadata.taken_at == "2022-01-01T12:00:00+02:00"


def test_keywords_of_quicktime_are_taken_one_by_one(tmp_path):
    result = analysed(tmp_path, inside_udta(made("mov"), quicktime(b"\xa9key", b"sea, sun")), "a.mov")
    assert result.keywords == (Keyword("sea", "video"), Keyword("sun", "video"))


def test_a_rating_in_xmp_or_a_sidecar_counts_before_that_of_windows(tmp_path):
    content = inside_udta(made("mp4"), windows(99)) + box(b"uuid", UUID, XMP)
    assert analysed(tmp_path, content, "a.mp4").rating == Rating(4, "xmp")
    (tmp_path / "a.mp4.xmp").write_bytes(XMP.replace(b'"4"', b'"2"'))
    assert analysed(tmp_path, content, "a.mp4").rating == Rating(2, "sidecar")


@pytest.mark.parametrize(
    ("format_", "muxer", "tag"),
    [("mp4", "mp4", "keywords"), ("mov", "mov", f"{APPLE}keywords"), ("mkv", "matroska", "KEYWORDS")],
)
def test_keywords_of_the_container_are_taken_one_by_one(format_, muxer, tag, tmp_path):
    result = analysed(tmp_path, made(muxer, tags={tag: "sea, sun;SEA,, north wind"}), f"a.{format_}")
    assert [keyword.text for keyword in result.keywords] == ["sea", "sun", "north wind"]
    assert {keyword.source for keyword in result.keywords} == {"video"}


@pytest.mark.parametrize(
    ("content", "name", "source"),
    [
        (lambda: inside_udta(made("mp4"), windows(75, "sea")), "a.mp4", "video"),
        (lambda: made("avi", "mpeg4") + chunk(b"_PMX", XMP), "a.avi", "xmp"),
    ],
    ids=["windows", "xmp"],
)
def test_of_a_video_that_libav_refuses_people_are_still_heard(content, name, source, tmp_path, monkeypatch):
    content = content()

    def refuse(*_args, **_options):
        raise av.InvalidDataError(1094995529, "Invalid data found when processing input")

    monkeypatch.setattr(av, "open", refuse)
    result = analysed(tmp_path, content, name)
    assert (result.rating, result.keywords) == (Rating(4, source), (Keyword("sea", source),))
