"""Media of our own making: the samples in media/ and the files that tests and benchmarks need.

    python tests/samples.py [DIR]      writes the samples, into media/ when no folder is named

Everything is drawn here with Pillow from seeded numbers: the same call gives the same file. Imports nothing of the
house, so that what it writes is an independent witness of what the house reads.
"""

import io
import json
import math
import os
import random
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import count as numbers
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageFilter, ImageOps, PngImagePlugin

Colour = tuple[int, int, int]
Size = tuple[int, int]

_seconds = numbers(1_500_000_000)


def settled(path: Path) -> Path:
    """The file with a time long ago, another one each time: nobody can be writing to it still."""
    second = next(_seconds)
    os.utime(path, (second, second))
    return path


# ---------------------------------------------------------------------------------------------------- pictures


@dataclass(frozen=True)
class Scene:
    """A landscape: a sky of three colours, a sun or moon, and ridges that darken towards the viewer."""

    sky: tuple[str, str, str]
    ground: tuple[str, str]  # far, near
    sun: str
    sun_at: tuple[float, float]  # 0...1 of width and height
    sun_radius: float = 0.06  # of the height
    horizon: float = 0.5  # of the height
    roughness: float = 0.07  # height of the ridges, of the height
    waves: float = 1.3  # crests across the width of the farthest ridge
    jagged: bool = False
    water: bool = False
    stars: int = 0


SCENES = {
    "dunes": Scene(("#31356e", "#c8648a", "#ffc27a"), ("#e8a06a", "#6e2f3c"), "#fff1c9", (0.68, 0.42), 0.08, 0.52),
    "hills": Scene(("#7db9e8", "#bfe3f2", "#fdf6dc"), ("#a9cfa0", "#2c6b4f"), "#fffbe8", (0.26, 0.24), 0.06, 0.5),
    "coast": Scene(
        ("#5aa3d8", "#b9dff0", "#fff3d6"),
        ("#79c3cf", "#0f4f6e"),
        "#fffdf0",
        (0.5, 0.3),
        0.06,
        0.55,
        0.012,
        5,
        water=True,
    ),
    "ember": Scene(
        ("#1f1d4e", "#b4476b", "#ffae5d"),
        ("#c9627a", "#171a45"),
        "#ffe3a8",
        (0.4, 0.5),
        0.1,
        0.55,
        0.012,
        6,
        water=True,
    ),
    "peaks": Scene(
        ("#4a6fa5", "#a8c5e2", "#f6eef2"), ("#c3d3e6", "#2b4468"), "#ffffff", (0.78, 0.2), 0.05, 0.42, 0.2, 2, True
    ),
    "night": Scene(
        ("#0a1030", "#1f2c63", "#5a5a9c"), ("#3a4480", "#0a0f2a"), "#f6f1da", (0.3, 0.27), 0.09, 0.62, stars=140
    ),
    "valley": Scene(
        ("#14213d", "#3d4f7c", "#e08f62"), ("#6b5b83", "#141a33"), "#ffdca8", (0.55, 0.55), 0.05, 0.5, 0.12, stars=60
    ),
    "forest": Scene(
        ("#d7e8d0", "#eef4dc", "#fbf7e6"), ("#b9d3b0", "#1d4034"), "#fffdf2", (0.62, 0.22), 0.1, 0.4, 0.14, 3, True
    ),
}


def gradient(size: Size, *colours: str | Colour) -> Image.Image:
    """Two or three colours from top to bottom."""
    ramp = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR)
    return ImageOps.colorize(ramp, colours[0], colours[-1], colours[1] if len(colours) == 3 else None)


