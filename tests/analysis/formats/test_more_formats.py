"""A real file of each format that cameras, phones and programs write beside the common ones: suffix to thumbnail."""

import os
import struct
from io import BytesIO

import pytest
from PIL import Image

from app.analysis.analyzer import Analyzer
from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures.image import open_image
from app.analysis.recipes import APPLIES, VERSIONS
from app.formats import promised
from app.media import OPTIONAL, Analysis, FoundFile, Job, Recipe, Stage
from tests.analysis.formats import raws
from tests.analysis.formats.examples import drawing, encoded

WITHOUT_NSFW = Recipe(VERSIONS, APPLIES, {Stage.NSFW: "none"})
EVERY = frozenset(Stage) - OPTIONAL


def film(muxer, codec, **options):
    av = pytest.importorskip("av", reason="PyAV is not installed")
    buffer = BytesIO()
    with av.open(buffer, "w", format=muxer, options=options) as container:
        try:
            track = container.add_stream(codec, rate=25)
        except (av.FFmpegError, ValueError):
            pytest.skip(f"there is no encoder of {codec} here")
        track.width, track.height, track.pix_fmt = 176, 144, "yuv420p"
        picture = av.VideoFrame.from_image(drawing(size=(176, 144)))
        for _ in range(12):
            container.mux(track.encode(picture))
        container.mux(track.encode(None))
    return buffer.getvalue()


def psd(picture):
    """A Photoshop document with nothing but its flattened picture (Adobe's file format specification)."""
    planes = b"".join(band.tobytes() for band in picture.split())
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, picture.height, picture.width, 8, 3)
    return head + bytes(12) + struct.pack(">H", 0) + planes


PICTURES = {
    "photo.psd": ("psd", lambda: psd(drawing())),
    "icon.ico": ("ico", lambda: encoded(drawing(size=(64, 64)), "ICO")),
    "icon.icns": ("icns", lambda: encoded(drawing(size=(128, 128)), "ICNS")),
    "a.qoi": ("qoi", lambda: encoded(drawing(), "QOI")),
    "a.pgm": ("ppm", lambda: encoded(drawing("L"), "PPM")),
    "a.pbm": ("ppm", lambda: encoded(drawing("1"), "PPM")),
    "a.pcx": ("pcx", lambda: encoded(drawing(), "PCX")),
    "a.sgi": ("sgi", lambda: encoded(drawing(), "SGI")),
    "DSC_3D.MPO": ("jpeg", lambda: encoded(drawing(), "MPO", save_all=True, append_images=[drawing()])),
    "IMG.insp": ("jpeg", lambda: encoded(drawing(), "JPEG")),
    "a.jfif": ("jpeg", lambda: encoded(drawing(), "JPEG")),
    "a.avifs": ("avif", lambda: encoded(drawing(), "AVIF", save_all=True, append_images=[drawing().rotate(90)])),
    "GOPR0001.GPR": ("dng", lambda: raws.raw("dng")),
    "L1000001.RWL": ("rw2", lambda: raws.raw("rw2")),
    "SAM_0001.SRW": ("srw", lambda: raws.raw("srw")),
}
FILMS = {
    "a.3gp": ("3gp", "3gp", "h263", {}),
    "a.3g2": ("3gp", "3g2", "mpeg4", {}),
    "00000.MTS": ("mpegts", "mpegts", "mpeg2video", {"mpegts_m2ts_mode": "1"}),
    "00000.m2ts": ("mpegts", "mpegts", "h264", {"mpegts_m2ts_mode": "1"}),
    "a.ts": ("mpegts", "mpegts", "mpeg2video", {}),
    "a.mpg": ("mpeg", "mpeg", "mpeg1video", {}),
    "a.mpeg": ("mpeg", "vob", "mpeg2video", {}),
    "a.wmv": ("asf", "asf", "wmv2", {}),
    "a.asf": ("asf", "asf", "msmpeg4v3", {}),
    "a.flv": ("flv", "flv", "flv", {}),
    "a.ogv": ("ogg", "ogg", "libtheora", {}),
    "VID.insv": ("mp4", "mp4", "mpeg4", {}),
    "GS010123.360": ("mp4", "mp4", "mpeg4", {}),
    "GL010123.LRV": ("mp4", "mp4", "mpeg4", {}),
}


def analysed(folder, name, content):
    (folder / name).write_bytes(content)
    path = os.fsencode(name)
    assert promised(path) is not None, f"no session would look at {name}"
    return Analyzer({"r": str(folder)}, WITHOUT_NSFW)(Job(FoundFile("r", path, len(content), 1), EVERY, EVERY))


def is_taken_in(result, format_, name):
    assert isinstance(result, Analysis), result
    assert result.identity.format == format_
    assert {stage: ended.reason for stage, ended in result.stages.items() if ended.cause} == {}, name
    assert result.picture.phash


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_taken_in_whatever_its_format(name, tmp_path):
    format_, content = PICTURES[name]
    is_taken_in(analysed(tmp_path, name, content()), format_, name)


@pytest.mark.parametrize("name", FILMS)
def test_a_film_is_taken_in_whatever_its_container(name, tmp_path):
    format_, muxer, codec, options = FILMS[name]
    result = analysed(tmp_path, name, film(muxer, codec, **options))
    is_taken_in(result, format_, name)
    pixel_aspect = 12 / 11 if codec == "h263" else 1  # which H.263 gives a picture of this size
    assert (result.identity.width, result.identity.height) == (round(176 * pixel_aspect), 144)


def test_a_page_of_several_is_named(tmp_path):
    content = encoded(drawing(), "TIFF", save_all=True, append_images=[drawing(), drawing()])
    result = analysed(tmp_path, "scan.tif", content)
    assert (result.identity.frames, result.identity.notes) == (1, ("The file holds 3 pictures; the first is shown.",))
    with Image.open(BytesIO(result.picture.webp)) as thumbnail:
        assert thumbnail.size == (320, 240)


def test_what_photoshop_says_in_its_own_files_is_read_from_their_resources():
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Headline="A quiet lake"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    xmp += b" " * (len(xmp) % 2)
    resource = b"8BIM" + struct.pack(">H2xI", 1060, len(xmp)) + xmp
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 4, 4, 8, 3)
    content = head + bytes(4) + struct.pack(">I", len(resource)) + resource + bytes(4) + bytes(2 + 48)
    assert read_embedded(open_image(BytesIO(content), "psd")).xmp["photoshop:Headline"] == ("A quiet lake",)
