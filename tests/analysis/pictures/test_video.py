"""Videos are recognised by their content alone."""

import pytest

from app.analysis.pictures import video


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "mp4"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "mov"),
        (b"\0\0\0\x14ftypM4V \0\0\0\0M4V ", "m4v"),
        (b"\0\0\0\x08wide\0\0\0\x10mdat", "mov"),
        (b"\0\0\x10\0moov\0\0\0\x6cmvhd", "mov"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\x82\x84webmB\x87", "webm"),
        (b"\x1aE\xdf\xa3\xa3B\x86\x81\1B\xf7\x81\1B\x82\x88matroska", "mkv"),
        (b"RIFF\0\1\0\0AVI LIST", "avi"),
    ],
)
def test_containers_are_told_apart_by_their_first_bytes(head, name):
    assert video.recognise(head) == name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/segment.ts\n",
        b"<!doctype html><script>alert(1)</script>",
        b"\x1aE\xdf\xa3 of another kind",
        b"RIFF\0\1\0\0WAVEfmt ",
        b"\0\0\0\x14ftypM4A \0\0\0\0M4A ",
        b"\0\0\0\x14ftypcrx \0\0\0\0crx ",
    ],
)
def test_what_only_claims_to_be_a_video_is_none(head):
    assert video.recognise(head) is None
