"""What stands beside a file and speaks for it, as values. It reads no file: `sidecars.py` has."""

from dataclasses import dataclass, field

from app.analysis.formats.xmp import Xmp
from app.analysis.metadata.takeout import NO_TAKEOUT, Takeout


@dataclass(frozen=True, slots=True)
class Beside:
    """The XMP sidecar, Takeout's JSON, and the name of the file as shown; each is empty where there is none."""

    xmp: Xmp = field(default_factory=dict)
    takeout: Takeout = NO_TAKEOUT
    name: str = ""


NOTHING_BESIDE = Beside()
