"""Generations hidden in pixels."""

import gzip
import json
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.analysis import prompts, stealth

INFOTEXT = "a circle 雪\nNegative prompt: a square\nSteps: 20, Seed: 7, Size: 64x64"


def hidden(signature, content, size=(61, 83), mode="RGBA", length=None):
    """A picture with these bits in it, column by column."""
    whole = signature + (len(content) * 8 if length is None else length).to_bytes(4) + content
    bits = [byte >> place & 1 for byte in whole for place in range(7, -1, -1)]
    image = Image.new(mode, size, "white")
    pixels = image.load()
    channels = (len(mode) - 1,) if b"png" in signature else (0, 1, 2)
    for number, bit in enumerate(bits):
        place, channel = divmod(number, len(channels))
        x, y = divmod(place, size[1])
        values = list(pixels[x, y])
        values[channels[channel]] = 254 | bit
        pixels[x, y] = tuple(values)
    return image


@pytest.mark.parametrize(
    ("signature", "mode"),
    [
        (b"stealth_pnginfo", "RGBA"),
        (b"stealth_pngcomp", "RGBA"),
        (b"stealth_pngcomp", "LA"),
        (b"stealth_rgbinfo", "RGB"),
        (b"stealth_rgbinfo", "RGBA"),
        (b"stealth_rgbcomp", "RGB"),
    ],
)
def test_a_hidden_text_is_read(signature, mode):
    content = INFOTEXT.encode()
    text = stealth.read(hidden(signature, gzip.compress(content) if b"comp" in signature else content, mode=mode))
    assert text == INFOTEXT
    assert prompts.read({"parameters": text}).prompt == "a circle 雪"


def test_novelais_hidden_object_is_read():
    texts = {"Software": "NovelAI", "Comment": json.dumps({"prompt": "a cat", "uc": "dog", "steps": 28})}
    text = stealth.read(hidden(b"stealth_pngcomp", gzip.compress(json.dumps(texts).encode())))
    made = prompts.read({"parameters": text})
    assert (made.generator, made.prompt, made.negative_prompt) == ("NovelAI", "a cat", "dog")


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (1, 1)),
        Image.new("RGB", (500, 1), "white"),
        Image.new("L", (100, 100)),
        Image.new("CMYK", (100, 100)),
        Image.new("P", (100, 100)),
        hidden(b"stealth_rgbinfo", b"x", mode="RGB").convert("L"),
        hidden(b"stealth_pnginfo", b""),
        hidden(b"stealth_pnginfo", b"x", length=2**32 - 1),
        hidden(b"stealth_pnginfo", b"x", length=61 * 83 * 8),
        hidden(b"stealth_pnginfo", b"\xff\xfe"),
        hidden(b"stealth_pngcomp", b"not packed"),
        hidden(b"stealth_pngcomp", gzip.compress(b"x" * 100)[:8]),
        hidden(b"stealth_pnggone", b"x"),
    ],
)
def test_a_picture_without_a_text_says_nothing(image):
    assert stealth.read(image) is None


def test_a_bomb_is_not_unpacked():
    bomb = gzip.compress(b"0" * 40 * 1024 * 1024)
    image = hidden(b"stealth_pngcomp", bomb, size=(1_000, 1_000))
    tracemalloc.start()
    assert stealth.read(image) is None
    assert tracemalloc.get_traced_memory()[1] < 30 * 1024 * 1024
    tracemalloc.stop()


def test_looking_for_a_signature_costs_next_to_nothing():
    image = Image.new("RGBA", (6_000, 4_000), "white")
    stealth.read(image)
    started = time.process_time()
    for _ in range(10):
        assert stealth.read(image) is None
    assert time.process_time() - started < 0.1


@settings(max_examples=60, derandomize=True, deadline=1_000)
@given(
    st.sampled_from([b"stealth_pnginfo", b"stealth_pngcomp", b"stealth_rgbinfo", b"stealth_rgbcomp"]),
    st.binary(max_size=300),
    st.none() | st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 400), st.integers(1, 40)).filter(lambda size: size[0] * size[1] > 3_000),
)
def test_any_bits_give_a_text_or_none(signature, content, length, size):
    text = stealth.read(hidden(signature, content, size, length=length))
    assert text is None or text.encode()