def mixed(first: str, second: str, share: float) -> str:
    """The colour at `share` (0...1) on the way from the first to the second."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def ridge(width: int, rng: random.Random, waves: float, *, jagged: bool) -> list[float]:
    """Heights -1...1 of a ridge, one for each column."""
    parts = [
        (rng.uniform(0.6, 1) / octave, waves * octave * rng.uniform(0.8, 1.2), rng.random()) for octave in (1, 2, 3, 5)
    ]
    if jagged:
        parts += [(0.3 / octave, waves * octave * rng.uniform(0.8, 1.2), rng.random()) for octave in (7, 11, 17, 29)]
    total = sum(height for height, _, _ in parts)

    def height_at(x: float) -> float:
        turns = [(height, frequency * x + phase) for height, frequency, phase in parts]
        if jagged:
            return sum(height * (4 * abs(turn % 1 - 0.5) - 1) for height, turn in turns) / total
        return sum(height * math.sin(2 * math.pi * turn) for height, turn in turns) / total

    return [height_at(column / width) for column in range(width)]


def landscape(name: str, size: Size, seed: int = 0) -> Image.Image:
    """The named scene at that size; another seed gives other ridges."""
    scene, rng = SCENES[name], random.Random(f"{name} {seed}")
    width, height = size[0] * 2, size[1] * 2  # drawn twice as large and reduced: smooth edges
    picture = gradient((width, round(height * scene.horizon) + 2), *scene.sky)
    picture = ImageOps.pad(picture, (width, height), color=scene.sky[2], centering=(0, 0))
    draw = ImageDraw.Draw(picture)
    for _ in range(scene.stars):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height * scene.horizon * 0.9), rng.uniform(0.5, 2.2)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill="#e8ecff")

    x, y, radius = scene.sun_at[0] * width, scene.sun_at[1] * height, scene.sun_radius * height
    fade = [
        max(0.0, 1 - distance / 180) ** 1.6 * 150 for distance in range(256)
    ]  # 180 is where the circle meets the edge
    glow = Image.radial_gradient("L").resize((round(radius * 10),) * 2).point(fade)
    picture.paste(scene.sun, (round(x - radius * 5), round(y - radius * 5)), glow)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=scene.sun)

    layers = 9 if scene.water else 6
    for layer in range(layers):
        near = layer / (layers - 1)
        base = height * (scene.horizon + (1 - scene.horizon) * near**1.3 * 0.85)
        swing = height * scene.roughness * (0.5 + near)
        levels = ridge(width // 4, rng, scene.waves / (0.6 + near), jagged=scene.jagged)
        outline = [(column * 4, base - swing * level) for column, level in enumerate([*levels, levels[-1]])]
        colour = mixed(*scene.ground, near)
        draw.polygon(
            [(0, height), *outline, (width, height)], fill=colour if layer else mixed(scene.sky[2], colour, 0.5)
        )
        if scene.water and layer < layers - 2:  # the sun's path on the water
            for _ in range(5):
                length, offset, drop = (
                    rng.uniform(0.3, 1.4) * radius,
                    rng.gauss(0, 0.7) * radius,
                    rng.uniform(0, height * 0.05),
                )
                draw.ellipse(
                    (x + offset - length, base + drop, x + offset + length, base + drop + 3 + 5 * near), fill=scene.sun
                )
    return picture.resize(size, Image.Resampling.BOX)


def lighthouse(size: Size) -> Image.Image:
    """A tower on a rock by the sea: taller than wide, so that a wrong orientation is seen at once."""
    picture = landscape("coast", (size[0] * 2, size[1] * 2), seed=3)
    draw, (width, height) = ImageDraw.Draw(picture), picture.size

    def at(*points: float) -> list[float]:
        return [value * (height if index % 2 else width) for index, value in enumerate(points)]

    draw.polygon(at(0.3, 1, 0.42, 0.72, 0.55, 0.66, 0.8, 0.7, 1, 0.82, 1, 1), fill="#3b4a55")
    draw.polygon(at(0.58, 0.7, 0.61, 0.3, 0.73, 0.3, 0.76, 0.7), fill="#f7f3ea")
    for top in (0.38, 0.5, 0.62):
        inset = 0.03 * (0.7 - top) / 0.4
        draw.polygon(
            at(0.577 + inset, top + 0.05, 0.58 + inset, top, 0.76 - inset, top, 0.763 - inset, top + 0.05),
            fill="#c8453b",
        )
    draw.rectangle(at(0.595, 0.285, 0.745, 0.3), fill="#2c3840")
    draw.rectangle(at(0.63, 0.24, 0.71, 0.285), fill="#ffe9a3")
    draw.polygon(at(0.615, 0.24, 0.67, 0.195, 0.725, 0.24), fill="#c8453b")
    return picture.resize(size, Image.Resampling.BOX)


def lanterns(size: Size) -> Image.Image:
    """Paper lanterns over a valley at dusk: what the AI image shows."""
    picture, rng = landscape("valley", size, seed=2), random.Random(11)
    lights = Image.new("RGB", size)
    draw = ImageDraw.Draw(lights)
    for _ in range(26):
        x, y = rng.uniform(0, size[0]), rng.uniform(size[1] * 0.08, size[1] * 0.75)
        tall = size[1] * rng.uniform(0.012, 0.04)
        draw.rounded_rectangle((x - tall * 0.7, y - tall, x + tall * 0.7, y + tall), tall * 0.5, fill=(255, 168, 72))
    glow = lights.filter(ImageFilter.GaussianBlur(size[1] / 40))
    return ImageChops.screen(ImageChops.screen(picture, glow), lights)


def windmill(size: Size, turn: float) -> Image.Image:
    """A windmill whose blades stand at `turn` (0...1 of a quarter)."""
    picture = landscape("hills", (size[0] * 2, size[1] * 2), seed=5)
    draw, (width, height) = ImageDraw.Draw(picture), picture.size
    x, y, reach = width * 0.62, height * 0.42, height * 0.3
    draw.polygon(
        [
            (x - reach * 0.22, height * 0.86),
            (x - reach * 0.1, y),
            (x + reach * 0.1, y),
            (x + reach * 0.22, height * 0.86),
        ],
        fill="#8a5a44",
    )
    for blade in range(4):
        angle = (blade + turn) * math.pi / 2
        tip, side = (x + reach * math.cos(angle), y + reach * math.sin(angle)), angle + 0.34
        edge = (x + reach * 0.95 * math.cos(side), y + reach * 0.95 * math.sin(side))
        draw.polygon([(x, y), tip, edge], fill="#fbf3e0", outline="#8a5a44")
    return picture.resize(size, Image.Resampling.BOX)


# ---------------------------------------------------------------------------------------------------- metadata


def exif_of(
    *,
    make: str | None = None,
    model: str | None = None,
    lens: str | None = None,
    taken_at: datetime | None = None,
    gps: tuple[float, float, float] | None = None,
    orientation: int | None = None,
    exposure: tuple[float, float, int, float] | None = None,
) -> Image.Exif:
    """EXIF as cameras write it. `gps`: degrees north, degrees east, metres; `exposure`: seconds, f-number, ISO, mm."""
    exif, base = Image.Exif(), ExifTags.Base
    for tag, value in ((base.Make, make), (base.Model, model), (base.Orientation, orientation)):
        if value is not None:
            exif[tag] = value
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if lens:
        details[base.LensModel] = lens
    if taken_at:
        details[base.DateTimeOriginal] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
        if taken_at.tzinfo:
            offset = taken_at.strftime("%z")
            details[base.OffsetTimeOriginal] = f"{offset[:3]}:{offset[3:]}"
    if exposure:
        details.update(
            zip((base.ExposureTime, base.FNumber, base.ISOSpeedRatings, base.FocalLength), exposure, strict=True)
        )
    if gps:
        place, tags = exif.get_ifd(ExifTags.IFD.GPSInfo), ExifTags.GPS
        for ref, tag, value, letters in (
            (tags.GPSLatitudeRef, tags.GPSLatitude, gps[0], "NS"),
            (tags.GPSLongitudeRef, tags.GPSLongitude, gps[1], "EW"),
        ):
            minutes, degrees = math.modf(abs(value))
            seconds, minutes = math.modf(minutes * 60)
            place[ref], place[tag] = letters[value < 0], (degrees, minutes, round(seconds * 60, 3))
        place[tags.GPSAltitudeRef], place[tags.GPSAltitude] = bytes([gps[2] < 0]), abs(gps[2])
    return exif


def xmp_packet(*, keywords: Iterable[str] = (), rating: int | None = None, title: str | None = None) -> bytes:
    """An XMP packet with dc:subject, xmp:Rating and dc:title, as it is embedded in a picture or lies beside it."""
    subjects = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in keywords)
    parts = [
        f"<dc:subject><rdf:Bag>{subjects}</rdf:Bag></dc:subject>" if subjects else "",
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        if title
        else "",
        f"<xmp:Rating>{rating}</xmp:Rating>" if rating is not None else "",
    ]
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:xmp="http://ns.adobe.com/xap/1.0/">{"".join(parts)}</rdf:Description>\n'
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def a1111_parameters(prompt: str, negative: str = "", **settings: object) -> str:
    """The `parameters` text that AUTOMATIC1111's web UI writes into its PNG files."""
    known: dict[str, object] = {
        "Steps": 28,
        "Sampler": "DPM++ 2M Karras",
        "CFG scale": 6.5,
        "Seed": 1234567890,
        **settings,
    }
    lines = [
        prompt,
        f"Negative prompt: {negative}" if negative else "",
        ", ".join(f"{k}: {v}" for k, v in known.items()),
    ]
    return "\n".join(line for line in lines if line)


