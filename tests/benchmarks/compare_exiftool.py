"""Compares what the analysis reads with what exiftool reads, field by field, over a folder of files.

    python tests/benchmarks/compare_exiftool.py DIR [--speed]

Every file of DIR whose suffix is of media is read by both; only Media Ingest reads the sidecars that lie beside it.
What exiftool finds in maker notes alone is left aside, and what is named in `NO_VALUES`. For each field it prints how
many values exiftool finds, how many of them are the same here, how many are not known here, and how many contradict;
then every difference. A reason for a difference is written in `REASONS`; a difference without one makes the program
end with 1.

`--speed` measures a session that decodes nothing and commits each file, and its stages by their own clocks, against
one `exiftool -json -r`, both over 20 copies of DIR.

Without exiftool (Debian: libimage-exiftool-perl) it says so and ends with 0.
"""

import argparse
import fnmatch
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.analysis.analyzer import Analyzer
from app.analysis.pictures.image import prepare_pillow, silence_warnings
from app.analysis.recipes import APPLIES, VERSIONS
from app.formats import FORMAT_OF_SUFFIX, Kind, suffix_of
from app.library.values import upright_size
from app.media import Analysis, Failure, FoundFile, Job, Recipe, Stage

SHARE = {Kind.IMAGE: 0.995, Kind.VIDEO: 1.0}
STAGE_SPEED, SESSION_SPEED = 0.3, 0.97  # at most, of the time that exiftool takes
COPIES = 20
PROGRAM = Path(sys.executable).with_name("media-ingest")
WITHOUT_DECODING = ("--no-nsfw", "--no-thumbnails")
STAGES = frozenset({Stage.IDENTIFY, Stage.METADATA, Stage.KEYWORDS, Stage.SCORE})
RAW = frozenset(("CR2", "CR3", "NEF", "NRW", "ARW", "DNG", "RAF", "ORF", "RW2", "PEF"))
NOT_COUNTED = ("MakerNotes", "ExifTool")

