"""Takes out of an image what it says about itself: EXIF, XMP, IPTC and texts, each read once and each on its own.

It never decodes pixels and never decides what a value means. A damaged part is noted and does not spoil the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TypeVar

from app.analysis.formats import blocks, tiff
from app.analysis.formats.animation import read_animation_seconds
from app.analysis.formats.blocks import (
    Segments,
    find_c2pa_in_jpeg,
    find_c2pa_in_webp,
    find_jpeg2000_blocks,
    find_photoshop_in_jpeg,
    find_photoshop_in_psd,
    find_xmp_in_gif,
    join_extended_xmp,
)
from app.analysis.formats.c2pa.names import read_c2pa_names
from app.analysis.formats.c2pa.store import find_c2pa_in_boxes, has_c2pa_box
from app.analysis.formats.directories import find_pages
from app.analysis.formats.iptc import (
    Iptc,
    find_iptc_behind_picture,
    find_iptc_records,
    is_changed_since_xmp,
    parse_iptc,
    read_resources,
    says_utf_8,
)
from app.analysis.formats.makers.apple import find_content_identifier
from app.analysis.formats.makers.camera_raw import CameraRaw
from app.analysis.formats.makers.picture_info import PictureInfo, read_picture_info
from app.analysis.formats.makers.samsung import find_saved_at
from app.analysis.formats.motion import find_video_bytes
from app.analysis.formats.png import PngTexts, read_png_texts, walk_png_chunks
from app.analysis.formats.tiff import Tags, TiffContent, Value, decode_text, decode_windows_text, read_tiff
from app.analysis.formats.xmp import NO_XMP, Xmp, parse_xmp
from app.analysis.metadata.maker_notes import MakerNotes, read_maker_notes, read_thermal_notes
from app.analysis.pictures.image import OpenedImage
from app.analysis.prompts import declared
from app.analysis.prompts.generation import Generation
from app.analysis.prompts.read import read_generation
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME, Ending

_UNCOUNTED = 2  # frames of what no decoder opens: its delays tell whether there are more than one
EXIF_BYTES = tiff.MAX_BYTES
_GENERATION_IN_EXIF = ("Make", "Model", "ImageDescription", "Software")
_GENERATION_IN_XMP = {name: name for name in ("dc:description", "exif:UserComment", *declared.PROPERTIES)} | {
    "comfy:prompt": "prompt",  # of AVIF (Comfy-Org/ComfyUI, comfy_api/latest/_ui.py)
    "comfy:workflow": "workflow",
}  # by what `read_generation` calls them
_EXTENDED = "xmpNote:HasExtendedXMP"
_PROVENANCE = "{http://purl.org/dc/terms/}provenance"  # where a C2PA store lies (C2PA 2.1, 11.5)
_PSD = {1058: "exif", 1060: "xmp"}  # Adobe Photoshop File Formats Specification, image resource IDs
_PROFILE = "Raw profile type "  # how ImageMagick keeps blocks in PNG texts

T = TypeVar("T")


@dataclass(slots=True)
class Embedded:
    """What was found, by part; `problems` maps a part (`exif`, `xmp`, `iptc`, `text`) to what was wrong with it.

    `texts` are those of a PNG by keyword, `comment` of a JPEG or GIF, `UserComment` of EXIF, the programs of a C2PA
    manifest as `c2pa`. `duration_seconds` is that of an animation, `content_identifier` Apple's, `video_bytes` the size
    of the video in a motion photo, `saved_at` when a phone of Samsung's saved it, in UTC as ISO 8601. `iptc_wins` where
    the IPTC block is newer than the XMP, `iptc_utf_8` where it says that it is in UTF-8. `picture_info` is what cameras
    wrote before there was EXIF.
    """

    exif: Tags = field(default_factory=dict)
    xmp: Xmp = field(default_factory=dict)
    iptc: Iptc = field(default_factory=dict)
    maker: MakerNotes = field(default_factory=MakerNotes)
    picture_info: PictureInfo | None = None
    iptc_wins: bool = False
    iptc_utf_8: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    duration_seconds: float | None = None
    content_identifier: str | None = None
    video_bytes: int | None = None
    saved_at: str | None = None
    problems: dict[str, CannotRead] = field(default_factory=dict)

    def find_problem(self, *parts: str) -> CannotRead | None:
        """Find the first problem with one of these parts; None without any."""
        return next((self.problems[part] for part in parts if part in self.problems), None)

    def read_part(self, name: str, read: Callable[[], T], otherwise: T) -> T:
        """Read a part; `otherwise`, and a note of the problem, where that fails."""
        try:
            return read()
        except CannotRead as problem:
            self.note_problem(name, problem)
        except Exception:  # noqa: BLE001 - some 15 classes of exception come out of hostile blocks
            self.note_problem(name, CannotRead(f"The {name.upper()} block is damaged.", cause="damaged_metadata"))
        return otherwise

    def note_problem(self, name: str, problem: CannotRead | None) -> None:
        """Keep the first problem of a part."""
        if problem:
            self.problems.setdefault(name, problem)


def read_embedded(opened: OpenedImage) -> Embedded:
    """Read everything that the image says about itself. Never raises for damaged parts."""
    if opened.raw:
        return _of_camera_raw(opened.raw)
    found = Embedded()
    chunks = read_png_texts(opened.stream) if opened.format == "png" else PngTexts()
    found.note_problem("text", chunks.problem)
    texts = chunks.by_key
    if isinstance(comment := opened.info.get("comment"), bytes):  # of a JPEG or GIF
        texts["comment"] = comment
    boxes: dict[str, bytes] = {}
    if opened.format == "jpeg2000":
        boxes = found.read_part("exif", lambda: find_jpeg2000_blocks(opened.stream), boxes)
    elif opened.format == "psd":
        resources = find_photoshop_in_psd(opened.stream)
        boxes = {_PSD[number]: block for number, block in read_resources(resources) if number in _PSD}
        boxes["iptc"] = resources
    exif = found.read_part("exif", lambda: _exif(opened, boxes.get("exif") or chunks.exif, texts), TiffContent())
    found.note_problem("exif", exif.problem)
    found.exif = exif.tags
    found.content_identifier = find_content_identifier(exif.blocks.get(tiff.MAKER_NOTE, b""))
    packet = boxes.get("xmp") or exif.blocks.get(tiff.XMP, b"")
    found.xmp = found.read_part("xmp", lambda: _xmp(opened, packet, texts), NO_XMP)
    if _EXTENDED in found.xmp:
        found.xmp = {**found.read_part("xmp", lambda: _extended(opened.segments, found.xmp), NO_XMP), **found.xmp}
    found.maker = read_thermal_notes(opened.segments) or read_maker_notes(exif, found.xmp)
    found.video_bytes = find_video_bytes(opened.stream, opened.format, found.xmp)
    found.saved_at = find_saved_at(opened.stream)
    found.picture_info = read_picture_info(opened.segments)
    block = found.read_part("iptc", lambda: _iptc(opened, boxes.get("iptc", b""), exif.blocks, texts), b"")
    if not block and opened.format == "jpeg":
        block = find_iptc_behind_picture(opened.stream)
    found.iptc, problem = parse_iptc(find_iptc_records(block))
    found.iptc_utf_8 = says_utf_8(find_iptc_records(block))
    found.iptc_wins = is_changed_since_xmp(block, exif.blocks.get(tiff.PHOTOSHOP, b""))
    found.note_problem("iptc", problem)
    found.texts = {key: decode_text(text) for key, text in texts.items() if not key.startswith(_PROFILE)}
    if user_comment := _user_comment(exif.tags.get("EXIF UserComment", b"")):
        found.texts["UserComment"] = user_comment
    if programs := found.read_part("text", lambda: read_c2pa_names(_manifest(opened, exif.blocks)), ""):
        found.texts["c2pa"] = programs
    stream, format_ = opened.stream, opened.format
    frames = opened.frames if opened.picture else _UNCOUNTED
    found.duration_seconds = found.read_part("text", lambda: read_animation_seconds(stream, format_, frames), None)
    return found


def find_generation(found: Embedded) -> Generation:
    """Find how a picture or video was made, if by AI, from what it says about itself."""
    exif = {name: text for name in _GENERATION_IN_EXIF if isinstance(text := found.exif.get(f"Image {name}"), str)}
    comment = {"XPComment": text} if (text := decode_windows_text(found.exif, "XPComment")) else {}
    xmp = {name: found.xmp[written][0] for written, name in _GENERATION_IN_XMP.items() if found.xmp.get(written)}
    iptc = {"Caption": captions[0]} if (captions := found.iptc.get("Caption")) else {}
    return read_generation(iptc | xmp | exif | comment | found.texts)


def _of_camera_raw(raw: CameraRaw) -> Embedded:
    found = Embedded(exif=raw.exif.tags)
    found.note_problem("exif", raw.exif.problem)
    found.xmp = found.read_part("xmp", lambda: parse_xmp(raw.xmp) if raw.xmp else NO_XMP, NO_XMP)
    found.maker = read_maker_notes(raw.exif, found.xmp)
    found.iptc, problem = parse_iptc(find_iptc_records(raw.iptc))
    found.iptc_wins = is_changed_since_xmp(raw.iptc, raw.exif.blocks.get(tiff.PHOTOSHOP, b""))
    found.note_problem("iptc", problem)
    if user_comment := _user_comment(found.exif.get("EXIF UserComment", b"")):
        found.texts["UserComment"] = user_comment
    return found


def _exif(opened: OpenedImage, block: bytes, texts: Mapping[str, bytes]) -> TiffContent:
    """The tags of a TIFF file, else of the EXIF block (of a PNG or JPEG 2000 file the given one)."""
    if opened.format == "tiff":
        return read_tiff(opened.stream, picture=find_pages(opened.stream).picture)
    info = opened.info
    turned = info.get("original_orientation")  # libheif turns the picture, and the tag with it
    if opened.format == "avif" and opened.picture:
        # Pillow writes the block anew, and loses letters, to put in how the container turns the picture: what the tag
        # says does not count (ISO 23008-12, 6.5.10), but the block is wanted as it is, and is handed out nowhere else
        *_, block, turned, _ = opened.picture._decoder.get_info()  # type: ignore[attr-defined]  # noqa: SLF001
        turned = turned if block or turned != 1 else None
    else:
        block = block or info.get("exif") or _raw_profile(texts, "exif") or _raw_profile(texts, "APP1")
    if len(block or b"") > EXIF_BYTES:
        raise CannotRead(
            f"The EXIF block has {len(block)} bytes, more than the {EXIF_BYTES} that are read.", cause="text_too_large"
        )
    block = (block or b"").removeprefix(b"Exif\0\0")
    found = TiffContent() if not block or block.startswith(blocks.XMP_IN_JPEG) else read_tiff(BytesIO(block))
    if turned:
        found.tags["Image Orientation"] = (turned,)
    return found


def _user_comment(comment: Value) -> str:
    """EXIF UserComment as text (EXIF 2.32, 4.6.5)."""
    if not isinstance(comment, bytes):
        return comment if isinstance(comment, str) else ""
    code, content = comment[:8], comment[8:]
    if code.startswith(b"UNICODE"):
        if (text := _utf_8(content.rstrip(b"\0"))) is not None:
            return text.strip("\0 \ufeff")
        # The byte order should be that of the block, but AI tools write big-endian into little-endian blocks
        latin_high_bytes_first = content[0::2].count(0) >= content[1::2].count(0)
        return content.decode("utf-16-be" if latin_high_bytes_first else "utf-16-le", "replace").strip("\0 \ufeff")
    return decode_text(content if code.rstrip(b"\0") in (b"ASCII", b"JIS", b"") else comment).strip("\0 ")


def _utf_8(content: bytes) -> str | None:
    """The text of bytes that can be nothing else than UTF-8, which some write where UTF-16 is announced."""
    if b"\0" in content:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return text if all(letter.isprintable() or letter in "\t\r\n" for letter in text) else None


def _xmp(opened: OpenedImage, block: bytes, texts: dict[str, bytes]) -> Xmp:
    """The XMP packet (of a TIFF or JPEG 2000 file the given one)."""
    profile = _raw_profile(texts, "xmp") or _raw_profile(texts, "APP1").removeprefix(blocks.XMP_IN_JPEG)
    packet = texts.pop("XML:com.adobe.xmp", None) or opened.info.get("xmp") or block
    packet = packet or (profile if profile.lstrip().startswith(b"<") else b"")
    if not packet and opened.format == "gif":
        packet = find_xmp_in_gif(opened.stream)
    return parse_xmp(packet if isinstance(packet, bytes) else str(packet).encode()) if packet else NO_XMP


def _extended(segments: Segments, main: Xmp) -> Xmp:
    packet = join_extended_xmp(segments, main[_EXTENDED][0])
    return parse_xmp(packet, limit=blocks.EXTENDED_BYTES) if packet else NO_XMP


def _manifest(opened: OpenedImage, others: Mapping[int, bytes]) -> bytes:
    """The C2PA store of the file; that of a PNG is among its chunks, and that of a TIFF among its other blocks."""
    if tiff.C2PA in others:
        return others[tiff.C2PA]
    if FORMAT_OF_NAME[opened.format].ending is Ending.BOXES:
        return find_c2pa_in_boxes(opened.stream)
    if opened.format == "webp":
        return find_c2pa_in_webp(opened.stream)
    return find_c2pa_in_jpeg(opened.segments)


def holds_c2pa(opened: OpenedImage, xmp: Xmp) -> bool:
    """Tell whether a file carries C2PA credentials, whether or not they can be read, or says where they lie."""
    if _PROVENANCE in xmp:
        return True
    if opened.format == "png":
        return next(walk_png_chunks(opened.stream, (b"caBX",)), None) is not None
    if FORMAT_OF_NAME[opened.format].ending is Ending.BOXES:
        return has_c2pa_box(opened.stream)
    blocks_of = _exif(opened, b"", {}).blocks if opened.format == "tiff" else {}
    return tiff.C2PA in blocks_of or b"c2pa" in _manifest(opened, blocks_of)


def _iptc(opened: OpenedImage, block: bytes, others: Mapping[int, bytes], texts: Mapping[str, bytes]) -> bytes:
    """The IPTC records, bare or among Photoshop's resources."""
    if (resources := find_photoshop_in_jpeg(opened.segments)).startswith(b"8BIM"):
        return resources
    return block or others.get(tiff.IPTC) or others.get(tiff.PHOTOSHOP) or _raw_profile(texts, "iptc")


def _raw_profile(texts: Mapping[str, bytes], name: str) -> bytes:
    """A block in hexadecimal, after a line with its name and one with its length (ImageMagick, coders/png.c)."""
    lines = texts.get(_PROFILE + name, b"").split(b"\n")
    return bytes.fromhex(b"".join(lines[3:]).decode("ascii"))
