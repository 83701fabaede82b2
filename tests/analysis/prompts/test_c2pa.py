"""Names of programs in C2PA manifests, where AI services leave nothing else."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.formats.c2pa import read_c2pa_names
from app.analysis.metadata.embedded import find_generation
from tests.analysis.formats.pngs import with_chunks
from tests.analysis.pictures.pictures import read, saved


def cbor(value):
    if isinstance(value, str):
        text = value.encode()
        return (bytes([0x60 + len(text)]) if len(text) < 24 else bytes([0x78, len(text)])) + text
    if isinstance(value, list):
        return bytes([0x80 + len(value)]) + b"".join(map(cbor, value))
    return bytes([0xA0 + len(value)]) + b"".join(cbor(part) for pair in value.items() for part in pair)


SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def manifest(agent, generator="ChatGPT"):
    action = {"action": "c2pa.created", "softwareAgent": agent, "digitalSourceType": SOURCE}
    return b"\0\0\1\0jumbjumd" + cbor({"actions": [action]}) + cbor({"claim_generator": generator})


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (manifest({"name": "GPT-4o"}), "GPT-4o\ntrainedAlgorithmicMedia\nChatGPT"),
        (manifest("OpenAI DALL·E"), "OpenAI DALL·E\ntrainedAlgorithmicMedia\nChatGPT"),
        (manifest({"version": "1"}, "x" * 200), "trainedAlgorithmicMedia\n" + "x" * 200),
        (b"\x74claim_generator_info\x81" + cbor({"name": "ChatGPT"}), "ChatGPT"),
        (b"\x74claim_generator_info" + cbor({"name": "Google", "version": "1"}), "Google"),
        (b"", ""),
        (b"\x6fclaim_generator", ""),
        (b"\x6fclaim_generator\x78", ""),
        (b"\x6fclaim_generator\x65ab", "ab"),
        (b"\x6dsoftwareAgent\xa1", ""),
        (b"\x6dsoftwareAgent\xa1\x64name\x60", ""),
    ],
)
def test_the_programs_of_a_manifest_are_named(block, expected):
    assert read_c2pa_names(block) == expected


@given(
    st.binary(max_size=50),
    st.sampled_from([b"\x6fclaim_generator", b"\x6dsoftwareAgent\xa1\x64name"]),
    st.binary(max_size=50),
)
def test_any_bytes_give_a_text(before, key, after):
    assert isinstance(read_c2pa_names(before + key + after), str)


def png_with(body):
    return with_chunks(saved("PNG"), (b"caBX", body))


def jpeg_with(body, length=100):
    """The manifest as one JUMBF box in segments so short that names are cut; each repeats the head of the box."""
    head = struct.pack(">I4s", 8 + len(body), b"jumb")
    pieces = [body[at : at + length] for at in range(0, len(body), length)]
    contents = [b"JP\0\1" + number.to_bytes(4) + head + piece for number, piece in enumerate(pieces, 1)]
    segments = b"".join(b"\xff\xeb" + struct.pack(">H", 2 + len(content)) + content for content in contents)
    whole = saved("JPEG")
    return whole[:2] + segments + whole[2:]


def webp_with(body):
    whole = saved("WEBP") + b"C2PA" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


@pytest.mark.parametrize("file_with", [png_with, jpeg_with, webp_with])
def test_a_file_with_a_manifest_is_named_for_its_service(file_with):
    found = read(file_with(manifest({"name": "GPT-4o"}, "OpenAI-API")))
    made = find_generation(found)
    assert (made.generator, made.verdict) == ("OpenAI", "raw_only")
    assert found.texts["c2pa"] == "GPT-4o\ntrainedAlgorithmicMedia\nOpenAI-API"


@pytest.mark.parametrize("length", range(1, 60, 7))
def test_names_are_whole_wherever_a_segment_ends(length):
    assert read(jpeg_with(manifest("OpenAI DALL·E"), length)).texts["c2pa"].startswith("OpenAI DALL·E\n")


def test_a_manifest_that_is_no_such_thing_says_nothing():
    assert read(jpeg_with(b"\x6fclaim_generator")).texts == {}
    assert read(webp_with(b"")).texts == {}