_BESIDE = "XMP.xmp lies beside it, and a sidecar's word counts before that of the file: exiftool reads the file alone."
_SCREEN = "A frame reaches beyond the screen of the GIF: the size is that of the picture that is decoded and shown."
_BYTES = "The text is not UTF-8: exiftool writes a question mark for each such byte, here it is read as cp1252."
_PDF = "It is the title and the creator of a PDF (XMP pdf:Title), not of the picture."
_LOOPS = "exiftool counts how often the film is repeated, for ever included; here it is once through, as of a GIF."
_UNSEEN = "It cannot be decoded here, so that nobody can tell whether it moves: a film may lie beside a still picture."
_STILL = "It has one frame and does not move: its delay is no duration."
_TRACK = "Its header says 131072 pixels, or has cut them off at a whole number; the size is that of what is decoded."
_SECONDS = "The file says 2009/10/27 12:14:34, of which exiftool leaves the seconds out."
_SHOWN = "Its pixels are not square: its header says 704 x 576 of them, to be shown as 768 x 576."
_ADVICE = "iTunes' rating (`rtng`) is advice for parents, explicit or clean: nobody's opinion of the film."
_ONE_PICTURE = "It is that of a track which holds one picture: a CR3 is built like a film, but does not move."
_GRAPH = "It is ComfyUI's graph, which that program writes into this tag: no camera."
_COPY = "XMP's tiff:Orientation is a copy of EXIF's: what shows pictures follows EXIF alone, and so do the thumbnails."
_SCRIPT = "Its script data name another size than its stream has; the size is that of what is decoded."
_PREROLL = "It counts the seconds that a player loads before it begins, which the header tells apart."
_NUMBER = "exiftool tells the number of the maker there, here it is its name."
_ICON = "exiftool tells the first entry of the list in front, here the picture counts that is shown: the largest."
_REFUSED = "Its properties break the rules, and no decoder opens it; exiftool turns the size as they say."
REASONS: tuple[tuple[str, str, str], ...] = (
    ("*ComfyUI_examples/*.webp", "camera_make", _GRAPH),
    ("*ComfyUI_examples/*.webp", "camera_model", _GRAPH),
    ("*.gif", "duration_seconds", _STILL),
    ("*/loop_*.avif", "duration_seconds", _LOOPS),
    ("*/alpha_video_*.avif", "duration_seconds", _UNSEEN),
    ("*/t/images/XMP.jpg", "*", _BESIDE),
    ("*/gif/anim/oob.gif", "*", _SCREEN),
    ("*/gif/simple/issue_1455_oversized.gif", "*", _SCREEN),
    ("*/hopper_*.tif", "caption", _BYTES),
    ("*/t/images/ExtendedXMP.jpg", "*", _PDF),
    ("*/video_colr_*.mp4", "width", _TRACK),
    ("*/video_colr_*.mp4", "height", _TRACK),
    ("*/h264_white_frame_sar_16_9.mp4", "width", _TRACK),
    ("*/Pentax.avi", "taken_at", _SECONDS),
    ("*/t/images/Matroska.mkv", "width", _SHOWN),
    ("*/Flash.flv", "*", _SCRIPT),
    ("*/ASF.wmv", "duration_seconds", _PREROLL),
    ("*/M2TS.mts", "camera_make", _NUMBER),
    ("*.ico", "*", _ICON),
    ("*-missing-essential.avif", "*", _REFUSED),
    ("*.cr3", "duration_seconds", _ONE_PICTURE),
    ("*.cr3", "frame_rate", _ONE_PICTURE),
)
"""Path pattern, field, and why the difference is right or cannot be helped."""
NO_VALUES: tuple[tuple[str, str, str], ...] = (
    ("score", "QuickTime:ItemList", _ADVICE),
    ("orientation", "XMP", _COPY),
)
"""Field, group, and why what exiftool finds there is no value of that field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: exiftool's tags in the order of their rank, and how values of both are made comparable."""

    name: str
    tags: tuple[str, ...]
    ours: Callable[[Analysis], Any]
    plain: Callable[[Any], Any] = lambda value: value
    within: float = 0.0

    def same(self, ours: Any, theirs: Any) -> bool:
        if isinstance(ours, set):
            return theirs <= ours
        if isinstance(ours, float | int) and isinstance(theirs, float | int):
            return math.isclose(ours, theirs, rel_tol=self.within, abs_tol=self.within)
        return ours == theirs


def number(value: Any) -> float | None:
    """A number above or below 0, which is how cameras write that they do not know."""
    try:
        found = float(str(value).split()[0])
    except (ValueError, IndexError):
        return None
    return found if math.isfinite(found) and found else None


