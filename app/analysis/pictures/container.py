"""Opens a video through PyAV (FFmpeg's libraries without the program) and takes out what its container says.

It never opens a path or a URL (the stream that it is given is all that libav can read), never lets a container name
another resource, and never decodes sound. PyAV is optional: it is imported when the first video comes, in the worker.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from app.analysis.formats.blocks import find_date_in_avi, find_xmp_in_avi
from app.analysis.formats.c2pa.names import read_c2pa_names
from app.analysis.formats.c2pa.store import find_c2pa_in_boxes
from app.analysis.formats.films.asf import read_asf
from app.analysis.formats.films.avchd import read_avchd
from app.analysis.formats.films.matroska import read_matroska
from app.analysis.formats.films.mdta import Table, merge_tables, read_mdta
from app.analysis.formats.films.movie import MAX_TRACKS, Movie, Track, check_frame_rate, read_movie, square_width
from app.analysis.formats.films.xtra import NO_XTRA_TAGS, XtraTags, read_xtra
from app.analysis.formats.makers.nikon import read_nikon_film
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME

if TYPE_CHECKING:
    from av.codec.context import CodecContext
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

UNAVAILABLE = "Videos cannot be looked into: PyAV is not installed; `pip install 'media-ingest[video]'` adds it."
MAX_PIXELS = 8192 * 8192  # of one frame; the largest that cameras and codecs agree on have 8192 x 4320
MAX_TAGS = 1000
_MADE_AT, _TAKEN_AT = "creation_time", "datetimeoriginal"  # as libav names them, and exiftool

# libav has 300 decoders of pictures, most of them for games and curiosities. No other than these is ever started, and
# none of sound, not even when libav looks for the parameters of a track.
_DECODERS = (
    "libdav1d,cfhd,cinepak,dnxhd,dvvideo,ffv1,flv,h261,h263,h264,hevc,huffyuv,indeo3,indeo4,indeo5,jpeg2000,lagarith,"
    "magicyuv,mjpeg,mjpegb,mpeg1video,mpeg2video,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,msrle,msvideo1,png,prores,qtrle,"
    "rawvideo,rpza,svq1,svq3,theora,utvideo,v210,vc1,vp3,vp6,vp6f,vp8,vp9,vvc,wmv1,wmv2,wmv3"
)


def explain_unavailable() -> str | None:
    """Explain in one sentence why videos cannot be opened here and what to do; None if they can."""
    return None if find_spec("av") else UNAVAILABLE


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """What a container says. `size` is in pixels as stored, but square; `orientation` the EXIF value that they need.

    `tags` are those of the file by their names in lower case, then those of its tracks as `track 0 language`. `xtra` is
    what people say of it in boxes that libav passes over.
    """

    size: tuple[int, int] | None = None
    orientation: int | None = None
    duration_seconds: float | None = None
    frame_rate: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    xtra: XtraTags = NO_XTRA_TAGS


class Film:
    """An open video; to be closed in the end."""

    def __init__(self, stream: BinaryIO, format_: str) -> None:
        """Open the video in `stream`; `format_` is its name in `formats.FORMATS`.

        Raises CannotRead: `damaged_video`, `unreadable`; MemoryError where libav lacks memory, or is led by a damaged
        file to ask for an absurd amount.
        """
        import av  # in a tenth of a second, and only in a worker that meets a video

        av.logging.set_level(None)  # libav would write to file descriptor 2
        self.damage: type[Exception] = av.FFmpegError
        self._track: VideoStream | None = None
        self._stream, self._format = stream, format_
        demuxer = FORMAT_OF_NAME[format_].demuxer
        options = {"protocol_whitelist": "", "codec_whitelist": _DECODERS}
        if demuxer == "mov":
            options["export_xmp"] = "1"
        lenient: dict[str, Any] = {"metadata_errors": "replace"} if av.__version__.startswith("18.") else {}
        with self.translate_errors():
            self.container: InputContainer = av.open(
                stream,
                "r",
                format=demuxer,  # nothing is guessed, so no playlist can be taken for a video
                container_options=options,
                **lenient,
                io_open=_refuse,
            )

    def close(self) -> None:
        """Give back what libav holds; the stream stays open."""
        self.container.close()

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Translate what libav raises into CannotRead: `damaged_video`, and `unreadable` where the disk is to blame."""
        try:
            yield
        except (CannotRead, MemoryError, TypeError, AttributeError):  # the last two are ours, or a PyAV that is too new
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno and not isinstance(error, self.damage):
                raise CannotRead(f"The file cannot be read: {error.strerror}.", cause="unreadable") from error
            raise CannotRead("The video is damaged and cannot be opened.", cause="damaged_video") from error

    def read_info(self) -> FilmInfo:
        """Read what the container says, without decoding. Raises CannotRead as `__init__`."""
        with self.translate_errors():
            header, xtra, beside, tables = _without_libav(self._stream, self._format)
            tags = _by_own_clock(_named(_tags(self.container), tables), header)
            moving, sounds = _moving(self.container), self.container.streams.audio
            track = moving[0] if moving else None
            own = header.find_track(track.id) if track else None
            return FilmInfo(
                size=_size(track) if track else None,
                orientation=own.orientation if own else None,
                duration_seconds=header.seconds or _seconds(self.container, track),
                frame_rate=_frame_rate(track) if track else None,
                video_codec=_codec(track) if track else None,
                audio_codec=_codec(sounds[0]) if sounds else None,
                tags=tags | {name: text for name, text in beside.items() if not tags.get(name)},
                xtra=xtra,
            )

    def choose_track(self) -> "VideoStream":
        """Choose the first moving picture, and have libav skip everything else in the container.

        Raises CannotRead: `damaged_video`, `no_picture`, `unsupported_codec`, `too_many_pixels`.
        """
        if self._track is None:  # a decoder that has begun cannot be set up again
            with self.translate_errors():
                self._track = _track(self.container)
        return self._track


