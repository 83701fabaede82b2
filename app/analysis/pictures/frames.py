"""Takes pictures out of a video: a few spread over its length, and a poster.

It owns which moments are taken, and how far a decoder may go for them. It never decodes sound.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from PIL import Image, ImageStat

from app.analysis.formats.films.movie import decode_display_matrix, square_width
from app.analysis.pictures.container import Film
from app.analysis.pictures.film_colour import draw_frame
from app.analysis.pictures.picture import turn_upright
from app.errors import CannotRead

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

SIDE = 640  # px, the shorter side of what is handed on
FORWARD_PACKETS = 300  # that are decoded at most to reach one moment behind its keyframe
TOTAL_PACKETS = 1200  # that are decoded at most for all such moments of one video
TOTAL_PIXELS = 2_500_000_000  # so that large frames are bounded, too: 300 packets of 4K take about 12 s
WALKED_PACKETS = 500_000  # that are read, not decoded, to learn the length of a video that does not tell it: 4 hours
POSTER_PERCENT = (10, 25, 40, 60, 80, 0)  # of the length, where a poster is looked for, one after the other
PLAIN = 6  # grey levels of standard deviation: below it, a picture shows nothing


def sample_pictures(film: Film, count: int) -> list[Image.Image]:
    """Sample up to `count` pictures (RGB, upright) of the video, evenly spread, in order of time.

    Larger ones are reduced, the shorter side kept >= 640 px. A damaged video gives all of them or none: what is missing
    could be anything. Raises CannotRead: as `Film` and its `track`; MemoryError.
    """
    with film.translate_errors():
        return _Video(film).pictures(count)


def choose_poster(film: Film, side: int = SIDE) -> Image.Image:
    """Choose one picture (RGB, upright) that shows something: the first after a tenth of the length that is not plain.

    Larger ones are reduced, the shorter side kept >= `side` px. If all are plain, the least plain. Of a damaged video
    any will do. Raises CannotRead as `sample_pictures`.
    """
    with film.translate_errors():
        return _Video(film, side).poster()


class _Video:
    """An open video and the pictures taken from it so far, by their time. Times are in ticks of the track."""

    def __init__(self, film: Film, side: int = SIDE) -> None:
        self.side = side
        self.container, self.track, self.damage = film.container, film.choose_track(), film.damage
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
        bound = self._bound(sum(map(len, behind.values())))
        for key, moments in behind.items():
            self._forward(key, moments, bound)
        self._at_least_one(start)
        if self.damaged and len(self.taken) < count:
            sentence = f"The video is damaged: {len(self.taken)} of {count} pictures of it can be decoded."
            raise CannotRead(sentence, cause="damaged_video")
        return [self.taken[time] for time in sorted(self.taken)]

    def poster(self) -> Image.Image:
        """The keyframe at each of some moments, or what lies behind it, until one shows something."""
        start, length = self._span()
        seen: set[int] = set()
        bound = self._bound(len(POSTER_PERCENT))
        for percent in POSTER_PERCENT:
            moment, before = start + length * percent // 100, set(self.taken)
            key = self._keyframe(moment, seen)
            if key is not None:
                self._forward(key, [moment], bound)
            shown = next((picture for time, picture in self.taken.items() if time not in before), None)
            if shown is not None and _spread(shown) >= PLAIN:
                return shown
        self._at_least_one(start)
        return max(self.taken.values(), key=_spread)

    def _bound(self, moments: int) -> int:
        """How many packets may be decoded for each of so many moments."""
        codec = self.track.codec_context
        packets = min(TOTAL_PACKETS, TOTAL_PIXELS // max(1, codec.width * codec.height))
        return min(FORWARD_PACKETS, max(1, packets // max(1, moments)))

    def _at_least_one(self, start: int) -> None:
        """Look at the start where nothing was found. Raises CannotRead: `unsupported_codec`, `damaged_video`."""
        if not self.taken:
            self._forward(start, [start], FORWARD_PACKETS)
        if not self.taken:  # in a transport stream one comes out behind the first keyframe, wherever one seeks
            self._rewind()
            self._go_on([start], FORWARD_PACKETS)
        if not self.taken and self.encrypted:
            raise CannotRead("The video is encrypted, and its key is not in it.", cause="unsupported_codec")
        if not self.taken:
            raise CannotRead("The video is damaged: no picture of it can be decoded.", cause="damaged_video")

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
        self._go_on(moments, bound)

    def _go_on(self, moments: list[int], bound: int) -> None:
        """Decode from here on, and take the first frame at each of `moments` or after `bound`."""
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
            self.taken[time] = _picture(frame, self.track.sample_aspect_ratio, self.side)
        return not frame.is_corrupt

    def _seek(self, time: int) -> None:
        with self._undeterred():  # where it cannot be done, reading goes on from where it is
            self.container.seek(time, stream=self.track)

    def _rewind(self) -> None:
        """Go to the first byte, if the container can be read from there."""
        with self._undeterred():
            self.container.seek(0, unsupported_byte_offset=True)
        self.track.codec_context.flush_buffers()

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


def _picture(frame: "VideoFrame", pixel: Fraction | None, side: int) -> Image.Image:
    """The frame as it is to be seen: reduced, with square pixels, in sRGB, upright."""
    width = square_width(frame.width, pixel)
    scale = min(1, side / min(width, frame.height))
    picture = draw_frame(frame, round(width * scale), round(frame.height * scale))
    return turn_upright(picture, _orientation(frame))


def _orientation(frame: "VideoFrame") -> int:
    """The EXIF value 1..8 that the frame still needs."""
    from av.sidedata.sidedata import Type

    display = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]
    return decode_display_matrix(bytes(display), sys.byteorder) if display is not None else 1


def _spread(picture: Image.Image) -> float:
    """The standard deviation of a picture's grey levels."""
    return ImageStat.Stat(picture.convert("L")).stddev[0]
