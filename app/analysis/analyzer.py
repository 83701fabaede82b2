"""Takes one file through its stages, in a worker process, and answers with a value.

A `Job` in, an `Analysis` or a `Failure` out. It never raises for bad media, never writes, never uses the network.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import BinaryIO, TypeVar

from app.analysis.detector.network import detect
from app.analysis.formats.completeness import note_missing_bytes
from app.analysis.formats.makers.camera_raw import recognise_camera_raw
from app.analysis.formats.recognise import note_suffix, recognise
from app.analysis.formats.tiff import find_orientation
from app.analysis.formats.xmp import NO_XMP, Xmp
from app.analysis.metadata.beside import Beside
from app.analysis.metadata.embedded import Embedded, find_generation, read_embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.film import find_film_keywords, interpret_film, sort_film_tags
from app.analysis.metadata.keywords import gather_keywords
from app.analysis.metadata.marked import read_regions
from app.analysis.metadata.score import (
    Stars,
    choose_rating,
    parse_scores,
    read_exif_stars,
    read_film_stars,
    read_xmp_stars,
)
from app.analysis.metadata.sidecars import (
    read_json_sidecar,
    read_scores,
    read_text_sidecar,
    read_xmp_sidecar,
)
from app.analysis.metadata.takeout import NO_TAKEOUT
from app.analysis.nsfw.network import detect_nsfw
from app.analysis.pictures.colour import put_over_white, to_srgb
from app.analysis.pictures.container import Film, FilmInfo, read_film_header
from app.analysis.pictures.frames import SIDE as POSTER_SIDE
from app.analysis.pictures.frames import choose_poster, sample_pictures
from app.analysis.pictures.image import (
    OpenedImage,
    check_file_size,
    explain_error,
    open_image,
    sample_frames,
    silence_warnings,
)
from app.analysis.pictures.picture import SIDE, encode_for_sending, make_picture, make_resizable, turn_upright
from app.analysis.pictures.stealth import may_hide_text, read_stealth
from app.analysis.pixels import Pixels
from app.analysis.prompts.generation import Generation
from app.analysis.regions import barcodes
from app.analysis.source import OpenFile, open_source
from app.crash_points import crash_point, stall_point
from app.errors import CannotRead
from app.formats import Kind, promised
from app.media import (
    Analysis,
    Failure,
    Identity,
    Job,
    Keyword,
    Nsfw,
    Picture,
    Rating,
    Recipe,
    Stage,
    StageResult,
    StageStatus,
)
from app.metadata import Metadata, Source
from app.regions import NO_REGIONS, Regions, RegionSource
from app.texts import shown_name

FRAMES = 8  # of a film, for NSFW
_OF_PIXELS = (Stage.THUMBNAIL, Stage.NSFW, Stage.BARCODES, Stage.DETECT, Stage.DESCRIBE)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Analyzer:
    """The callable that workers are given: picklable, without state between files. `roots` maps names to folders.

    `side` is that of the picture which stage thumbnail makes, in px.
    """

    roots: Mapping[str, str]
    recipe: Recipe
    side: int = SIDE

    def __call__(self, job: Job) -> Analysis | Failure:
        """Analyse one file: every stage is in `stages` of what comes back, those that were not run as `skipped`."""
        root = os.fsencode(self.roots[job.file.root])
        course = _Course(job, self.recipe, root, self.side)
        try:
            with silence_warnings(), open_source(root, job.file.path) as source, closing(course):
                return course.run(source)
        except CannotRead as error:
            return course.failure(error)


class _Course:
    """One file on its way through the stages: what was found so far, and how each stage ended."""

    def __init__(self, job: Job, recipe: Recipe, root: bytes, side: int) -> None:
        self.job, self.recipe, self.root, self.side = job, recipe, root, side
        self.file, self.kind = job.file, job.file.kind
        self.stages = {stage: StageResult(StageStatus.SKIPPED, version) for stage, version in recipe.versions.items()}
        self.content: OpenedImage | None = None  # of an image; a video has only its stream
        self.stream: BinaryIO | None = None
        self.format = ""
        self.regions: Regions | None = None  # of every stage that looked for some
        self._film: Film | Exception | None = None  # or why it cannot be opened

    def close(self) -> None:
        """Give back what an open video holds."""
        if isinstance(self._film, Film):
            self._film.close()

    def run(self, source: OpenFile) -> Analysis:
        """Take the file through its stages. Raises CannotRead from those without which there is no analysis."""
        crash_point("opened")
        stall_point(self.file.name)
        self.file = replace(self.file, size=source.size, mtime_ns=source.mtime_ns)
        identity = self._identified(source)
        chosen = self.job.stale if identity.sha256 == self.job.known_sha256 else self.job.wanted
        wanted = self.recipe.runnable(identity.kind, chosen)
        metadata = self._optional(Stage.METADATA, self._metadata) if Stage.METADATA in wanted else None
        found = self._optional(Stage.KEYWORDS, self._keywords) if Stage.KEYWORDS in wanted else None
        rating = self._optional(Stage.SCORE, self._rating) if Stage.SCORE in wanted else None
        made = checked = None
        if Stage.THUMBNAIL in wanted:
            made = self._optional(Stage.THUMBNAIL, self._picture)
        if Stage.NSFW in wanted:
            checked = self._optional(Stage.NSFW, self._nsfw)
        if Stage.BARCODES in wanted:
            self._optional(Stage.BARCODES, self._barcodes)
        if Stage.DETECT in wanted:
            self._optional(Stage.DETECT, self._detected)
        to_send = self._optional(Stage.DESCRIBE, self._to_send) if Stage.DESCRIBE in wanted else None
        if self.stream is source.handle:  # what was decoded was read again after it was hashed
            source.check_unchanged()
        crash_point("analysed")
        return Analysis(self.file, identity, self.stages, metadata, found, rating, made, checked, self.regions, to_send)

    def failure(self, error: CannotRead) -> Failure:
        """The file could not be taken in: it cannot be identified or read."""
        return Failure(self.file, Stage.IDENTIFY, error.cause, error.sentence, self.stages)

    def _identify(self, source: OpenFile) -> Identity:
        if source.size == 0:
            raise CannotRead("The file has 0 bytes.", cause="empty_file")
        head = source.head()
        format_ = recognise(head)
        if format_ is None:
            raise CannotRead("The content is no image or video that Media Ingest knows.", cause="not_media")
        kind = self.kind = format_.kind
        if kind is Kind.IMAGE:
            check_file_size(source.size)  # before hours go into the hash of a file that is mostly a hole
        sha256, stream = source.read(keep=kind is Kind.IMAGE)
        crash_point("hashed")
        named = promised(self.file.name)
        if format_.name == "tiff":
            format_ = recognise_camera_raw(stream, named) or format_
        name = format_.name
        self.stream, self.format = stream, name
        notes = note_suffix(self.file.name, named, format_)
        if kind is Kind.VIDEO:
            width, height = self._film_size()
            return Identity(sha256, kind, name, None, width, height, notes=notes)
        self.content = open_image(stream, name)
        width, height = self.content.size
        if self.content.problem and not width and named is not format_:  # camera raw files begin as a TIFF does
            raise self.content.problem
        notes += (
            self.content.raw.list_notes()
            if self.content.raw
            else (
                *note_missing_bytes(self.content.missing),
                *_note_pages(self.content.pages),
            )
        )
        mode, frames = self.content.mode, self.content.frames
        return Identity(sha256, kind, name, mode, width or None, height or None, frames, notes)

    @cached_property
    def embedded(self) -> Embedded:
        """What the file says about itself: read when the first stage asks, whichever it is."""
        return read_embedded(self.content) if self.content else sort_film_tags(self.film_info[0])

    @cached_property
    def made(self) -> Generation:
        """How it was made, if by AI: a text says so, or else the pixels, which are decoded early where they may."""
        made = find_generation(self.embedded)
        if made.prompt is None and (text := self._hidden()):
            self.embedded.texts["stealth"] = text
            made = find_generation(self.embedded)
        return made if made.prompt else self.beside[0].made or made

    def _hidden(self) -> str | None:
        """The text in the pixels; None without one, and where they fail, which is for another stage to say."""
        with suppress(Exception):
            return read_stealth(self.pixels.whole) if self.content and may_hide_text(self.content) else None
        return None

    @property
    def film(self) -> Film:
        """The video, opened once for whichever stage asks first. Raises CannotRead, MemoryError."""
        assert self.stream is not None  # noqa: S101 - every file that was identified has one
        if self._film is None:
            try:
                self._film = Film(self.stream, self.format)
            except (CannotRead, MemoryError) as error:
                self._film = error
        if isinstance(self._film, Exception):
            raise self._film
        return self._film

    @cached_property
    def film_info(self) -> tuple[FilmInfo, CannotRead | None]:
        """What a video's container says, and why only its header does or nothing. Without PyAV it is not asked."""
        if self.content or Kind.VIDEO not in self.recipe.applies[Stage.METADATA]:
            return FilmInfo(), None
        try:
            return self.film.read_info(), None
        except (CannotRead, MemoryError) as error:
            assert self.stream is not None  # noqa: S101 - as above
            return read_film_header(self.stream, self.format), explain_error(error)

    def _film_size(self) -> tuple[int | None, int | None]:
        return self.film_info[0].size or (None, None)

    @cached_property
    def sidecar(self) -> Xmp:
        """The XMP sidecar, empty without one. Raises CannotRead `damaged_sidecar`."""
        return read_xmp_sidecar(self.root, self.file) or NO_XMP

    @cached_property
    def beside(self) -> tuple[Beside, CannotRead | None]:
        """What the sidecars tell, and what was wrong with one: it does not silence the others."""
        sidecar, takeout, problem, noted = NO_XMP, NO_TAKEOUT, None, []
        try:
            noted.append(read_text_sidecar(self.root, self.file))
        except CannotRead as error:
            problem = error
        try:
            takeout, notes = read_json_sidecar(self.root, self.file)
            noted.insert(0, notes)
        except CannotRead as error:
            problem = error
        try:
            sidecar = self.sidecar
        except CannotRead as error:
            problem = error
        said = tuple(notes for notes in noted if notes)
        return Beside(sidecar, takeout, shown_name(self.file.name), said), problem

    def _metadata(self) -> tuple[Metadata, CannotRead | None]:
        beside, problem = self.beside
        problem = problem or self.embedded.find_problem("exif", "xmp", "iptc", "text")
        if self.content:
            told = interpret_image(self.embedded, beside, self.made)
            regions, unread = read_regions(self.root, self.file, self.content, self.embedded, beside.xmp)
            self._found(regions)
            return told, problem or unread
        info, damage = self.film_info
        return interpret_film(info, self.embedded, beside, self.made), damage or problem

    def _keywords(self) -> tuple[tuple[Keyword, ...], CannotRead | None]:
        found, (beside, problem) = self.embedded, self.beside
        words = gather_keywords(
            embedded=found.xmp,
            iptc=found.iptc,
            exif=found.exif,
            sidecar=beside.xmp,
            people=beside.takeout.people,
            notes=beside.notes,
            film=find_film_keywords(self.film_info[0]),
            prompt=self.made.prompt,
            negative_prompt=self.made.negative_prompt,
            generator=self.made.generator,
        )
        return words, problem or found.find_problem("xmp", "iptc", "text")

    def _rating(self) -> tuple[Rating, CannotRead | None]:
        rating, problem = choose_rating(
            {
                Source.SCORES: self._score,
                Source.SIDECAR: lambda: read_xmp_stars(self.sidecar),
                Source.XMP: lambda: read_xmp_stars(self.embedded.xmp),
                Source.EXIF: lambda: read_exif_stars(self.embedded.exif),
                Source.MAKER: lambda: self.embedded.maker.rating,
                Source.VIDEO: lambda: read_film_stars(self.film_info[0].xtra),
                Source.JSON: self._noted_stars,
            }
        )
        return rating, problem or (None if rating.source else self.embedded.find_problem("xmp", "exif"))

    def _noted_stars(self) -> Stars:
        said = (read_xmp_stars(notes.properties) for notes in self.beside[0].notes if notes.source is Source.JSON)
        return next((stars for stars in said if stars is not None), None)

    def _score(self) -> int | None:
        scores = read_scores(self.root, self.file)
        return parse_scores(scores) if scores is not None else None

    @cached_property
    def pixels(self) -> Pixels:
        """Those of an image."""
        assert self.content is not None  # noqa: S101 - asked for only where there is one
        return Pixels(self.content, find_orientation(self.embedded.exif), self.side)

    def _picture(self) -> tuple[Picture | None, CannotRead | None]:
        if self.content is None:
            return make_picture(choose_poster(self.film, max(POSTER_SIDE, self.side)), 1, self.side), None
        return self.pixels.make_picture()

    def _nsfw(self) -> tuple[Nsfw, None]:
        model = self.recipe.nsfw_model
        assert model is not None  # noqa: S101 - without one the stage is not runnable
        if self.content is None:
            return detect_nsfw(sample_pictures(self.film, FRAMES), 1, model), None
        whole = self.pixels.whole
        return detect_nsfw(sample_frames(self.content, whole, FRAMES), self.pixels.turn(whole), model), None

    def _barcodes(self) -> tuple[bool, None]:
        reader = self.recipe.barcode_reader
        assert reader is not None  # noqa: S101 - without one the stage is not runnable
        picture = self.pixels.larger(barcodes.SHORT_SIDE)
        small = barcodes.reduce_for_reading(make_resizable(picture))
        plain = turn_upright(small, self.pixels.turn(picture))
        plain = plain if plain.mode in ("L", "RGB") else put_over_white(to_srgb(plain))
        self._found(Regions(barcodes.read_barcodes(plain.convert("L"), reader), frozenset({RegionSource.BARCODE})))
        return True, None

    def _detected(self) -> tuple[bool, None]:
        if (ended := self.job.without_detector) is not None:
            raise CannotRead(ended.reason, cause=ended.cause)
        model = self.recipe.detector
        assert model is not None  # noqa: S101 - without one the stage is not runnable
        picture = self.pixels.larger(min(model.shown.width, model.shown.height))
        self._found(detect(picture, self.pixels.turn(picture), model))
        return True, None

    def _to_send(self) -> tuple[bytes, None]:
        describer = self.recipe.describer
        assert describer is not None  # noqa: S101 - without one the stage is not runnable
        picture = self.pixels.larger(describer.side)
        return encode_for_sending(picture, self.pixels.turn(picture), describer), None

    def _found(self, regions: Regions) -> None:
        before = self.regions or NO_REGIONS
        self.regions = Regions(before.found + regions.found, before.looked | regions.looked)

    def _identified(self, source: OpenFile) -> Identity:
        """Run the stage without which there is no analysis. Raises CannotRead."""
        started = perf_counter()
        try:
            identity = self._identify(source)
        except Exception as error:
            problem = explain_error(error)
            self._ended(Stage.IDENTIFY, started, problem)
            raise problem from error
        self._ended(Stage.IDENTIFY, started)
        return identity

    def _optional(self, stage: Stage, work: Callable[[], tuple[T | None, CannotRead | None]]) -> T | None:
        """Run a stage that may fail alone, or give only what could be read and say what could not."""
        started, value = perf_counter(), None
        try:
            value, problem = work()
        except CannotRead as error:
            problem = error
        except MemoryError as error:
            problem = explain_error(error)
        except Exception as error:  # noqa: BLE001 - some 15 classes come out of hostile files
            cause = "internal_error" if stage in _OF_PIXELS else "damaged_metadata"
            problem = CannotRead(f"Stage {stage} cannot make sense of it ({type(error).__name__}).", cause=cause)
        self._ended(stage, started, problem)
        return value

    def _ended(self, stage: Stage, started: float, problem: CannotRead | None = None) -> None:
        self.stages[stage] = StageResult(
            StageStatus.FAILED if problem else StageStatus.DONE,
            self.recipe.version(stage, self.kind),
            self.stages[stage].seconds + perf_counter() - started,
            problem.cause if problem else None,
            problem.sentence if problem else None,
            self.recipe.model_in(stage),
        )


def _note_pages(pages: int) -> tuple[str, ...]:
    """Say that a file holds several pictures; nothing of one."""
    return (f"The file holds {pages} pictures; the first is shown.",) if pages > 1 else ()
