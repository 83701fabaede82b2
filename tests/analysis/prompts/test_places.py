"""Where in a file a generator's words may stand: every place is read, by whatever format."""

import json
import struct

import pytest
from PIL import Image, PngImagePlugin

from app.analysis.metadata.embedded import find_generation
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.film import sort_film_tags
from app.analysis.pictures.container import FilmInfo
from app.analysis.prompts.generation import Generation
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.pictures import read, saved
from tests.analysis.prompts.graphs import sampled

INFOTEXT = "a boat\nNegative prompt: fog\nSteps: 4, Sampler: Euler, Seed: 9"
JOB = "a boat --ar 3:2 --no fog Job ID: 1c0a3a1e-6a3f-4b6e-9e3e-0123456789ab"
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
DESCRIPTION = 0x010E
GRAPH = json.dumps(sampled())


def exif(**tags):
    written = Image.Exif()
    written.update({int(tag[1:], 16): value for tag, value in tags.items()})
    return written.tobytes()


def described(text):
    return f"<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>{text}</rdf:li></rdf:Alt></dc:description>"


def iptc_of(**properties):
    space = "xmlns:Iptc4xmpExt='http://iptc.org/std/Iptc4xmpExt/2008-02-29/'"
    written = "".join(f" Iptc4xmpExt:{name}='{value}'" for name, value in properties.items())
    return packet("", space + written)


@pytest.mark.parametrize("format_", ["JPEG", "WEBP", "PNG"])
@pytest.mark.parametrize(
    ("options", "generator"),
    [
        ({"exif": exif(x010E=INFOTEXT)}, "AUTOMATIC1111"),
        ({"exif": exif(x9C9C=INFOTEXT.encode("utf-16-le"))}, "AUTOMATIC1111"),
        ({"exif": exif(x010E=JOB)}, "Midjourney"),
        ({"exif": exif(x0110=f"prompt:{GRAPH}")}, "ComfyUI"),
        ({"exif": exif(x010E=f"Prompt:{GRAPH}")}, "ComfyUI"),
        ({"xmp": packet(described(JOB))}, "Midjourney"),
        ({"xmp": packet(described(INFOTEXT))}, "AUTOMATIC1111"),
    ],
)
def test_words_are_read_from_exif_and_xmp_of_every_format(format_, options, generator):
    if format_ == "PNG" and "xmp" in options:
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", options["xmp"].decode())
        options = {"pnginfo": info}
    made = find_generation(read(saved(format_, **options)))
    assert (made.generator, made.prompt, made.negative_prompt) == (generator, "a boat", "fog")


@pytest.mark.parametrize(
    ("options", "generator", "prompt"),
    [
        ({"exif": exif(x0131="NovelAI")}, "NovelAI", None),
        ({"xmp": packet("", "xmp:CreatorTool='DALL·E 3'")}, "DALL-E", None),
        ({"xmp": packet("", "photoshop:Credit='Made with Google AI'")}, "Google", None),
        ({"xmp": iptc_of(DigitalSourceType=SOURCE)}, "AI (unnamed)", None),
        (
            {"xmp": iptc_of(DigitalSourceType=SOURCE, AISystemUsed="ChatGPT", AIPromptInformation="a boat")},
            "ChatGPT",
            "a boat",
        ),
        ({"xmp": iptc_of(DigitalSourceType=SOURCE), "exif": exif(x010F="Canon")}, None, None),
        ({"exif": exif(x010F="Canon", x0131="Midjourney")}, None, None),
    ],
)
def test_names_are_read_from_exif_and_xmp(options, generator, prompt):
    made = find_generation(read(saved(**options)))
    assert (made.generator, made.prompt) == (generator, prompt)


@pytest.mark.parametrize(
    "tags",
    [
        {"comment": INFOTEXT},
        {"description": JOB},
        {"prompt": GRAPH},
        {"comment": json.dumps({"prompt": GRAPH, "workflow": "{}"})},
        {"comment": GRAPH},
        {"xmp": packet(described(JOB)).decode()},
    ],
)
def test_words_are_read_from_the_tags_of_a_film(tags):
    made = find_generation(sort_film_tags(FilmInfo(tags=tags)))
    assert (made.prompt, made.negative_prompt) == ("a boat", "fog")


def test_a_comment_of_a_jpeg_and_of_a_gif_is_read():
    for format_ in ("JPEG", "GIF"):
        assert find_generation(read(saved(format_, comment=INFOTEXT.encode()))).prompt == "a boat"


def test_a_text_of_an_unexpected_type_is_passed_over():
    block = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, DESCRIPTION, 3, 1, 7) + b"\0" * 4
    assert find_generation(read(saved(exif=block))) == Generation()


@pytest.mark.parametrize(
    "tags",
    [
        {"x0110": f"prompt:{GRAPH}", "x010F": 'workflow:{"nodes": []}'},
        {"x010E": INFOTEXT},
        {"x010E": JOB},
        {"x010E": f"Prompt:{GRAPH}", "x9C9C": INFOTEXT.encode("utf-16-le")},
    ],
)
def test_what_a_generator_wrote_is_no_camera_and_no_caption(tags):
    found = interpret_image(read(saved(exif=exif(**tags))))
    assert (found.prompt, found.camera_make, found.camera_model, found.caption) == ("a boat", None, None, None)


def test_what_a_person_wrote_beside_it_is_a_caption():
    found = interpret_image(read(saved(exif=exif(x010E=INFOTEXT), xmp=packet(described("Our boat")))))
    assert (found.prompt, found.caption) == ("a boat", "Our boat")
