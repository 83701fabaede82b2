"""Camera raw files built by hand after the published structures, with a JPEG as preview and nothing as raw data.

Directories are those of TIFF 6.0 and TIFF/EP; what each maker puts into which is taken from exiftool's tables of tags
(exiftool.org/TagNames), for DNG from Adobe's specification, for CR3 from github.com/lclevy/canon_cr3.
"""

import struct
from io import BytesIO

from PIL import Image, ImageDraw

from tests.analysis.formats.tiffs import block, rational

SIZE = (6000, 4000)
TAKEN = "2021-03-04T05:06:07+01:00"
MODELS = {
    "cr2": ("Canon", "EOS 5D"),
    "cr3": ("Canon", "EOS R"),
    "nef": ("NIKON CORPORATION", "D70"),
    "arw": ("SONY", "ILCE-7M3"),
    "dng": ("Leica Camera AG", "M10"),
    "raf": ("FUJIFILM", "X-T3"),
    "orf": ("OLYMPUS CORPORATION", "E-M1"),
    "rw2": ("Panasonic", "DMC-GH5"),
    "pef": ("PENTAX Corporation", "K-5"),
    "srw": ("SAMSUNG", "NX1"),
}
FORMATS = tuple(MODELS)
PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmp:Rating="4"><dc:subject><rdf:Bag><rdf:li>boat</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def drawing(size=(240, 160)):
    """A lying picture with a clear top left."""
    canvas = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, size[0] // 3, size[1] // 3), fill="navy")
    draw.ellipse((size[0] // 2, size[1] // 3, size[0] - 1, size[1] - 1), fill="orange")
    return canvas


def jpeg(size=(240, 160), **options):
    buffer = BytesIO()
    drawing(size).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def lossless(size=SIZE):
    """How raw data is packed in a CR2 or DNG: it starts and ends as any JPEG does (ITU T.81, process 14)."""
    frame = struct.pack(">HHBHHB3B", 0xFFC3, 11, 8, size[1], size[0], 1, 1, 0x11, 0)
    return b"\xff\xd8" + frame + b"\xff\xda\0\x08\1\1\0\1\0\0" + bytes(64) + b"\xff\xd9"


def raw(format_, *, preview=None, thumbnail=None, orientation=1):
    """A file of a format with its preview, by default a drawing; `b""` is none."""
    if preview is None:
        inside = exif(format_, orientation) if format_ in ("raf", "rw2") else b""
        preview = jpeg(exif=b"Exif\0\0" + inside) if inside else jpeg()
    thumbnail = jpeg((60, 40)) if thumbnail is None else thumbnail
    return _BUILDERS[format_](preview, thumbnail, orientation)


def text(value):
    return (2, value.encode() + b"\0")


def camera(format_, orientation):
    make, model = MODELS[format_]
    return {0x10F: text(make), 0x110: text(model), 0x112: (3, (orientation,)), 700: (1, PACKET.encode())}


def shot(**more):
    return {
        0x829A: rational((1, 250)),
        0x8827: (3, (800,)),
        0x9003: text("2021:03:04 05:06:07"),
        0x9011: text("+01:00"),
        **more,
    }


def sized(kind, width, height, *, compression, photometric=None):
    tags = {0x100: (4, (width,)), 0x101: (4, (height,)), 0x103: (3, (compression,))}
    tags |= {} if kind is None else {0xFE: (4, (kind,))}
    return tags | ({} if photometric is None else {0x106: (3, (photometric,))})


def strip(at, content):
    return {0x111: (4, (at,)), 0x117: (4, (len(content),))} if content else {}


def link(at, content):
    """Where a JPEG stands, as EXIF says it of its thumbnail."""
    return {0x201: (4, (at,)), 0x202: (4, (len(content),))} if content else {}


def laid_out(make, *contents):
    """What `make` builds of the places of the contents, with these behind it."""
    at, places = len(make(*[0] * len(contents))), []
    for content in contents:
        places.append(at)
        at += len(content)
    return make(*places) + b"".join(contents)


def cr2(preview, thumbnail, orientation):
    def make(at, thumbnail_at, raw_at):
        pictures = (
            camera("cr2", orientation)
            | sized(None, 240, 160, compression=6)
            | strip(at, preview)
            | {0x8769: ("to", 4)},
            link(thumbnail_at, thumbnail) | {0x103: (3, (6,))},
            sized(None, 100, 60, compression=1),
            {0x103: (3, (6,))} | strip(raw_at, lossless()),
            shot() | {0xA002: (3, (SIZE[0],)), 0xA003: (3, (SIZE[1],))},
        )
        front = b"CR\2\0" + struct.pack("<I", 16)
        return block(pictures, links=((0, 1), (1, 2), (2, 3)), front=front)

    return laid_out(make, preview, thumbnail, lossless())


def nef(preview, thumbnail, orientation):
    def make(at, _, raw_at):
        pictures = (
            camera("nef", orientation) | sized(1, 160, 106, compression=1) | {0x14A: ("to", 1, 2), 0x8769: ("to", 3)},
            {0xFE: (4, (1,)), 0x103: (3, (6,))} | link(at, preview),
            sized(0, *SIZE, compression=34713, photometric=32803) | strip(raw_at, b"raw data"),
            shot(),
        )
        return block(pictures, order=">")

    return laid_out(make, preview, thumbnail, b"raw data")


def arw(preview, thumbnail, orientation):
    def make(at, thumbnail_at, raw_at):
        pictures = (
            camera("arw", orientation)
            | {0xFE: (4, (1,)), 0x103: (3, (6,)), 0x14A: ("to", 2), 0x8769: ("to", 3)}
            | link(at, preview),
            {0x103: (3, (6,))} | link(thumbnail_at, thumbnail),
            sized(0, *SIZE, compression=32767, photometric=32803) | strip(raw_at, b"raw data"),
            shot(),
        )
        return block(pictures, links=((0, 1),))

    return laid_out(make, preview, thumbnail, b"raw data")


def dng(preview, thumbnail, orientation):
    def make(at, thumbnail_at, raw_at):
        version = {0xC612: (1, (1, 4, 0, 0)), 0x8769: ("to", 4), 0x14A: ("to", 1, 2, 3)}
        pictures = (
            camera("dng", orientation) | sized(1, 8, 8, compression=1, photometric=2) | version,
            sized(0, *SIZE, compression=7, photometric=32803) | strip(raw_at, lossless()),
            sized(1, 240, 160, compression=7, photometric=6) | strip(at, preview),
            sized(1, 60, 40, compression=7, photometric=6) | strip(thumbnail_at, thumbnail),
            shot(),
        )
        return block(pictures, order=">")

    return laid_out(make, preview, thumbnail, lossless())


def pef(preview, thumbnail, orientation, name="pef", packing=65535):
    def make(at, thumbnail_at, raw_at):
        own = sized(None, *SIZE, compression=packing, photometric=32803) | strip(raw_at, b"raw data")
        pictures = (
            camera(name, orientation) | own | {0x8769: ("to", 3)},
            {0x103: (3, (6,))} | link(thumbnail_at, thumbnail),
            {0x103: (3, (6,))} | link(at, preview),
            shot(),
        )
        return block(pictures, order=">", links=((0, 1), (1, 2)))

    return laid_out(make, preview, thumbnail, b"raw data")


def srw(preview, thumbnail, orientation):
    return pef(preview, thumbnail, orientation, name="srw", packing=32770)


def orf(preview, _, orientation):
    def note(at):
        settings = [(0x100, 4, 1), (0x101, 4, at), (0x102, 4, len(preview))] if preview else []
        directories = ((0x2020, 13, 30),), settings
        table = b"".join(
            struct.pack("<H", len(entries))
            + b"".join(struct.pack("<HHII", tag, kind, 1, n) for tag, kind, n in entries)
            + bytes(4)
            for entries in directories
        )
        return b"OLYMPUS\0II\3\0" + table

    def make(at):
        own = sized(None, *SIZE, compression=1, photometric=32803)
        return block(
            (camera("orf", orientation) | own | {0x8769: ("to", 1)}, shot() | {0x927C: (7, note(at))}), magic=0x4F52
        )

    plain = make(0)
    return make(len(plain) - plain.index(b"OLYMPUS\0II")) + preview


def rw2(preview, _, orientation):
    width, height = SIZE
    borders = {number: (3, (value,)) for number, value in ((4, 6), (5, 8), (6, height + 6), (7, width + 8))}
    tags = camera("rw2", orientation) | borders | {1: (7, b"0300"), 2: (3, (width + 40,)), 3: (3, (height + 40,))}
    tags |= {0x111: (4, (0xFFFFFFFF,)), 0x117: (4, (99_999,))} | ({0x2E: (7, preview)} if preview else {})
    return block((tags,), magic=0x55, front=bytes.fromhex("88e774d8f8251d4d947a6e77822b5d6a"))


def raf(preview, _, orientation):
    directory = struct.pack(">IHHHHHHHH", 2, 0x100, 4, SIZE[1] + 40, SIZE[0] + 40, 0x111, 4, SIZE[1], SIZE[0])
    at = 148
    raw_at = at + len(preview) + len(directory)
    head = b"FUJIFILMCCD-RAW 0201FF392201" + MODELS["raf"][1].encode().ljust(32, b"\0")
    head = head.ljust(0x54, b"\0") + struct.pack(
        ">6I", at, len(preview), at + len(preview), len(directory), raw_at, len(b"raw data")
    )
    return head.ljust(at, b"\0") + preview + directory + b"raw data"


def exif(format_, orientation):
    """The EXIF block of a preview, for makers who keep it there."""
    return block((camera(format_, orientation) | {0x8769: ("to", 1)}, shot()))


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def cr3(preview, thumbnail, orientation):
    def uuid(name, content):
        return box(b"uuid", bytes.fromhex(name.replace("-", "")) + content)

    def track(at, content, packing):
        sample = box(b"CRAW", bytes(24) + struct.pack(">HH", *SIZE) + bytes(54) + box(packing, bytes(4)))
        table = box(b"stsd", struct.pack(">II", 0, 1) + sample) + box(b"stsz", struct.pack(">III", 0, len(content), 1))
        table += box(b"stsc", struct.pack(">5I", 0, 1, 1, 1, 1)) + box(b"co64", struct.pack(">IIQ", 0, 1, at))
        handler = box(b"hdlr", struct.pack(">II4s", 0, 0, b"vide") + bytes(13))
        return box(b"trak", box(b"tkhd", bytes(84)) + box(b"mdia", handler + box(b"minf", box(b"stbl", table))))

    def make(at, raw_at):
        own = camera("cr3", orientation) | {0x100: (3, (SIZE[0],)), 0x101: (3, (SIZE[1],))}
        small = struct.pack(">IHHIHH", 0, 60, 40, len(thumbnail), 1, 0) + thumbnail
        canon = (
            box(b"CNCV", b"CanonCR3_001/00.09.00/00.00.00")
            + box(b"CMT1", block((own,)))
            + box(b"CMT2", block((shot(),)))
            + box(
                b"CMT4",
                block(
                    (
                        {
                            1: text("N"),
                            2: rational((50, 1), (30, 1), (0, 1)),
                            3: text("E"),
                            4: rational((8, 1), (0, 1), (0, 1)),
                        },
                    )
                ),
            )
            + box(b"THMB", small)
        )
        movie = uuid("85c0b687-820f-11e0-8111-f4ce462b6a48", canon) + box(b"mvhd", bytes(100))
        movie += (track(at, preview, b"JPEG") if preview else b"") + track(raw_at, b"raw data", b"CMP1")
        packet = PACKET.encode()
        middle = jpeg((120, 80)) if preview else b""
        shown = struct.pack(">IHHHHI", 0, 1, 120, 80, 1, len(middle)) + middle
        front = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", movie)
        front += uuid("be7acfcb-97a9-42e8-9c71-999491e3afac", packet)
        front += uuid("eaf42b5e-1c98-4b88-b9fb-b7dc406e4d16", struct.pack(">II", 0, 1) + box(b"PRVW", shown))
        return front + struct.pack(">I4s", 8 + len(preview) + len(b"raw data"), b"mdat")

    return laid_out(make, preview, b"raw data")


_BUILDERS = {
    "cr2": cr2,
    "cr3": cr3,
    "nef": nef,
    "arw": arw,
    "dng": dng,
    "raf": raf,
    "orf": orf,
    "rw2": rw2,
    "pef": pef,
    "srw": srw,
}
