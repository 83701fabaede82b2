"""Takes a few pictures out of a video, spread over its length, through PyAV: FFmpeg's libraries without the program.

It owns which moments are taken, how far a decoder may go for them, and what libav's errors are called. It never opens a
path or a URL (the stream that it is given is all that libav can read), never lets a container name another resource,
and never decodes sound. PyAV is optional: it is imported when the first video comes, in the worker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from PIL import Image

from app.errors import CannotRead

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

UNAVAILABLE = "Videos cannot be looked into: PyAV is not installed; `pip install 'media-ingest[video]'` adds it."
SIDE = 640  # px, the shorter side of what is handed on
FORWARD_PACKETS = 300  # that are decoded at most to reach one moment behind its keyframe
TOTAL_PACKETS = 1200  # that are decoded at most for all such moments of one video
TOTAL_PIXELS = 2_500_000_000  # the same for large frames: 300 packets of 4K take about 12 s
WALKED_PACKETS = 500_000  # that are read, not decoded, to learn the length of a video that does not tell it: 4 hours
MAX_PIXELS = 8192 * 8192  # of one frame; the largest that cameras and codecs agree on have 8192 x 4320

_DEMUXERS = {"mp4": "mov", "mov": "mov", "m4v": "mov", "webm": "matroska", "mkv": "matroska", "avi": "avi"}
# libav has 300 decoders of pictures, most of them for games and curiosities. No other than these is ever started, and
# none of sound, not even when libav looks for the parameters of a track.
_DECODERS = (
    "libdav1d,cfhd,cinepak,dnxhd,dvvideo,ffv1,flv,h261,h263,h264,hevc,huffyuv,indeo3,indeo4,indeo5,jpeg2000,lagarith,"
    "magicyuv,mjpeg,mjpegb,mpeg1video,mpeg2video,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,msrle,msvideo1,png,prores,qtrle,"
    "rawvideo,rpza,svq1,svq3,theora,utvideo,v210,vc1,vp3,vp6,vp6f,vp8,vp9,vvc,wmv1,wmv2,wmv3"
)
_TURNS = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)  # counterclockwise


def unavailable() -> str | None:
    """One sentence why videos cannot be looked into here and what to do, None if they can."""
    return None if find_spec("av") else UNAVAILABLE


def frames(stream: BinaryIO, format_: str, count: int) -> list[Image.Image]:
    """Up to `count` pictures (RGB, upright) of the video in `stream`, evenly spread, in the order of their time.

    `format_` is its name in `media.FORMATS`. Larger ones are reduced, the shorter side kept >= 640 px. A damaged video
    gives all of them or none: what is missing could be anything.
    Raises CannotRead: `damaged_video`, `no_picture`, `unsupported_codec`, `too_many_pixels`, `unreadable`; MemoryError
    where libav lacks memory, or is led by a damaged file to ask for an absurd amount.
    """
    import av  # in a tenth of a second, and only in a worker that meets a video

    av.logging.set_level(None)  # libav would write to file descriptor 2
    options = {"protocol_whitelist": "", "codec_whitelist": _DECODERS}
    lenient: dict[str, Any] = {"metadata_errors": "replace"} if av.__version__.startswith("18.") else {}
    try:
        with av.open(
            stream,
            "r",
            format=_DEMUXERS[format_],  # nothing is guessed, so no playlist can be taken for a video
            container_options=options,
            **lenient,
            io_open=_refuse,
        ) as container:
            return _Video(container, _track(container), av.FFmpegError).pictures(count)
    except (CannotRead, MemoryError, TypeError, AttributeError):  # the last two are ours, or a PyAV that is too new
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno and not isinstance(error, av.FFmpegError):
            raise CannotRead(f"The file cannot be read: {error.strerror}.", cause="unreadable") from error
        raise CannotRead("The video is damaged and cannot be opened.", cause="damaged_video") from error


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:  # noqa: ARG001 - as PyAV calls it
    raise CannotRead("The video is a reference to another file, which is not followed.", cause="damaged_video")


def _track(container: "InputContainer") -> "VideoStream":
    """The first moving picture, with everything else in the container set to be passed over."""
    from av.stream import Discard, Disposition

    moving = [track for track in container.streams.video if not track.disposition & Disposition.attached_pic]
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


class _Video:
    """An open video and the pictures taken from it so far, by their time. Times are in ticks of the track."""

    def __init__(self, container: "InputContainer", track: "VideoStream", damage: type[Exception]) -> None:
        self.container, self.track, self.damage = container, track, damage
        self.taken: dict[int, Image.Image] = {}
        self.encrypted = self.damaged = False

    def pictures(self, count: int) -> list[Image.Image]:
        """A keyframe for each moment; where several share one, what lies between is decoded."""
        start, length = self._span()
        seen: set[int] = set()
        behind: dict[int, list[int]] = {}
        for moment in (start + length * (2 * i + 1) // (2 * count) for i in range(count)):
            key = self._keyframe(moment, seen)
            if key is not None:
                behind.setdefault(key, []).append(moment)
        codec = self.track.codec_context
        packets = min(TOTAL_PACKETS, TOTAL_PIXELS // max(1, codec.width * codec.height))
        bound = min(FORWARD_PACKETS, max(1, packets // max(1, sum(map(len, behind.values())))))
        for key, moments in behind.items():
            self._forward(key, moments, bound)
        if not self.taken:
            self._forward(start, [start], FORWARD_PACKETS)
        if not self.taken and self.encrypted:
            raise CannotRead("The video is encrypted, and its key is not in it.", cause="unsupported_codec")
        if not self.taken:
            raise CannotRead("The video is damaged: no picture of it can be decoded.", cause="damaged_video")
        if self.damaged and len(self.taken) < count:
            sentence = f"The video is damaged: {len(self.taken)} of {count} pictures of it can be decoded."
            raise CannotRead(sentence, cause="damaged_video")
        return [self.taken[time] for time in sorted(self.taken)]

    def _span(self) -> tuple[int, int]:
        """Start and length. A recording that was never closed does not tell it: its packets are read, not decoded."""
        start = self.track.start_time or 0
        length = self.track.duration or 0
        if length <= 0 and self.container.duration:
            length = int(Fraction(self.container.duration, 1_000_000) / (self.track.time_base or 1))
        if length <= 0:
            length = max((_time(packet) - start for packet in islice(self._packets(), WALKED_PACKETS)), default=0) + 1
        return start, length

    def _keyframe(self, moment: int, seen: set[int]) -> int | None:
        """Take the keyframe at or before `moment`; its time if `moment` has to be reached from there by decoding."""
        self._seek(moment)
        for packet in islice(self._packets(), FORWARD_PACKETS):
            if packet.is_keyframe:
                time = _time(packet)
                if time in seen:
                    return time
                seen.add(time)
                # It alone goes in and is asked for at once, whatever the decoder would wait for
                found = self._decode(packet) or self._decode(None)
                self.track.codec_context.flush_buffers()
                return None if found and self._take(found[0]) else time
        return moment

    def _forward(self, key: int, moments: list[int], bound: int) -> None:
        """Decode from the keyframe at `key` on, and take the first frame at each of `moments` or after `bound`."""
        self._seek(key)
        spent, frame = 0, None
        for packet in self._packets():
            spent += 1
            for frame in self._decode(packet):
                if spent >= bound or _time(frame) >= moments[0]:
                    self._take(frame)
                    spent, moments = 0, [moment for moment in moments[1:] if moment > _time(frame)]
                    if not moments:
                        return
            if spent > 2 * bound:  # nothing comes out any more
                break
        if frame is not None:
            self._take(frame)

    def _take(self, frame: "VideoFrame") -> bool:
        """Keep the picture, unless it is known to be damaged."""
        self.damaged = self.damaged or frame.is_corrupt
        if not frame.is_corrupt and (time := _time(frame)) not in self.taken:
            self.taken[time] = _picture(frame, self.track.sample_aspect_ratio)
        return not frame.is_corrupt

    def _seek(self, time: int) -> None:
        with self._undeterred():  # where it cannot be done, reading goes on from where it is
            self.container.seek(time, stream=self.track)

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        with self._undeterred():
            yield from self.container.demux(self.track)

    def _decode(self, packet: "Packet[VideoStream] | None") -> "list[VideoFrame]":
        if packet and packet.has_sidedata("encryption_info"):
            self.encrypted = True  # a decoder would make noise of it; what comes before may be in the clear
            return []
        with self._undeterred():
            return self.track.decode(packet)
        return []

    @contextmanager
    def _undeterred(self) -> Iterator[None]:
        """Go on where libav finds damage: elsewhere there may be none. A lack of memory and the disk's errors pass."""
        try:
            yield
        except (self.damage, OverflowError) as error:
            if isinstance(error, MemoryError):
                raise
            self.damaged = self.damaged or not isinstance(error, EOFError)


def _time(of: "Packet[VideoStream] | VideoFrame") -> int:
    return next((time for time in (of.pts, of.dts) if time is not None), 0)


def _picture(frame: "VideoFrame", pixel: Fraction | None) -> Image.Image:
    """The frame as it is to be seen: reduced, with square pixels, upright."""
    width = frame.width * (pixel if pixel and Fraction(1, 4) <= pixel <= 4 else 1)
    scale = min(1, SIDE / min(width, frame.height))
    picture: Image.Image = frame.to_image(
        width=round(width * scale), height=round(frame.height * scale), interpolation="AREA"
    )
    turn = _TURNS[round(frame.rotation / 90) % 4]
    return picture if turn is None else picture.transpose(turn)
