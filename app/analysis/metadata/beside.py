"""What stands beside a file and speaks for it, as values. It reads no file: `sidecars.py` has."""

from dataclasses import dataclass, field

from app.analysis.formats.xmp import Xmp
from app.analysis.metadata.notes import Notes
from app.analysis.metadata.takeout import NO_TAKEOUT, Takeout
from app.analysis.prompts.generation import Generation


@dataclass(frozen=True, slots=True)
class Beside:
    """The XMP sidecar, Takeout's JSON, the name of the file as shown, and what others noted; empty without."""

    xmp: Xmp = field(default_factory=dict)
    takeout: Takeout = NO_TAKEOUT
    name: str = ""
    notes: tuple[Notes, ...] = ()

    @property
    def made(self) -> Generation | None:
        """How the picture was made, by the first note that says so."""
        return next((notes.made for notes in self.notes if notes.made), None)


NOTHING_BESIDE = Beside()