def read_film_header(stream: BinaryIO, format_: str) -> FilmInfo:
    """Read the header of a video that libav refuses to open; an empty FilmInfo where we cannot either."""
    try:
        header, xtra, beside, tables = _without_libav(stream, format_)
    except OSError:  # the disk's, which whoever came here has been told of
        return FilmInfo()
    track = header.find_track() or Track(0)
    tags = beside | {name: text for name, text in merge_tables(tables).items() if text}
    tags |= {_MADE_AT: header.made_at} if header.made_at else {}
    tags = _by_own_clock(tags, header)
    return FilmInfo(track.size, track.orientation, header.seconds, track.frame_rate, tags=tags, xtra=xtra)


def _by_own_clock(tags: dict[str, str], header: Movie) -> dict[str, str]:
    """The tags, without the zone of the header's clock where that is none: libav calls every such clock UTC."""
    if not header.local or _MADE_AT not in tags:
        return tags
    return tags | {_MADE_AT: tags[_MADE_AT].removesuffix("Z").removesuffix("+00:00")}


def _without_libav(stream: BinaryIO, format_: str) -> tuple[Movie, XtraTags, dict[str, str], tuple[Table, ...]]:
    """The headers, what people say, the tags that libav does not have, and the tables; the stream is left where it was.

    libav reads on from there, and does not ask where that is.
    """
    demuxer, before = FORMAT_OF_NAME[format_].demuxer, stream.tell()
    try:
        if demuxer == "mov":
            xtra, movie, nikon = read_xtra(stream), read_movie(stream), read_nikon_film(stream)
            own = dict(xtra.tags)
            if programs := read_c2pa_names(find_c2pa_in_boxes(stream)):
                own["c2pa"] = programs
            if nikon is not None:
                movie = replace(movie, local=True)
                own = {"make": nikon.make, "model": nikon.model, _TAKEN_AT: nikon.original} | own
            return movie, xtra, own, read_mdta(stream)
        if demuxer == "matroska":
            return read_matroska(stream), NO_XTRA_TAGS, {}, ()
        if demuxer == "asf":
            return read_asf(stream), NO_XTRA_TAGS, {}, ()
        if demuxer == "mpegts":
            return Movie(), NO_XTRA_TAGS, read_avchd(stream), ()
        if demuxer != "avi":
            return Movie(), NO_XTRA_TAGS, {}, ()
        told = {"xmp": find_xmp_in_avi(stream).decode("utf-8", "replace"), _TAKEN_AT: find_date_in_avi(stream)}
        return Movie(), NO_XTRA_TAGS, {name: text for name, text in told.items() if text}, ()
    finally:
        stream.seek(before)


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:  # noqa: ARG001 - as PyAV calls it
    raise CannotRead("The video is a reference to another file, which is not followed.", cause="damaged_video")


