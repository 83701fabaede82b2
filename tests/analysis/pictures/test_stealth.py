"""Generations hidden in pixels."""

import gzip
import io
import json
import struct
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from app.analysis.pictures import stealth
from app.analysis.pictures.image import OpenedImage, decode_image
from app.analysis.pictures.stealth import may_hide_text, read_stealth
from app.analysis.prompts.read import read_generation
from app.media import OPTIONAL, Keyword, Stage
from tests.analysis.formats.pngs import chunk
from tests.analysis.pictures.pictures import analysed, opened
from tests.support.clock import at_most

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
    text = read_stealth(hidden(signature, gzip.compress(content) if b"comp" in signature else content, mode=mode))
    assert text == INFOTEXT
    assert read_generation({"parameters": text}).prompt == "a circle 雪"


def test_novelais_hidden_object_is_read():
    texts = {"Software": "NovelAI", "Comment": json.dumps({"prompt": "a cat", "uc": "dog", "steps": 28})}
    text = read_stealth(hidden(b"stealth_pngcomp", gzip.compress(json.dumps(texts).encode())))
    made = read_generation({"parameters": text})
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
    assert read_stealth(image) is None


def file_of(image, format_="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(200, 150), (150, 120), (150, 119), (400, 61), (2_000, 3)])
@pytest.mark.parametrize("signature", [b"stealth_pnginfo", b"stealth_rgbcomp"])
def test_the_first_columns_of_a_png_tell_whether_it_holds_a_text(signature, size):
    content = gzip.compress(INFOTEXT.encode()) if b"comp" in signature else INFOTEXT.encode()
    mode = "RGB" if b"rgb" in signature else "RGBA"
    image = hidden(signature, content, size, mode)
    for level in (0, 9):
        assert may_hide_text(opened(file_of(image, compress_level=level)))
    assert not may_hide_text(opened(file_of(Image.new(mode, size))))


def png_of(width, colour, rows):
    """A PNG of filtered rows, each with the number of its filter first."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    written = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.sampled_from([(2, 3), (4, 2), (6, 4)]), st.integers(1, 7), st.integers(1, 9), st.data())
def test_the_first_columns_are_unpacked_as_a_decoder_does(kind, width, height, data):
    colour, channels = kind
    length = width * channels
    row = st.builds(
        lambda number, body: bytes([number]) + body, st.integers(0, 4), st.binary(min_size=length, max_size=length)
    )
    content = png_of(width, colour, data.draw(st.lists(row, min_size=height, max_size=height)))
    columns = data.draw(st.integers(1, width))
    rows = stealth._unfiltered(stealth._rows(io.BytesIO(content), length, height), columns * channels, channels)
    assert b"".join(rows) == opened(content).image.crop((0, 0, columns, height)).tobytes()


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(st.binary(max_size=400), min_size=1, max_size=130), st.sampled_from([2, 4, 6]), st.integers(1, 300))
def test_any_rows_make_no_trouble(rows, colour, width):
    assert may_hide_text(opened(png_of(width, colour, rows))) in (True, False)


@pytest.mark.parametrize(
    "content",
    [
        file_of(Image.new("P", (130, 130))),
        file_of(Image.new("L", (130, 130))),
        file_of(Image.new("I;16", (130, 130))),
        file_of(Image.new("RGB", (130, 130)))[:60],
        file_of(
            hidden(b"stealth_pnginfo", b"x", (130, 130)), save_all=True, append_images=[Image.new("RGBA", (130, 130))]
        ),
        file_of(hidden(b"stealth_rgbinfo", b"x", (130, 130), "RGB"), "WEBP"),
        file_of(hidden(b"stealth_rgbinfo", b"x", (130, 130), "RGB"), "BMP"),
    ],
)
def test_nothing_else_promises_a_text(content):
    assert not may_hide_text(opened(content))


@pytest.mark.parametrize(("format_", "mode"), [("PNG", "RGBA"), ("PNG", "RGB"), ("WEBP", "RGBA"), ("WEBP", "RGB")])
@pytest.mark.parametrize("wanted", [frozenset({Stage.METADATA, Stage.KEYWORDS}), frozenset(Stage) - OPTIONAL])
def test_a_hidden_text_reaches_the_library(tmp_path, format_, mode, wanted):
    signature = b"stealth_rgbinfo" if mode == "RGB" else b"stealth_pnginfo"
    options = {"lossless": True, "exact": True} if format_ == "WEBP" else {}
    path = tmp_path / "a.img"
    path.write_bytes(file_of(hidden(signature, INFOTEXT.encode(), mode=mode), format_, **options))
    result = analysed(path, wanted)
    found = result.metadata
    assert (found.generator, found.prompt, found.negative_prompt) == ("AUTOMATIC1111", "a circle 雪", "a square")
    assert (found.generation["seed"], found.raw["text"]["stealth"]) == (7, INFOTEXT)
    assert result.keywords == (Keyword("a circle 雪", "prompt"), Keyword("a square", "negative_prompt"))


def test_a_text_that_is_written_openly_counts_before_a_hidden_one(tmp_path, monkeypatch):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a boat\nSteps: 4, Sampler: Euler, Seed: 9")
    path = tmp_path / "a.png"
    path.write_bytes(file_of(hidden(b"stealth_pnginfo", INFOTEXT.encode()), pnginfo=info))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("decoded"))
    assert analysed(path).metadata.prompt == "a boat"


def test_a_picture_that_cannot_be_decoded_still_says_the_rest(tmp_path):
    image = Image.effect_noise((200, 600), 90).convert("RGBA")
    image.paste(hidden(b"stealth_pnginfo", INFOTEXT.encode(), (200, 600)).crop((0, 0, 9, 600)), (0, 0))
    whole, path = file_of(image), tmp_path / "a.png"
    path.write_bytes(whole)
    assert analysed(path).metadata.prompt == "a circle 雪"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert may_hide_text(opened(path.read_bytes()))
    result = analysed(path)
    assert (result.metadata.prompt, result.stages[Stage.METADATA].status) == (None, "done")


def test_looking_for_a_signature_costs_less_than_a_third_of_a_decode():
    stream = file_of(Image.effect_noise((768, 1_024), 60).convert("RGBA"))
    decoding = min(_seconds(opened(stream).image.load) for _ in range(5))
    looking = min(_seconds(lambda: may_hide_text(opened(stream))) for _ in range(5))
    assert looking < decoding / 3


def _seconds(work):
    started = time.process_time()
    work()
    return time.process_time() - started


def test_a_bomb_is_not_unpacked():
    bomb = gzip.compress(b"0" * 40 * 1024 * 1024)
    image = hidden(b"stealth_pngcomp", bomb, size=(1_000, 1_000))
    tracemalloc.start()
    assert read_stealth(image) is None
    assert tracemalloc.get_traced_memory()[1] < 30 * 1024 * 1024
    tracemalloc.stop()


def header(width, height):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)


@pytest.mark.parametrize(
    "headers", [[(200, 0), (200, 200)], [(200, 200), (200, 0)], [(0, 0), (200, 200)], [(3, 9)] * 2]
)
def test_a_bomb_behind_headers_that_disagree_is_not_unpacked(headers):
    pixels = zlib.compress(bytes(40 * 1024 * 1024), 9)
    chunks = [*(header(*size) for size in headers), (b"IDAT", pixels), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)
    image = OpenedImage(io.BytesIO(content), None, "png", "RGBA", (200, 200), 1)
    tracemalloc.start()
    assert not may_hide_text(image)
    assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    tracemalloc.stop()


def test_what_stands_behind_the_end_of_the_pixels_is_not_looked_at():
    chunks = [header(200, 200), (b"IDAT", zlib.compress(b"")), *[(b"IDAT", bytes(9))] * 50_000]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)
    with at_most(0.5):
        may_hide_text(opened(content))


@pytest.mark.parametrize("error", [MemoryError(), struct.error("x"), ValueError("x"), ZeroDivisionError()])
@pytest.mark.parametrize("name", ["may_hide_text", "read_stealth"])
def test_whatever_goes_wrong_in_the_search_spoils_nothing_and_goes_wrong_once(name, error, tmp_path, monkeypatch):
    asked = []

    def fail(*what):
        asked.append(what)
        raise error

    path = tmp_path / "a.png"
    path.write_bytes(file_of(hidden(b"stealth_pnginfo", INFOTEXT.encode())))
    monkeypatch.setattr(f"app.analysis.analyzer.{name}", fail)
    result = analysed(path, frozenset(Stage) - OPTIONAL)
    assert (result.metadata.prompt, len(asked)) == (None, 1)
    ran = frozenset(Stage) - OPTIONAL - {Stage.NSFW}
    assert {result.stages[stage].status for stage in ran} == {"done"}


@pytest.mark.parametrize(
    "wanted", [frozenset(Stage) - OPTIONAL, frozenset({Stage.METADATA, Stage.KEYWORDS, Stage.SCORE})]
)
def test_a_webp_is_decoded_once_for_whoever_wants_its_pixels(wanted, tmp_path, monkeypatch):
    decoded, decode = [], decode_image
    monkeypatch.setattr(
        "app.analysis.pictures.partial.decode_image", lambda what, *more: decoded.append(what) or decode(what, *more)
    )
    path = tmp_path / "a.webp"
    path.write_bytes(file_of(hidden(b"stealth_pnginfo", INFOTEXT.encode()), "WEBP", lossless=True, exact=True))
    assert (analysed(path, wanted).metadata.prompt, len(decoded)) == ("a circle 雪", 1)


def test_looking_for_a_signature_costs_next_to_nothing():
    image = Image.new("RGBA", (6_000, 4_000), "white")
    read_stealth(image)
    with at_most(0.1):
        for _ in range(10):
            assert read_stealth(image) is None


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.sampled_from([b"stealth_pnginfo", b"stealth_pngcomp", b"stealth_rgbinfo", b"stealth_rgbcomp"]),
    st.binary(max_size=300),
    st.none() | st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 400), st.integers(1, 40)).filter(lambda size: size[0] * size[1] > 3_000),
)
def test_any_bits_give_a_text_or_none(signature, content, length, size):
    text = read_stealth(hidden(signature, content, size, length=length))
    assert text is None or text.encode()
