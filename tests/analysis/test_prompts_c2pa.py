"""Names of programs in C2PA manifests, where AI services leave nothing else."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.analysis import c2pa, png, prompts
from tests.analysis.pngs import with_chunks


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
        (b"", ""),
        (b"\x6fclaim_generator", ""),
        (b"\x6fclaim_generator\x78", ""),
        (b"\x6fclaim_generator\x65ab", "ab"),
        (b"\x6dsoftwareAgent\xa1", ""),
        (b"\x6dsoftwareAgent\xa1\x64name\x60", ""),
    ],
)
def test_the_programs_of_a_manifest_are_named(block, expected):
    assert c2pa.names(block) == expected


@given(
    st.binary(max_size=50),
    st.sampled_from([b"\x6fclaim_generator", b"\x6dsoftwareAgent\xa1\x64name"]),
    st.binary(max_size=50),
)
def test_any_bytes_give_a_text(before, key, after):
    assert isinstance(c2pa.names(before + key + after), str)


def test_a_png_with_a_manifest_is_named_for_its_service():
    stream = io.BytesIO()
    Image.new("RGB", (2, 2)).save(stream, "PNG")
    body = manifest({"name": "GPT-4o"}, "OpenAI-API")
    texts = png.read_texts(io.BytesIO(with_chunks(stream.getvalue(), (b"caBX", body)))).by_key
    made = prompts.read({key: text.decode() for key, text in texts.items()})
    assert (made.generator, made.verdict) == ("OpenAI", "raw_only")