def _moving(container: "InputContainer") -> "list[VideoStream]":
    from av.stream import Disposition

    return [track for track in container.streams.video if not track.disposition & Disposition.attached_pic]


def _size(track: "VideoStream") -> tuple[int, int] | None:
    codec: VideoCodecContext | None = track.codec_context
    if codec is None or not (codec.width and codec.height):
        return None
    return square_width(codec.width, track.sample_aspect_ratio), codec.height


def _seconds(container: "InputContainer", track: "VideoStream | None") -> float | None:
    microseconds = container.duration or 0
    if microseconds <= 0 and track is not None and track.duration and track.time_base:
        microseconds = int(track.duration * track.time_base * 1_000_000)
    if microseconds > 0:
        return microseconds / 1_000_000
    if track is not None and track.frames > 0 and track.average_rate:  # an AVI file that is cut off
        return round(float(track.frames / track.average_rate), 6)
    return None


def _frame_rate(track: "VideoStream") -> float | None:
    rates = (track.average_rate, track.guessed_rate)
    return next((plausible for rate in rates if rate and (plausible := check_frame_rate(float(rate)))), None)


def _codec(track: "Stream") -> str | None:
    codec: CodecContext | None = track.codec_context
    return codec.codec.canonical_name if codec else None


def _tags(container: "InputContainer") -> dict[str, str]:
    """The tags of the file, then those of its tracks; the first of equal names counts."""
    tags: dict[str, str] = {}
    for name, text in container.metadata.items():
        tags.setdefault(name.lower(), text)
    for number, track in zip(range(MAX_TRACKS), container.streams, strict=False):
        tags |= {f"track {number} {name.lower()}": text for name, text in track.metadata.items()}
    return dict(list(tags.items())[:MAX_TAGS])


def _named(tags: dict[str, str], tables: tuple[Table, ...]) -> dict[str, str]:
    """The tags by their right names: of several tables libav takes the keys of the first for all."""
    if len(tables) < 2:
        return tags
    keyed = merge_tables(tables)
    return {name: text for name, text in (tags | keyed).items() if keyed.get(name, text)}


def _track(container: "InputContainer") -> "VideoStream":
    from av.stream import Discard

    moving = _moving(container)
    if not container.streams:
        raise CannotRead("The video is damaged: nothing is found in it.", cause="damaged_video")
    if not moving:
        raise CannotRead("The file holds no moving picture, only sound or data.", cause="no_picture")
    track = moving[0]
    for other in container.streams:
        if other.index != track.index:
            other.discard = Discard.all
    codec: VideoCodecContext | None = track.codec_context
    if codec is None:
        sentence = (
            "The codec of the video is none that is known here, or the part of the file that names it is damaged."
        )
        raise CannotRead(sentence, cause="unsupported_codec")
    if codec.name not in _DECODERS.split(","):
        sentence = f"There is no decoder here for the codec of the video: {codec.name}."
        raise CannotRead(sentence, cause="unsupported_codec")
    if codec.width * codec.height > MAX_PIXELS:
        raise CannotRead(
            f"The video claims {codec.width * codec.height / 1e6:,.0f} million pixels a frame; "
            f"at most {MAX_PIXELS / 1e6:.0f} million are decoded.",
            cause="too_many_pixels",
        )
    codec.thread_count = 1
    codec.options = {"max_pixels": str(MAX_PIXELS)}
    return track