# -------------------------------------------------------------------------------------------------- single files


def photo(
    path: Path,
    *,
    size: Size = (480, 320),
    seed: int = 0,
    scene: str = "dunes",
    picture: Image.Image | None = None,
    keywords: Iterable[str] = (),
    rating: int | None = None,
    title: str | None = None,
    quality: int = 82,
    **exif: Any,
) -> Path:
    """A photo in the format of the path's suffix (.jpg, .png, .webp, .avif, .tif); `exif`: what `exif_of` takes.

    With an orientation of 3, 6 or 8 the stored picture is turned the other way, as in a camera: upright, it has `size`.
    """
    picture = picture or landscape(scene, size, seed)
    turned = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    if exif.get("orientation") in turned:
        picture = picture.transpose(turned[exif["orientation"]])
    options: dict[str, Any] = {"exif": exif_of(**exif)} if exif else {}
    keywords = tuple(keywords)
    if keywords or title or rating is not None:
        options["xmp"] = xmp_packet(keywords=keywords, rating=rating, title=title)
    if path.suffix == ".png" and "xmp" in options:
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode())
    if path.suffix == ".tif" and options:
        tags = options.pop("exif", Image.Exif())
        if "xmp" in options:
            tags[ExifTags.Base.XMLPacket] = options.pop("xmp")
        options["exif"] = tags.tobytes()  # as bytes: the TIFF writer leaves out the folders of an Exif object
    if path.suffix == ".avif":
        options |= {"speed": 6, "max_threads": 1}
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=quality, **options)
    return settled(path)


