"""The detector that a person names: whether it is there and can be used, looked at afresh each time.

The files are hashed and looked into in a process of its own (`checking.py`): the program never holds a model.
A thread of its own waits for that, so that nobody else has to.
"""

import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.analysis.detector.labels import files_beside
from app.analysis.detector.parts import find_parts, read_stamp
from app.models import DetectorModel, Layout, Shown
from app.own_process import BEAT_SECONDS, ask
from app.texts import shown_name

CHECK_SECONDS = 120.0
MAX_BYTES = 2_000_000_000
SUFFIXES = (".onnx", ".xml")
BEING_LOOKED_AT = "detector_being_looked_at"
_MODULE = "app.analysis.detector.checking"


@dataclass(frozen=True, slots=True)
class DetectorState:
    """A detector that can be used; or None, one sentence with what to do, and its stable cause."""

    model: DetectorModel | None
    sentence: str = ""
    cause: str | None = None


class Detector:
    """The model file that the settings name. Every method may be called from any thread.

    `threshold` is the confidence from which a box counts, `worker_memory_mb` what a worker may take, `file_seconds`
    what a picture may; `layout` is that of its outputs, where a person names it.
    """

    def __init__(
        self,
        configured: Path | None,
        threshold: float,
        worker_memory_mb: int,
        file_seconds: float = 30.0,
        layout: Layout | None = None,
    ) -> None:
        self._file = configured.expanduser().absolute() if configured else None
        self._threshold = threshold
        self._limits = (str(worker_memory_mb), str(file_seconds), *([layout] if layout else []))
        self._seen: tuple[_Stamps, DetectorState] | None = None
        self._choosing = threading.Lock()
        self._looking: threading.Thread | None = None
        self._closed = False

    def look(self) -> DetectorState:
        """Say at once what is known of the model. A look at one that was not seen before begins, and goes on beside.

        That hashes and tries it, which takes seconds. What is found out, also that it came to no end, stands until the
        files change.
        """
        if self._file is None:
            sentence = "no model is named; INGEST_DETECTOR_MODEL names one, as ONNX or OpenVINO's IR"
            return _none(sentence, "detector_not_named")
        if find_spec("openvino") is None:
            sentence = "openvino cannot be imported; pip install 'media-ingest[detector]' brings it"
            return _none(sentence, "detector_not_installed")
        stamps = _stamps(self._file)
        if isinstance(stamps, DetectorState):
            return stamps
        with self._choosing:
            if self._seen is not None and self._seen[0] == stamps:
                return self._seen[1]
            if self._looking is None and not self._closed:
                looking = threading.Thread(target=self._find_out, args=(self._file, stamps), daemon=True)
                looking.start()
                self._looking = looking
        return _none(f"the model {self._file} is being looked at, which takes some seconds", BEING_LOOKED_AT)

    def wait(self, beat: Callable[[], None] = lambda: None) -> DetectorState:
        """Wait until the model has been looked at, and say what is known then.

        `beat` is called several times a second; whatever it raises ends the waiting, and not the look.
        """
        while (found := self.look()).cause == BEING_LOOKED_AT and not self._closed:
            if (looking := self._looking) is not None:
                looking.join(BEAT_SECONDS)
            beat()
        return found

    def close(self) -> None:
        """End a look that goes on."""
        self._closed = True

    def _find_out(self, file: Path, stamps: "_Stamps") -> None:
        found = _none(f"the look at the model {file} was broken off", "detector_unreadable")
        try:
            found = self._examined(file)
        except _Closed:
            pass
        finally:
            with self._choosing:
                self._seen, self._looking = (stamps, found), None

    def _beat(self) -> None:
        if self._closed:
            raise _Closed

    def _examined(self, file: Path) -> DetectorState:
        """What a model is."""
        try:
            stamp = read_stamp(file)
        except OSError as error:
            return _none(f"the model {file} cannot be read: {error.strerror}", "detector_unreadable")
        told = ask(_MODULE, str(file), *self._limits, seconds=CHECK_SECONDS, beat=self._beat)
        if "problem" in told:
            problem = f"the model {file} cannot be used: {told['problem']}"
            again = "; it is looked at again when its files change" if told.get("died") else ""
            return _none(problem + again, told.get("cause", "detector_unreadable"))
        sha256 = told["sha256"]
        model = DetectorModel(
            name=f"{shown_name(os.fsencode(file.name))} {sha256[:16]}",
            sha256=sha256,
            path=str(file),
            stamp=stamp,
            labels=tuple(told["labels"]),
            layout=Layout(told["layout"]),
            outputs=tuple(told["outputs"]),
            shown=Shown(**told["shown"]),
            threshold=self._threshold,
        )
        return DetectorState(model)


class _Closed(Exception):
    """Nobody will ask any more."""


_Stamps = tuple[tuple[int, ...] | None, ...]


def _stamps(file: Path) -> "_Stamps | DetectorState":
    """What tells one model with its labels from another without reading it, or why there is none."""
    try:
        status, stamp = file.stat(), read_stamp(file)
    except FileNotFoundError:
        return _none(f"there is no file {file}; INGEST_DETECTOR_MODEL names another", "detector_missing")
    except OSError as error:
        return _none(f"the model {file} cannot be read: {error.strerror}", "detector_unreadable")
    if not stat.S_ISREG(status.st_mode) or file.suffix.lower() not in SUFFIXES:
        return _none(
            f"{file} is no file that ends in .onnx or .xml; INGEST_DETECTOR_MODEL must name one", "detector_missing"
        )
    if (size := sum(size for size, _ in stamp)) > MAX_BYTES:
        return _none(f"the model {file} has {size / 1e9:.1f} GB, and 2 are the most", "detector_memory")
    return tuple(map(_stamp, (*find_parts(file), *files_beside(file))))


def _stamp(file: Path) -> tuple[int, ...] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _none(why: str, cause: str) -> DetectorState:
    return DetectorState(None, f"Detection is unavailable: {why}.", cause)


NO_DETECTOR = Detector(None, 1.0, 0)
"""Where none is named."""