def coordinate(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def text(value: Any) -> str | None:
    joined = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(joined.replace("\0", "").split()) or None


def words(value: Any) -> set[str] | None:
    found = value if isinstance(value, list) else [value]
    return {" ".join(word.split()).casefold() for word in map(str, found) if word.split()} or None


def windows_words(value: Any) -> set[str] | None:
    return words(str(value).split(";"))


def moment(value: Any) -> str | None:
    """The date and the time of day, without parts of a second and offset; none where it is no date."""
    match = re.match(r"(\d{4})[:-](\d\d)[:-](\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?))?", str(value))
    if not match or match[1] == "0000" or not 1 <= int(match[2]) <= 12 or not 1 <= int(match[3]) <= 31:
        return None
    return f"{match[1]}-{match[2]}-{match[3]}" + (f"T{match[4]:0<8}" if match[4] else "")


def of_metadata(name: str) -> Callable[[Analysis], Any]:
    return lambda found: getattr(found.metadata, name) if found.metadata else None


def side(index: int) -> Callable[[Analysis], Any]:
    def upright(found: Analysis) -> Any:
        orientation = found.metadata.orientation if found.metadata else None
        identity = found.identity
        row = {"width": identity.width, "height": identity.height, "format": identity.format}
        return upright_size(row | {"orientation": orientation})[index]

    return upright


def keywords(found: Analysis) -> set[str] | None:
    return words([keyword.text for keyword in found.keywords or () if keyword.source != "prompt"])


def score_of(found: Analysis) -> int | None:
    return found.rating.score if found.rating else None


def windows_score_of(found: Analysis) -> int | None:
    score = score_of(found)
    return (1, 25, 50, 75, 99)[score - 1] if score and score > 0 else None


FIELDS = (
    Field("width", ("ImageWidth",), side(0), number),
    Field("height", ("ImageHeight",), side(1), number),
    Field("taken_at", ("DateTimeOriginal", "Composite:DateTimeOriginal"), of_metadata("taken_at"), moment),
    Field("camera_make", ("Make",), of_metadata("camera_make"), text),
    Field("camera_model", ("Model",), of_metadata("camera_model"), text),
    Field("lens_model", ("LensModel",), of_metadata("lens_model"), text),
    Field("iso", ("ISO",), of_metadata("iso"), number),
    Field("f_number", ("FNumber",), of_metadata("f_number"), number, 1e-6),
    Field("exposure_seconds", ("ExposureTime",), of_metadata("exposure_seconds"), number, 1e-6),
    Field("focal_length_mm", ("FocalLength",), of_metadata("focal_length_mm"), number, 1e-6),
    Field("focal_length_35mm", ("FocalLengthIn35mmFormat",), of_metadata("focal_length_35mm"), number, 1e-6),
    Field("orientation", ("Orientation",), of_metadata("orientation"), number),
    Field("latitude", ("Composite:GPSLatitude",), of_metadata("latitude"), coordinate, 1e-6),
    Field("longitude", ("Composite:GPSLongitude",), of_metadata("longitude"), coordinate, 1e-6),
    Field("altitude_m", ("Composite:GPSAltitude",), of_metadata("altitude_m"), coordinate, 1e-3),
    Field("score", ("Rating",), score_of, number),
    Field("windows score", ("RatingPercent", "SharedUserRating"), windows_score_of, number),
    Field("keywords", ("Subject", "HierarchicalSubject", "PersonInImage", "Keywords", "Keyword"), keywords, words),
    Field("windows keywords", ("XPKeywords",), keywords, windows_words),
    Field("title", ("Title", "ObjectName", "XPTitle"), of_metadata("title"), text),
    Field(
        "caption",
        ("Description", "Caption-Abstract", "ImageDescription", "XPComment"),
        of_metadata("caption"),
        text,
    ),
    Field("creator", ("Creator", "By-line", "Artist", "XPAuthor", "Author"), of_metadata("creator"), text),
    Field("copyright", ("Rights", "CopyrightNotice", "Copyright"), of_metadata("copyright"), text),
    Field("label", ("XMP:Label",), of_metadata("label"), text),
    Field("duration_seconds", ("Duration",), of_metadata("duration_seconds"), number, 0.01),
    Field("frame_rate", ("VideoFrameRate",), of_metadata("frame_rate"), number, 0.01),
)


def told_by_exiftool(folder: Path, names: list[str], *options: str) -> dict[str, dict[str, Any]]:
    """Every tag of every file by `group0:group1:copy:name`, in exiftool's order."""
    with tempfile.NamedTemporaryFile("w", suffix=".args", encoding="utf-8") as arguments:
        arguments.write("\n".join(("-json", "-n", "-G0:1:4", *options, "-charset", "filename=utf8", *names)))
        arguments.flush()
        done = subprocess.run(["exiftool", "-@", arguments.name], cwd=folder, capture_output=True, check=False)
    return {told.pop("SourceFile"): told for told in json.loads(done.stdout or b"[]")}


def values_of(field: Field, told: Mapping[str, Any]) -> list[Any]:
    """What exiftool says of a field outside of maker notes, in the order of the field's tags."""
    found = []
    for tag in field.tags:
        group, _, name = tag.rpartition(":")
        for key, value in told.items():
            groups, _, own = key.rpartition(":")
            if own != name or groups.startswith(NOT_COUNTED) or not groups.startswith(group):
                continue
            if any(field.name == of and groups.startswith(no_value) for of, no_value, _ in NO_VALUES):
                continue
            if groups.startswith("Composite") and not group:  # made of other tags, often of maker notes
                continue
            if (plain := field.plain(value)) is not None:
                found.append(plain)
    return found


def upright(told: dict[str, Any]) -> dict[str, Any]:
    """What exiftool says, with the picture's own size for its first, turned as the picture's own orientation says."""
    sizes = {
        name: next((told[key] for key in told if key.endswith(f":{name}") and not _of_an_insert(key)), None)
        for name in ("ImageWidth", "ImageHeight")
    }
    if told.get("File:FileType") in RAW:  # its first size is often that of a preview
        sizes = dict(zip(sizes, map(int, str(told["Composite:ImageSize"]).split()), strict=True))
    kept = {key: value for key, value in told.items() if not key.endswith((":ImageWidth", ":ImageHeight"))}
    own = {key: value for key, value in told.items() if ":IFD1" not in key and not key.startswith("XMP")}
    turned = next((value for key, value in own.items() if key.endswith(":Orientation")), 1)
    rotated = next((value for key, value in told.items() if key.endswith(":Rotation")), 0)
    wide, high = sizes["ImageWidth"], sizes["ImageHeight"]
    heif = any(key.startswith("QuickTime") for key in told)
    if (rotated in (90, 270)) if heif else (turned in (5, 6, 7, 8)):
        wide, high = high, wide
    return kept | {"File::ImageWidth": wide, "File::ImageHeight": high}


def _of_an_insert(key: str) -> bool:
    """Whether a size is of a thumbnail or what EXIF claims of a picture that says its own size."""
    return key.startswith(("EXIF:IFD1", "EXIF:SubIFD", "XMP", "MakerNotes", "Composite", "MPF"))


def read_here(folder: Path, name: str) -> Analysis | Failure:
    """What the analysis says of one file, without decoding it."""
    recipe = Recipe(dict(VERSIONS), dict(APPLIES), {Stage.NSFW: "not asked for"})
    file = FoundFile("r", os.fsencode(name), 0, 0)
    return Analyzer({"r": str(folder)}, recipe)(Job(file, STAGES, STAGES))


def media_in(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and suffix_of(os.fsencode(path.name)) in FORMAT_OF_SUFFIX:
            yield str(path.relative_to(folder))


def reason_for(name: str, field: str) -> str | None:
    return next((why for pattern, of, why in REASONS if of in (field, "*") and fnmatch.fnmatch(name, pattern)), None)


def compare(folder: Path) -> int:
    """Print the figures and the differences; 0 where they are as promised."""
    names = list(media_in(folder))
    everything = told_by_exiftool(folder, names, "-a")
    differences: list[Difference] = []
    found_in: Counter[tuple[str, Kind]] = Counter()
    refused: Counter[str] = Counter()
    for name in names:
        told = upright(everything.get(name, {}))
        found = read_here(folder, name)
        if isinstance(found, Failure):
            refused[found.cause] += 1
            refused["values"] += sum(bool(values_of(field, told)) for field in FIELDS)
            continue
        for field in FIELDS:
            if theirs := values_of(field, told):
                found_in[field.name, found.identity.kind] += 1
                differences += difference(name, field, found, theirs)
    print(f"{len(names)} files; not taken in, by cause, and what exiftool finds in them: {dict(refused)}")
    printed(found_in, differences)
    return judged(found_in, differences)


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that exiftool finds and that is not known here, or another."""

    path: str
    kind: Kind
    field: str
    ours: Any
    theirs: Any
    why: str | None

    @property
    def contradicts(self) -> bool:
        return self.ours is not None


def difference(name: str, field: Field, found: Analysis, theirs: list[Any]) -> list[Difference]:
    """None, or the one between what was found here and everything that exiftool says of the field."""
    ours = field.ours(found)
    ours = ours if ours is None or isinstance(ours, set) else field.plain(ours)
    if field.plain in (words, windows_words):
        theirs = [set().union(*theirs)]
    if ours is not None and any(field.same(ours, their) for their in theirs):
        return []
    return [Difference(name, found.identity.kind, field.name, ours, theirs, reason_for(name, field.name))]


def printed(found_in: Counter[tuple[str, Kind]], differences: list[Difference]) -> None:
    """The table of the fields, then every difference."""
    print(
        f"{'field':20} {'found':>6} {'same':>6} {'missing':>8} {'(reasons)':>12} {'contradicts':>12} {'(reasons)':>12}"
    )
    for field in FIELDS:
        for kind in Kind:
            if found := found_in[field.name, kind]:
                own = [this for this in differences if (this.field, this.kind) == (field.name, kind)]
                print(_line(field.name + (" (video)" if kind is Kind.VIDEO else ""), found, own))
    for this in differences:
        word = "contradicts" if this.contradicts else "missing"
        print(f"{word:11} {this.field:18} {this.path}")
        print(f"    here {str(this.ours)[:150]!r}, exiftool {str(this.theirs)[:150]!r}")
        if this.why:
            print(f"    {this.why}")


def judged(found_in: Counter[tuple[str, Kind]], differences: list[Difference]) -> int:
    """A line for images and one for videos; 0 where both are as promised. What contradicts with a reason is right."""
    kept = True
    for kind in Kind:
        found = sum(count for (_, of), count in found_in.items() if of is kind)
        own = [this for this in differences if this.kind is kind]
        missing = sum(not this.contradicts for this in own)
        wrong = sum(this.contradicts and this.why is None for this in own)
        share = (found - missing - wrong) / (found or 1)
        good = share >= SHARE[kind] and not wrong
        kept &= good
        print(
            f"{kind}: {share:.2%} of {found} values, {wrong} contradictions without a reason: "
            + ("as promised" if good else f"promised are {SHARE[kind]:.1%} and 0")
        )
    return 0 if kept else 1


def _line(name: str, found: int, differences: list[Difference]) -> str:
    missing = [this for this in differences if not this.contradicts]
    other = [this for this in differences if this.contradicts]
    explained = [sum(this.why is not None for this in these) for these in (missing, other)]
    return (
        f"{name:20} {found:6} {found - len(differences):6} {len(missing):8} {explained[0]:12} "
        f"{len(other):12} {explained[1]:12}"
    )


def speed(folder: Path) -> int:
    """A session that decodes nothing against exiftool, over 20 copies of the folder: its stages, and all of it."""
    with tempfile.TemporaryDirectory() as made:
        copies = Path(made) / "copies"
        for number_ in range(COPIES):
            shutil.copytree(folder, copies / f"{number_:02d}")
        theirs, _ = timed("exiftool", "-json", "-r", copies)
        _, answer = timed(
            PROGRAM, "run", copies, "--root", f"copies={copies}", "--json", *WITHOUT_DECODING, folder=made
        )
    status = json.loads(answer)
    stages = sum(status["stages"][stage.value]["seconds"] for stage in STAGES)
    whole = seconds_between(status["created_at"], status["ended_at"])
    print(f"{status['processed_files']} files, {status['committed_files']} committed; exiftool {theirs:.2f} s")
    print(f"stages without decoding {stages:.2f} s, ratio {stages / theirs:.2f} (at most {STAGE_SPEED})")
    print(f"the whole session {whole:.2f} s, ratio {whole / theirs:.2f} (at most {SESSION_SPEED})")
    return 0 if stages / theirs <= STAGE_SPEED and whole / theirs <= SESSION_SPEED else 1


def timed(*command: object, folder: str | None = None) -> tuple[float, bytes]:
    """The wall time of a program in seconds, and what it printed. Its state and database are made in `folder`."""
    own = {} if folder is None else {"INGEST_STATE_DIR": f"{folder}/state", "DATABASE_URL": f"sqlite:///{folder}/l.db"}
    started = time.perf_counter()
    ended = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | own,
        check=False,
    )
    return time.perf_counter() - started, ended.stdout


def seconds_between(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--speed", action="store_true", help="measure the time, not the values")
    options = parser.parse_args()
    if shutil.which("exiftool") is None:
        print("skipped: there is no exiftool here; on Debian: apt-get install libimage-exiftool-perl")
        return 0
    prepare_pillow()
    with silence_warnings():
        return speed(options.folder) if options.speed else compare(options.folder)


if __name__ == "__main__":
    raise SystemExit(main())