def ai_image(
    path: Path,
    *,
    prompt: str = "a quiet valley at dusk, paper lanterns, (soft light:1.2)",
    negative: str = "",
    size: Size = (384, 256),
    seed: int = 0,
    scene: str = "valley",
    picture: Image.Image | None = None,
    **settings: object,
) -> Path:
    """A PNG with the prompt and settings that AUTOMATIC1111 would have written into it."""
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", a1111_parameters(prompt, negative, Size=f"{size[0]}x{size[1]}", **settings))
    path.parent.mkdir(parents=True, exist_ok=True)
    (picture or landscape(scene, size, seed)).save(path, pnginfo=text)
    return settled(path)


def animated_gif(path: Path, *, size: Size = (192, 128), frames: int = 8) -> Path:
    """A windmill turning for ever."""
    pictures = [windmill(size, frame / frames).quantize(48, dither=Image.Dither.NONE) for frame in range(frames)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=90, loop=0)
    return settled(path)


def truncated(path: Path, *, share: float = 0.5, **picture: Any) -> Path:
    """A photo that ends before its data does, like a copy that was interrupted: the first `share` (0...1) of it."""
    content = photo(path, **picture).read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return settled(path)


def unidentifiable(path: Path, **options: Any) -> Path:
    """A photo of which so little came that not even its size can be read: no session takes it in."""
    photo(path, **options)
    path.write_bytes(path.read_bytes()[:20])
    return settled(path)


