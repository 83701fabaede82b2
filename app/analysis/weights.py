"""The weights of the NSFW model: where they are, whether they can be used, their conversion to what the workers load.

Everything that touches HDF5, Keras or the network happens in a process of its own (`conversion.py`): a hostile file
cannot take the program along, and the program never holds a model. Written are only the `models/` folder of the state
folder and, when asked to fetch them, the weights file.
"""

import hashlib
import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from app.analysis import ir
from app.analysis.own_process import ask
from app.media import NsfwModel

SOURCE_URL = "https://github.com/bhky/opennsfw2/releases/download/v0.1.0/open_nsfw_weights.h5"
SOURCE_BYTES = 24_220_000  # about
PRECISION = "f32"
MIN_WORKER_MB = 1024  # of address space: what the model takes, and room for a decoder
CHECK_SECONDS = 60.0
CONVERT_SECONDS = 300.0
FETCH_SECONDS = 3_600.0
STALL_SECONDS = 60.0  # a download of which nothing comes for so long is given up
_MODULE = "app.analysis.conversion"


@dataclass(frozen=True, slots=True)
class Found:
    """What there is: the model that the weights make, or None and one sentence that says why not and what to do.

    `fetching_helps` where good weights would change that.
    """

    model: NsfwModel | None
    sentence: str = ""
    fetching_helps: bool = False


class Weights:
    """One weights file and what was made of it. Every method may be called from any thread."""

    def __init__(self, configured: Path | None, models: Path, worker_memory_mb: int = MIN_WORKER_MB) -> None:
        self.place = (configured or default_place()).expanduser().absolute()
        self._models = models.absolute()
        self._worker_memory_mb = worker_memory_mb
        self._seen: tuple[_Stamp, Found] | None = None
        self._looking = threading.Lock()

    def look(self) -> Found:
        """What there is now. A weights file that was not seen before is read whole, which takes half a second."""
        if missing := [name for name in ("opennsfw2", "openvino", "h5py") if find_spec(name) is None]:
            sentence = f"{' and '.join(missing)} cannot be imported; pip install 'media-ingest[nsfw]' brings them"
            return _none(sentence, fetching_helps=False)
        if self._worker_memory_mb < MIN_WORKER_MB:
            sentence = f"its workers need {MIN_WORKER_MB} MB, and INGEST_WORKER_MEMORY_MB is {self._worker_memory_mb}"
            return _none(sentence, fetching_helps=False)
        with self._looking:
            stamp = _stamp(self.place)
            if isinstance(stamp, str):
                return _none(stamp)
            if self._seen is not None and self._seen[0] == stamp:
                return self._seen[1]
            found, lasting = self._examined()
            if lasting:
                self._seen = (stamp, found)
            return found

    def converted(self, beat: Callable[[str], None]) -> Found:
        """What there is, after the model was converted if it was not yet; a second process waits for the first.

        `beat` is called several times a second with what is being done; whatever it raises ends the conversion.
        """
        found = self.look()
        if found.model is None or ir.is_whole(found.model.ir):
            return found
        try:
            self._models.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return _none(f"the folder {self._models} cannot be made: {error.strerror}", fetching_helps=False)
        told = ask(
            _MODULE, "convert", str(self.place), found.model.weights_sha256, found.model.ir,
            seconds=CONVERT_SECONDS, beat=lambda: beat("Preparing the NSFW model, once"),
        )  # fmt: skip
        if "problem" not in told:
            return found
        lasting = bool(told.get("lasting"))
        refused = _none(f"the model could not be prepared: {told['problem']}", fetching_helps=lasting)
        with self._looking:
            if lasting and self._seen is not None:
                self._seen = (self._seen[0], refused)
        return refused

    def fetch(self, beat: Callable[[int], None]) -> Found:
        """Downloads the weights by opennsfw2's own function, checks them, puts them in their place; what there is then.

        `beat` is called several times a second with the bytes that have come; whatever it raises ends the download.
        Nothing is downloaded where good weights are there already.
        """
        found = self.look()
        if found.model is not None:
            return found
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetching-", dir=self.place.parent) as folder:
                file = Path(folder) / "open_nsfw_weights.h5"
                watch = _Watch(Path(folder), beat)
                told = ask(_MODULE, "fetch", str(file), seconds=FETCH_SECONDS, beat=watch.look)
                if "problem" not in told:
                    file.replace(self.place)
        except OSError as error:
            told = {"problem": f"the weights cannot be written to {error.filename}: {error.strerror}"}
        except _Stalled:
            told = {"problem": f"nothing came from {SOURCE_URL} for {STALL_SECONDS:.0f} s"}
        return _none(f"{told['problem']}. {self.by_hand}") if "problem" in told else self.look()

    @property
    def by_hand(self) -> str:
        """How the weights come to a machine that is offline."""
        return f"On a machine without a network, download {SOURCE_URL} elsewhere and save it as {self.place}"

    def _examined(self) -> tuple[Found, bool]:
        """What a weights file is that was not seen before, and whether the same file would be the same again."""
        try:
            with self.place.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return _none(f"the weights file {self.place} cannot be read: {error.strerror}"), False
        name = f"opennsfw2-{version('opennsfw2')}-{sha256}-{PRECISION}"
        model = NsfwModel(name, sha256, str(self._models / f"{name}.xml"))
        if ir.is_whole(model.ir):
            return Found(model), True
        told = ask(_MODULE, "check", str(self.place), seconds=CHECK_SECONDS, beat=lambda: None)
        if "problem" not in told:
            return Found(model), True
        if told.get("died"):
            return _none(f"the weights file {self.place} is damaged, or could not be checked: {told['problem']}"), False
        return _none(str(told["problem"])), bool(told.get("lasting"))


class _Stalled(Exception):
    """Nothing comes any more."""


class _Watch:
    """Tells how much of a download has come, and ends one that stands still."""

    def __init__(self, folder: Path, beat: Callable[[int], None]) -> None:
        self._folder, self._beat = folder, beat
        self._bytes, self._grew_at = 0, time.monotonic()

    def look(self) -> None:
        received = sum(entry.stat().st_size for entry in os.scandir(self._folder))
        if received != self._bytes:
            self._bytes, self._grew_at = received, time.monotonic()
        if time.monotonic() - self._grew_at > STALL_SECONDS:
            raise _Stalled
        self._beat(received)


def default_place() -> Path:
    """Where opennsfw2 0.19 keeps its weights (`opennsfw2._download.get_default_weights_path`)."""
    return Path(os.environ.get("OPENNSFW2_HOME", Path.home())) / ".opennsfw2" / "weights" / "open_nsfw_weights.h5"


_Stamp = tuple[int, int, int, int]


def _stamp(place: Path) -> "_Stamp | str":
    """What tells one weights file from another without reading it, or the middle of a sentence why there is none."""
    try:
        status = place.stat()
    except FileNotFoundError:
        return (
            f"there is no weights file at {place}. `media-ingest nsfw fetch` downloads it "
            f"({SOURCE_BYTES / 1e6:.0f} MB); INGEST_NSFW_WEIGHTS can name another place"
        )
    except OSError as error:
        return f"the weights file {place} cannot be read: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return f"{place} is no file, so it holds no weights"
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _none(why: str, *, fetching_helps: bool = True) -> Found:
    return Found(None, f"NSFW detection is unavailable: {why}.", fetching_helps)
