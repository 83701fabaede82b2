"""Small pictures for the tests of what they say about themselves, and any file taken through the analysis."""

import os
from io import BytesIO

from PIL import Image

from app.analysis.analyzer import Analyzer
from app.analysis.formats.recognise import recognise
from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures.image import open_image
from app.analysis.recipes import APPLIES, VERSIONS
from app.media import FoundFile, Job, Recipe, Stage

TOLD = frozenset({Stage.METADATA, Stage.KEYWORDS})
RECIPE = Recipe(dict(VERSIONS), dict(APPLIES), {Stage.NSFW: "no weights"})


def saved(format_="JPEG", **options):
    """The bytes of a small picture, with whatever Pillow writes into it."""
    buffer = BytesIO()
    Image.new("RGB", (16, 12), "teal").save(buffer, format_, **options)
    return buffer.getvalue()


def opened(content):
    return open_image(BytesIO(content), recognise(content).name)


def read(content):
    """What these bytes say about themselves."""
    return read_embedded(opened(content))


def analysed(path, wanted=TOLD):
    """What the analysis makes of a file on disk."""
    job = Job(FoundFile("r", os.fsencode(path.name), 1, 1), wanted, wanted)
    return Analyzer({"r": str(path.parent)}, RECIPE)(job)