def box(kind: bytes, *content: bytes) -> bytes:
    """One box of the ISO base media file format (ISO/IEC 14496-12)."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def film(
    path: Path,
    pictures: Sequence[Image.Image],
    *,
    frames_per_second: int = 8,
    taken_at: datetime = datetime(2026, 7, 4, tzinfo=UTC),
) -> Path:
    """A playable MP4 of the pictures: one video track whose frames are JPEG (object type 0x6C of ISO/IEC 14496-1)."""
    samples = []
    for picture in pictures:
        picture.save(buffer := io.BytesIO(), "JPEG", quality=55)
        samples.append(buffer.getvalue())
    (width, height), count = pictures[0].size, len(samples)
    made = int((taken_at - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds())
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    head = box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2mp41")
    decoder = b"\x04\x0d\x6c\x11" + bytes(3) + struct.pack(">II", 0, 0)
    descriptor = b"\x03" + bytes([3 + len(decoder) + 3]) + b"\x00\x01\x00" + decoder + b"\x06\x01\x02"
    entry = box(
        b"mp4v",
        bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HHIIIH", width, height, 72 << 16, 72 << 16, 0, 1),
        bytes(32) + struct.pack(">Hh", 24, -1),
        box(b"esds", bytes(4), descriptor),
    )
    tables = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry),
        box(b"stts", struct.pack(">IIII", 0, 1, count, 1)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, count, 1)),
        box(b"stsz", struct.pack(">III", 0, 0, count), *(struct.pack(">I", len(sample)) for sample in samples)),
        box(b"stco", struct.pack(">III", 0, 1, len(head) + 8)),
    )
    references = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", b"\0\0\0\1")))
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">IIIIIHH", 0, made, made, frames_per_second, count, 0x55C4, 0)),
        box(b"hdlr", bytes(8) + b"vide" + bytes(12) + b"film\0"),
        box(b"minf", box(b"vmhd", struct.pack(">IQ", 1, 0)), references, tables),
    )
    track_head = struct.pack(">IIIIII", 3, made, made, 1, 0, count) + bytes(16) + matrix
    track = box(b"trak", box(b"tkhd", track_head, struct.pack(">II", width << 16, height << 16)), media)
    clock = struct.pack(">IIIIIIH", 0, made, made, frames_per_second, count, 0x10000, 0x100) + bytes(10) + matrix
    movie = box(b"moov", box(b"mvhd", clock, bytes(24), struct.pack(">I", 2)), track)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + box(b"mdat", *samples) + movie)
    return settled(path)


# ---------------------------------------------------------------------------------------------------- many files


def write_many(
    folder: Path, count: int, *, kind: Literal["png", "jpeg"] = "png", size: Size = (64, 48), prefix: str = "sample-"
) -> list[Path]:
    """Small files, no two alike, about 5,000 a second; named so that their order is their number."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        picture = Image.new("RGB", size, (number * 37 % 256, number * 59 % 256, number * 83 % 256))
        path = folder / f"{prefix}{number:05d}.{'jpg' if kind == 'jpeg' else 'png'}"
        if kind == "jpeg":
            picture.save(path, comment=f"number {number}".encode())
        else:
            text = PngImagePlugin.PngInfo()
            text.add_text("Comment", f"number {number}")
            picture.save(path, pnginfo=text, compress_level=1)
        paths.append(settled(path))
    return paths


