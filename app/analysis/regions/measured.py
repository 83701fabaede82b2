"""What a picture is held against that other programs measured, and how their boxes come upright."""

from dataclasses import dataclass

from app.regions import Box, Size, turn_box, turn_needed


@dataclass(frozen=True, slots=True)
class Measured:
    """A picture: the size in px that its file stores, None where it is not known, and EXIF's orientation, 1 to 8.

    `seen_alike` says that every program which shows its format turns it by EXIF; of PNG and WebP not all do.
    """

    stored: Size | None
    orientation: int
    seen_alike: bool = True

    def upright(self, box: Box, said: Size | None) -> Box | None:
        """A box upright that a program measured in a picture of the size `said`; None where that was another picture.

        Where the size does not tell, it was the upright one: what people drew on in a browser, and what OpenCV reads.
        If these may differ, nobody can tell.
        """
        turn = self.turn(said)
        return None if turn is None else turn_box(box, turn)

    def turn(self, said: Size | None) -> int | None:
        """The orientation that a box still needs which was measured so; None where that was another picture."""
        return turn_needed(said, self.stored, self.orientation, if_both=1 if self.is_seen_alike else None)

    def is_shown_in(self, said: Size | None) -> bool:
        """Whether a picture of this size can be this one, larger or smaller."""
        return turn_needed(said, self.stored, self.orientation, if_both=1) is not None

    @property
    def is_seen_alike(self) -> bool:
        """Whether every program shows it the same way round."""
        return self.seen_alike or self.orientation == 1
