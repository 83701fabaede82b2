"""What the analysis reads from files that are always the same, to notice when it reads something else.

`python -m tests.analysis.reading` writes it to `reading.json`. What a library decides is left out: pixels, thumbnails,
SHA-256, and the tags of libav.
"""

import json
import struct
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.analysis.formats import iptc
from app.analysis.recipes import VERSIONS
from app.media import Analysis, Kind, Stage
from app.metadata import DECLARED
from tests import samples
from tests.analysis.formats import raws
from tests.analysis.formats.packets import packet
from tests.analysis.formats.pngs import with_chunks
from tests.analysis.formats.tiffs import block, rational
from tests.analysis.pictures import films
from tests.analysis.pictures.pictures import analysed, saved
from tests.analysis.prompts.graphs import sampled

KEPT = Path(__file__).with_name("reading.json")
SAMPLES = Path(__file__).parents[2] / "media"
STAGES = (Stage.IDENTIFY, Stage.METADATA, Stage.KEYWORDS, Stage.SCORE)
_NOT_OURS = {"raw", "sha256"}

Reading = dict[str, dict[str, Any]]
"""By stage: its version, the fields that it has, and what it said of each file, without what it said nothing of."""


def _text(words: str) -> tuple[int, bytes]:
    return 2, words.encode() + b"\0"


def _wide(words: str) -> tuple[int, bytes]:
    return 1, words.encode("utf-16-le") + b"\0\0"


def _note() -> bytes:
    """A maker note of Apple's with a content identifier."""
    identifier = b"570F1469-09C7-4E50-9875-05F21D5BD166\0"
    entry = struct.pack(">HHII", 0x11, 2, len(identifier), 32)
    return b"Apple iOS\0\0\1MM" + struct.pack(">H", 1) + entry + bytes(4) + identifier


_CAMERA = block(
    (
        {
            0x010E: _text("A boat in the mist"),
            0x010F: _text("Fujifilm"),
            0x0110: _text("X-T5"),
            0x0112: (3, (6,)),
            0x013B: _text("Ada"),
            0x4746: (3, (3,)),
            0x8298: _text("(c) Ada"),
            0x8769: ("to", 1),
            0x8825: ("to", 2),
            0x9C9B: _wide("Mist"),
            0x9C9E: _wide("boat;mist"),
        },
        {
            0x829A: rational((1, 250)),
            0x829D: rational((28, 10)),
            0x8827: (3, (160,)),
            0x9003: _text("2024:05:12 10:22:03"),
            0x9011: _text("+02:00"),
            0x920A: rational((23, 1)),
            0x927C: (7, _note()),
            0xA405: (3, (35,)),
            0xA434: _text("XF23mmF1.4 R"),
        },
        {
            1: _text("S"),
            2: rational((33, 1), (51, 1), (30, 1)),
            3: _text("W"),
            4: rational((70, 1), (30, 1), (0, 1)),
            5: (1, (0,)),
            6: rational((125, 10)),
        },
    )
)
_XMP = packet(
    "<dc:title><rdf:Alt><rdf:li>Title</rdf:li></rdf:Alt></dc:title><xmp:Rating>4</xmp:Rating>"
    "<dc:description><rdf:Alt><rdf:li>Caption</rdf:li></rdf:Alt></dc:description><xmp:Label>Red</xmp:Label>"
    "<dc:creator><rdf:Seq><rdf:li>A</rdf:li><rdf:li>B</rdf:li></rdf:Seq></dc:creator><photoshop:City>Bergen</photoshop:City>"
    "<dc:rights><rdf:Alt><rdf:li>Rights</rdf:li></rdf:Alt></dc:rights><tiff:Make>Maker</tiff:Make>"
    "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>harbour</rdf:li></rdf:Bag></dc:subject>"
    "<photoshop:DateCreated>2001-02-03T04:05:06Z</photoshop:DateCreated>"
    '<v:MicroVideoOffset xmlns:v="http://ns.google.com/photos/1.0/camera/">216</v:MicroVideoOffset>'
)
_VIDEO = struct.pack(">I4s4sI", 16, b"ftyp", b"mp42", 0) + b"moov" * 50
_TAKEOUT = {
    "title": "beside.jpg",
    "description": "from Takeout",
    "photoTakenTime": {"timestamp": "1212162961"},
    "geoData": {"latitude": 60.39, "longitude": 5.32, "altitude": 12.5},
    "people": [{"name": "Grace"}],
}


def _of_an_agency() -> bytes:
    """A JPEG with a value in every IPTC dataset that has a name."""
    values = {55: "20030405", 60: "101112+0200", 62: "20030406", 63: "111213"}
    block_ = b"".join(
        struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text
        for number, name in iptc.NAMES.items()
        for text in [values.get(number, f"IPTC {name}").encode()]
    )
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(block_)) + block_ + b"\0" * (len(block_) % 2)
    segment = b"Photoshop 3.0\0" + resource
    plain = saved()
    return plain[:2] + b"\xff\xed" + struct.pack(">H", 2 + len(segment)) + segment + plain[2:]


def _png(**texts: str) -> bytes:
    return with_chunks(saved("PNG"), *((b"tEXt", f"{key}\0{text}".encode("latin-1")) for key, text in texts.items()))