def benchmark_pngs(folder: Path, count: int = 200, side: int = 1024) -> list[Path]:
    """PNGs as image generators make them: smooth colours with light noise, an A1111 prompt inside, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, light = random.Random(7862), [value & 3 for value in range(256)] * 3
    paths = []
    for number in range(count):
        top, middle, bottom = (tuple(rng.randrange(20, 232) for _ in range(3)) for _ in range(3))
        noise = Image.frombytes("RGB", (side, side), rng.randbytes(side * side * 3)).point(light)
        text = PngImagePlugin.PngInfo()
        prompt = f"picture {number} of a calm sea at dawn, pastel colours, (soft light:1.2), volumetric fog"
        text.add_text("parameters", a1111_parameters(prompt, "text, watermark", Seed=number, Size=f"{side}x{side}"))
        path = folder / f"bench-{number:04d}.png"
        ImageChops.add(gradient((side, side), top, middle, bottom), noise).save(path, pnginfo=text, compress_level=1)
        paths.append(settled(path))
    return paths


# ------------------------------------------------------------------------------------------------------ the samples


def write_samples(folder: Path) -> None:
    """The sample media of the first run: one file for each thing that can become of a file."""
    summer, winter, large = timezone(timedelta(hours=2)), timezone(timedelta(hours=1)), (960, 640)
    camera = {"make": "Fujifilm", "model": "X-T5", "lens": "XF18-55mmF2.8-4 R LM OIS"}
    phone = {"make": "Google", "model": "Pixel 9", "lens": "Pixel 9 back camera 6.9mm f/1.68"}
    photo(
        folder / "dunes-at-dusk.jpg",
        size=large,
        scene="dunes",
        seed=1,
        keywords=["desert", "dunes", "sunset"],
        title="Dunes at dusk",
        taken_at=datetime(2025, 10, 3, 18, 42, 11, tzinfo=winter),
        gps=(31.1481, -3.9878, 742.0),
        exposure=(1 / 250, 8.0, 160, 23.0),
        **camera,
    )
    photo(
        folder / "hills-in-spring.jpg",
        size=large,
        scene="hills",
        seed=2,
        keywords=["spring", "hills"],
        rating=4,
        taken_at=datetime(2026, 4, 18, 9, 5, 40, tzinfo=summer),
        exposure=(1 / 500, 5.6, 125, 35.0),
        **camera,
    )
    photo(
        folder / "lighthouse.jpg",
        picture=lighthouse((600, 900)),
        orientation=6,
        taken_at=datetime(2026, 7, 4, 11, 20, 3, tzinfo=summer),
        gps=(57.4969, 10.6072, 18.0),
        exposure=(1 / 1200, 1.68, 50, 6.9),
        **phone,
    )
    photo(folder / "harvest-moon.webp", size=large, scene="night", seed=4)
    (folder / "notes.txt").write_text("Not a picture: counted as unsupported, and left alone.\n")

    coast = folder / "trips" / "coast"
    shore = {"size": large, "gps": (57.7441, 10.6303, 3.0), **camera}
    photo(coast / "morning.jpg", scene="coast", seed=1, taken_at=datetime(2026, 7, 5, 7, 2, 0, tzinfo=summer), **shore)
    photo(
        coast / "evening.jpg", scene="ember", seed=2, taken_at=datetime(2026, 7, 5, 21, 48, 0, tzinfo=summer), **shore
    )
    (coast / "evening.xmp").write_bytes(xmp_packet(keywords=["coast", "evening", "sea"], rating=5))
    photo(coast / "calm.avif", size=large, scene="coast", seed=8, quality=70)
    (coast / ".scores").mkdir(exist_ok=True)
    (coast / ".scores" / "calm.avif.json").write_text(json.dumps({"score": 3}) + "\n")
    tide = landscape("ember", (480, 180), seed=6)
    film(coast / "panning.mp4", [tide.crop((step * 10, 0, step * 10 + 320, 180)) for step in range(16)])

    mountains = folder / "trips" / "mountains"
    snow = photo(
        mountains / "first-snow.jpg",
        size=large,
        scene="peaks",
        seed=3,
        keywords=["mountains", "snow"],
        taken_at=datetime(2025, 11, 22, 8, 31, 9, tzinfo=winter),
        **camera,
    )
    (mountains / "first-snow (copy).jpg").write_bytes(snow.read_bytes())
    photo(mountains / "mist.jpg", size=large, scene="forest", seed=5, rating=-1)

    ai_image(
        folder / "ai" / "lantern-valley.png",
        prompt="a quiet valley at dusk, floating paper lanterns, distant mountains, (soft light:1.2), highly detailed",
        negative="people, text, watermark",
        picture=lanterns((384, 256)),
        size=(384, 256),
        Model="dreamscape_v4",
    )
    animated_gif(folder / "ai" / "windmill.gif")
    truncated(folder / "broken" / "interrupted-copy.jpg", size=large, scene="hills", seed=9, share=0.4)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "media"
    write_samples(target)
    written = [path for path in target.rglob("*") if path.is_file()]
    print(f"{len(written)} files, {sum(path.stat().st_size for path in written) // 1000} kB in {target}")
