"""The table of formats: a row says everything about a format that is a fact and not a program.

What is taken in by its suffix, what content is recognised by, what opens it, and where the documents list it, all come
from here. To add a format is to add its row (and a reader, where none of ours can open it): `tests/test_formats.py`
names what a row lacks. It opens nothing.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from app.format_row import Ending, Format, Kind, Magic

__all__ = ["FORMATS", "FORMAT_OF_NAME", "FORMAT_OF_SUFFIX", "Ending", "Format", "Kind", "Magic"]

_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # QuickTime before 2001 has no brand, and starts so
_PORTABLE = tuple(  # any white space may follow
    mark + blank for mark in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"Pf") for blank in (b"\n", b" ", b"\r", b"\t")
)
_EBML = b"\x1aE\xdf\xa3"

_OF_MAKERS: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...]], ...] = (  # TIFF files of raw data
    ("nef", "NEF (Nikon)", "nikon", (".nef", ".nrw"), ("NIKON",)),
    ("arw", "ARW (Sony)", "sony", (".arw",), ("SONY",)),
    ("pef", "PEF (Pentax)", "pentax", (".pef",), ("PENTAX", "RICOH", "ASAHI")),
    ("srw", "SRW (Samsung)", "samsung", (".srw",), ("SAMSUNG",)),
)
_OTHER_PICTURES: tuple[tuple[str, str, tuple[str, ...], tuple[Magic, ...]], ...] = (  # by Pillow's names of them
    ("psd", "PSD (Photoshop)", (".psd",), ({0: b"8BPS\0\1"},)),  # a PSB begins with another version
    ("ico", "ICO (icons)", (".ico",), ({0: b"\0\0\1\0", 5: b"\0"},)),  # behind the number of its pictures
    ("icns", "ICNS (icons of Apple)", (".icns",), ({0: b"icns"},)),
    ("qoi", "QOI", (".qoi",), ({0: b"qoif"},)),
    ("ppm", "PPM, PGM, PBM and PFM", (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"), tuple({0: mark} for mark in _PORTABLE)),
    ("pcx", "PCX", (".pcx",), ({0: b"\x0a\5\1"},)),
    ("sgi", "SGI", (".sgi",), ({0: b"\x01\xda\0"}, {0: b"\x01\xda\1"})),
)
_OTHER_FILMS: tuple[tuple[str, str, tuple[str, ...], tuple[Magic, ...]], ...] = (  # by libav's names of them
    ("mpeg", "MPEG program stream", (".mpg", ".mpeg", ".vob"), ({0: b"\0\0\1\xba"},)),
    ("asf", "WMV and ASF", (".wmv", ".asf"), ({0: b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"},)),
    ("flv", "Flash video", (".flv",), ({0: b"FLV\1"},)),
    ("ogg", "Ogg with Theora", (".ogv",), ({0: b"OggS", None: b"theora"},)),
)
FORMATS: tuple[Format, ...] = (
    Format(
        name="jpeg",
        title="JPEG",
        kind=Kind.IMAGE,
        suffixes=(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".insp"),
        media_type="image/jpeg",
        in_browser=True,
        magics=({0: b"\xff\xd8\xff"},),
        pillow=("JPEG",),  # hands over to MPO by itself; MPO asked for by name raises KeyError for anything else
        ending=Ending.MARK,
        live_photo=True,
        motion_photo=True,
        written=True,
    ),
    Format(
        name="png",
        title="PNG and APNG",
        kind=Kind.IMAGE,
        suffixes=(".png", ".apng"),
        media_type="image/png",
        in_browser=True,
        magics=({0: b"\x89PNG\r\n\x1a\n"},),
        pillow=("PNG",),
        ending=Ending.CHUNKS,
        any_order=True,
        words_behind=True,
        film=True,
        written=True,
    ),
    Format(
        name="webp",
        title="WebP",
        kind=Kind.IMAGE,
        suffixes=(".webp",),
        media_type="image/webp",
        in_browser=True,
        magics=({0: b"RIFF", 8: b"WEBP"},),
        pillow=("WEBP",),
        ending=Ending.RIFF,
        words_behind=True,
        pixel_bytes=16,
        film=True,
        written=True,
    ),
    Format(
        name="gif",
        title="GIF",
        kind=Kind.IMAGE,
        suffixes=(".gif",),
        media_type="image/gif",
        in_browser=True,
        magics=({0: b"GIF87a"}, {0: b"GIF89a"}),
        pillow=("GIF",),
        ending=Ending.BLOCKS,
        any_order=True,
        film=True,
    ),
    Format(
        name="cr2",
        title="CR2 (Canon)",
        kind=Kind.IMAGE,
        suffixes=(".cr2",),
        media_type="image/x-canon-cr2",
        magics=({0: b"II*\0\x10\0\0\0CR"},),
        raw=True,
        ending=Ending.DIRECTORY,
    ),
    Format(
        name="tiff",
        title="TIFF",
        kind=Kind.IMAGE,
        suffixes=(".tif", ".tiff"),
        media_type="image/tiff",
        magics=({0: b"II*\0"}, {0: b"MM\0*"}, {0: b"II+\0"}, {0: b"MM\0+"}),  # the last two are BigTIFF
        pillow=("TIFF",),
        ending=Ending.DIRECTORY,
        turned=True,
        written=True,
    ),
    Format(
        name="bmp",
        title="BMP",
        kind=Kind.IMAGE,
        suffixes=(".bmp", ".dib"),
        media_type="image/bmp",
        in_browser=True,
        # two letters are also how a text may start: its header is less than 256 bytes long; or a bare DIB
        magics=({0: b"BM", 15: b"\0\0\0"}, {0: b"\x28\0\0\0", 12: b"\1\0"}),
        pillow=("BMP", "DIB"),
        any_order=True,
    ),
    Format(
        name="avif",
        title="AVIF",
        kind=Kind.IMAGE,
        suffixes=(".avif", ".avifs"),
        media_type="image/avif",
        in_browser=True,
        brands=(b"avif", b"avis"),
        pillow=("AVIF",),
        pixel_bytes=16,
        ending=Ending.BOXES,
        film=True,
        written=True,
    ),
    Format(
        name="heic",
        title="HEIC",
        kind=Kind.IMAGE,
        suffixes=(".heic", ".heif", ".hif", ".heics"),
        media_type="image/heic",
        # the last two alone say only "HEIF", as AVIF files do, too: the decoder that takes most is libheif
        brands=(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"),
        pillow=("HEIF",),
        pixel_bytes=12,
        ending=Ending.BOXES,
        turned=True,
        seen_size=True,
        live_photo=True,
        motion_photo=True,
        written=True,
    ),
    Format(
        name="jpeg2000",
        title="JPEG 2000",
        kind=Kind.IMAGE,
        suffixes=(".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"),
        media_type="image/jp2",
        magics=({0: b"\0\0\0\x0cjP  \r\n\x87\n"}, {0: b"\xff\x4f\xff\x51"}),
        pillow=("JPEG2000",),
        pixel_bytes=20,
        ending=Ending.BOXES_OR_MARK,
    ),
    Format(
        name="jxl",
        title="JPEG XL",
        kind=Kind.IMAGE,
        suffixes=(".jxl",),
        media_type="image/jxl",
        in_browser=True,
        magics=({0: b"\xff\x0a"}, {0: b"\0\0\0\x0cJXL \r\n\x87\n"}),  # the bare codestream, and in boxes
        pillow=("JXL",),
        pixel_bytes=16,
        ending=Ending.BOXES_OR_UNTOLD,
        film=True,
        turned=True,
        seen_size=True,
    ),
    Format(
        name="cr3",
        title="CR3 (Canon)",
        kind=Kind.IMAGE,
        suffixes=(".cr3",),
        media_type="image/x-canon-cr3",
        brands=(b"crx ",),
        raw=True,
        ending=Ending.BOXES,
    ),
    *(
        Format(
            name=n,
            title=title,
            kind=Kind.IMAGE,
            suffixes=ends,
            media_type=f"image/x-{maker}-{n}",
            makers=made_by,
            raw=True,
            ending=Ending.DIRECTORY,
        )
        for n, title, maker, ends, made_by in _OF_MAKERS
    ),
    Format(
        name="dng",
        title="DNG (Adobe and phones)",
        kind=Kind.IMAGE,
        suffixes=(".dng", ".gpr"),
        media_type="image/x-adobe-dng",
        raw=True,
        ending=Ending.DIRECTORY,
    ),
    Format(
        name="raf",
        title="RAF (Fujifilm)",
        kind=Kind.IMAGE,
        suffixes=(".raf",),
        media_type="image/x-fuji-raf",
        magics=({0: b"FUJIFILMCCD-RAW"},),
        raw=True,
    ),
    Format(
        name="orf",
        title="ORF (Olympus)",
        kind=Kind.IMAGE,
        suffixes=(".orf",),
        media_type="image/x-olympus-orf",
        magics=({0: b"IIRO"}, {0: b"IIRS"}, {0: b"MMOR"}),
        raw=True,
        ending=Ending.DIRECTORY,
    ),
    Format(
        name="rw2",
        title="RW2 (Panasonic)",
        kind=Kind.IMAGE,
        suffixes=(".rw2", ".rwl"),
        media_type="image/x-panasonic-rw2",
        magics=({0: b"IIU\0"},),
        raw=True,
        ending=Ending.DIRECTORY,
    ),
    *(
        Format(
            name=n,
            title=title,
            kind=Kind.IMAGE,
            suffixes=ends,
            media_type=f"image/{n}",
            magics=told,
            pillow=(n.upper(),),
        )
        for n, title, ends, told in _OTHER_PICTURES
    ),
    Format(
        name="mov",
        title="QuickTime",
        kind=Kind.VIDEO,
        suffixes=(".mov",),
        media_type="video/quicktime",
        in_browser=True,
        magics=tuple({4: atom} for atom in _ATOMS),
        major=(b"qt",),
        demuxer="mov",
        live_photo=True,
    ),
    Format(
        name="m4v",
        title="M4V",
        kind=Kind.VIDEO,
        suffixes=(".m4v",),
        media_type="video/x-m4v",
        in_browser=True,
        major=(b"M4V",),
        demuxer="mov",
        live_photo=True,
    ),
    Format(
        name="3gp",
        title="3GP and 3G2",
        kind=Kind.VIDEO,
        suffixes=(".3gp", ".3g2"),
        media_type="video/3gpp",
        major=(b"3g",),
        demuxer="mov",
    ),
    Format(
        name="mp4",
        title="MP4",
        kind=Kind.VIDEO,
        suffixes=(".mp4", ".insv", ".360", ".lrv"),
        media_type="video/mp4",
        in_browser=True,
        major=(b"",),  # whatever no row above has
        demuxer="mov",
        live_photo=True,
    ),
    Format(
        name="webm",
        title="WebM",
        kind=Kind.VIDEO,
        suffixes=(".webm",),
        media_type="video/webm",
        in_browser=True,
        magics=({0: _EBML, None: b"webm"},),
        demuxer="matroska",
    ),
    Format(
        name="mkv",
        title="Matroska",
        kind=Kind.VIDEO,
        suffixes=(".mkv",),
        media_type="video/matroska",
        in_browser=True,
        magics=({0: _EBML, None: b"matroska"},),
        demuxer="matroska",
    ),
    Format(
        name="avi",
        title="AVI",
        kind=Kind.VIDEO,
        suffixes=(".avi",),
        media_type="video/x-msvideo",
        magics=({0: b"RIFF", 8: b"AVI "},),
        demuxer="avi",
    ),
    Format(
        name="mpegts",
        title="MPEG transport stream (AVCHD)",
        kind=Kind.VIDEO,
        suffixes=(".ts", ".mts", ".m2ts"),
        media_type="video/mp2t",
        # packets of 188 bytes, or of 192 where each has a time in front; TypeScript has the first two suffixes, too
        magics=({0: b"G", 188: b"G", 376: b"G"}, {4: b"G", 196: b"G", 388: b"G"}),
        demuxer="mpegts",
        doubtful=True,
    ),
    *(
        Format(name=n, title=title, kind=Kind.VIDEO, suffixes=ends, media_type=f"video/{n}", magics=told, demuxer=n)
        for n, title, ends, told in _OTHER_FILMS
    ),
)
FORMAT_OF_NAME: Mapping[str, Format] = MappingProxyType({format_.name: format_ for format_ in FORMATS})
FORMAT_OF_SUFFIX: Mapping[bytes, Format] = MappingProxyType(
    {suffix.encode(): format_ for format_ in FORMATS for suffix in format_.suffixes}
)
NOT_TAKEN_IN: tuple[tuple[bytes, str], ...] = (
    (b"\0\0\x02\0", "a cursor (CUR)"),
    (b"8BPS", "a large Photoshop document (PSB)"),
    (b"DDS ", "a DirectDraw surface (DDS)"),
    (b"%!PS", "PostScript"),
    (b"%PDF", "a PDF document"),
    (b"#?RADIANCE", "a Radiance picture (HDR)"),
    (b"v/1\x01", "OpenEXR"),
    (b"farbfeld", "farbfeld"),
    (b"PF\n", "a PFM in colours"),
)
"""How pictures start that are known by name, and refused by it."""
NO_MEDIA_BRANDS = (b"M4A ", b"M4B ", b"M4P ", b"jxl ", b"jp2 ", b"jpx ")
"""Main brands of ISO base media files that are none of ours: sound, and pictures that are not read in this form."""

BESIDE_RAW = ("jpeg", "heic")
"""Formats in which cameras write the picture that they also give as raw; the first that is there stands for both."""
_PIXEL_FILM = re.compile(rb"(?:.+\.M[PV](?:\.COVER)?|MVIMG_\d{8}_\d{6,9})(?:~\d{1,3})?(?:\(\d{1,6}\))?\Z", re.DOTALL)


def is_pixel_film(name: bytes) -> bool:
    """Whether a name is that of the film of a Pixel's motion photo, as archives of Google Photos have it by itself.

    It is an MP4 with the name of its picture but for the suffix: `PXL_x.MP` of `PXL_x.MP.jpg`, `PXL_x.MP~2`,
    `PXL_x.MV`, `PXL_x.RAW-01.MP.COVER` or `MVIMG_x`. The capitals tell them from what other programs call `.mp`.
    """
    return _PIXEL_FILM.match(name) is not None


def suffix_of(name: bytes) -> bytes:
    """The suffix of a file name in lower case with its dot, `b""` where it has none: `b"A.JPG"` -> `b".jpg"`.

    That of a Pixel's film is the one of what it is, `b".mp4"`.
    """
    if is_pixel_film(name):
        return b".mp4"
    stem, dot, suffix = name.rpartition(b".")
    return b"." + suffix.lower() if dot and stem else b""


def begins_as(format_: Format, head: bytes) -> bool:
    """Whether the first bytes of a file, 512 are enough, are those of a format that is told by them."""
    return any(
        all(head.startswith(content, place or 0) for place, content in magic.items()) for magic in format_.magics
    )


def promised(name: bytes) -> Format | None:
    """The format that the suffix of a file name promises, None if it is of no format; the content may be another."""
    return FORMAT_OF_SUFFIX.get(suffix_of(name))