def files() -> Mapping[str, bytes]:
    """The files by name, with every kind of block that is read; what lies beside one of them among them."""
    exif = b"Exif\0\0" + _CAMERA
    tags = {"title": "Film", "artist": "Ada", "location": "+60.3900+005.3200/", "com.apple.quicktime.make": "Apple"}
    return {
        "camera.jpg": saved(exif=exif),
        "camera.png": saved("PNG", exif=exif),
        "camera.webp": saved("WEBP", exif=exif),
        "camera.tif": saved("TIFF", exif=exif),
        "camera.avif": saved("AVIF", exif=exif),
        "plain.bmp": saved("BMP"),
        "plain.jp2": saved("JPEG2000"),
        "xmp.jpg": saved(xmp=_XMP) + _VIDEO,
        "agency.jpg": _of_an_agency(),
        "beside.jpg": saved(exif=exif),
        "beside.xmp": packet("<xmp:Rating>2</xmp:Rating><xmp:Label>Blue</xmp:Label>"),
        "beside.jpg.json": json.dumps(_TAKEOUT).encode(),
        "texts.png": _png(Title="T", Author="A", Description="D", Copyright="C", Comment="x"),
        "a1111.png": _png(parameters=samples.a1111_parameters("a (quiet:1.3) sea, fog", "people", Seed=9)),
        "comfyui.png": _png(prompt=json.dumps(sampled())),
        "film.mp4": films.made("mp4", loud="aac", tags=tags),
        **{f"raw.{name}": raws.raw(name) for name in raws.FORMATS},
    }


def now() -> Reading:
    """What is read today."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files().items():
            (Path(folder) / name).write_bytes(content)
        found = {name: _read(Path(folder) / name) for name in files() if not name.endswith((".xmp", ".json"))}
    found |= {
        path.name: _read(path) for path in sorted(SAMPLES.rglob("*.*")) if path.suffix in (".jpg", ".png", ".gif")
    }
    fields = {Stage.METADATA: sorted(DECLARED)}
    reading = {
        stage.value: {
            "version": VERSIONS[stage],
            "fields": fields.get(stage, []),
            "files": {name: said[stage] for name, said in sorted(found.items()) if said.get(stage)},
        }
        for stage in STAGES
    }
    return json.loads(json.dumps(reading))


def _read(path: Path) -> dict[Stage, Any]:
    """What each stage says of a file."""
    result = analysed(path, frozenset(STAGES))
    if not isinstance(result, Analysis):
        return {Stage.IDENTIFY: {"cause": result.cause}}
    found = {stage: _values(part) for stage, part in _parts(result).items()}
    if result.identity.kind is Kind.IMAGE and path.is_relative_to(SAMPLES):
        found[Stage.METADATA]["raw"] = result.metadata.raw
    return found


def _parts(result: Analysis) -> dict[Stage, Any]:
    words = [[keyword.text, keyword.source, keyword.weight] for keyword in result.keywords]
    return dict(
        zip(STAGES, (asdict(result.identity), asdict(result.metadata), words, asdict(result.rating)), strict=True)
    )


def _values(part: Any) -> Any:
    """Without what was not read, and without what is not ours."""
    if not isinstance(part, dict):
        return part
    return {name: value for name, value in part.items() if value not in (None, {}, ()) and name not in _NOT_OURS}


def differences(before: Reading, after: Reading) -> list[str]:
    """What a person has to do about it, as sentences: none where the same is read, or a version tells of another."""
    found = []
    for stage, then in before.items():
        now_ = after[stage]
        if then["version"] != now_["version"]:
            found.append(f"Stage {stage} has version {now_['version']}: keep what it reads, `{_COMMAND}`.")
        elif changed := sorted(_changed(then, now_)):
            found.append(
                f"Stage {stage} reads something else at version {then['version']}: {', '.join(changed)}. Raise its "
                f"version in app/analysis/recipes.py, so that files are read anew, then `{_COMMAND}`; the latter alone "
                "if what is stored of a file stays right."
            )
    return found


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The fields that came or went, and what else is said of which file."""
    changed = {f"field {name}" for name in {*before["fields"]} ^ {*after["fields"]}}
    for name in before["files"].keys() | after["files"].keys():
        then, now_ = before["files"].get(name, {}), after["files"].get(name, {})
        if then == now_:
            continue
        if isinstance(then, dict) and isinstance(now_, dict):
            changed |= {f"{key} of {name}" for key in then.keys() | now_.keys() if then.get(key) != now_.get(key)}
        else:
            changed.add(name)
    return changed


def refusals(before: Reading, after: Reading) -> list[str]:
    """Why a reading must not be kept: fields came or went at one version, so that known files would never have them."""
    return [
        f"Stage {stage} has other fields at version {then['version']}: raise it in app/analysis/recipes.py first."
        for stage, then in before.items()
        if then["version"] == after[stage]["version"] and then["fields"] != after[stage]["fields"]
    ]


_COMMAND = "python -m tests.analysis.reading"

if __name__ == "__main__":
    reading = now()
    if sentences := refusals(json.loads(KEPT.read_text("utf-8")), reading):
        sys.exit(" ".join(sentences))
    KEPT.write_text(json.dumps(reading, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
