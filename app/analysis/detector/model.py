"""The detector that a person names: whether it is there and can be used, looked at afresh each time.

The file is hashed here and looked into in a process of its own (`checking.py`): the program never holds a model.
"""

import hashlib
import math
import os
import stat
import threading
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.analysis.detector.labels import files_beside
from app.models import DetectorModel, Shown
from app.own_process import ask
from app.texts import shown_name

CHECK_SECONDS = 120.0
AGAIN_SECONDS = 60.0  # after which a file is looked at again whose look came to no end
MAX_BYTES = 2_000_000_000
SUFFIXES = (".onnx", ".xml")
_MODULE = "app.analysis.detector.checking"


@dataclass(frozen=True, slots=True)
class DetectorState:
    """A detector that can be used; or None, one sentence with what to do, and its stable cause."""

    model: DetectorModel | None
    sentence: str = ""
    cause: str | None = None


class Detector:
    """The model file that the settings name. Every method may be called from any thread.

    `threshold` is the confidence from which a box counts, `worker_memory_mb` what a worker may take.
    """

    def __init__(self, configured: Path | None, threshold: float, worker_memory_mb: int) -> None:
        self._file = configured.expanduser().absolute() if configured else None
        self._threshold, self._worker_memory_mb = threshold, worker_memory_mb
        self._seen: tuple[_Stamps, DetectorState, float] | None = None  # the last is when to look again (monotonic s)
        self._looking = threading.Lock()

    def look(self) -> DetectorState:
        """Look at the model. One that was not seen before is hashed and tried, which takes some seconds."""
        if self._file is None:
            sentence = "no model is named; INGEST_DETECTOR_MODEL names one, as ONNX or OpenVINO's IR"
            return _none(sentence, "detector_not_named")
        if find_spec("openvino") is None:
            sentence = "openvino cannot be imported; pip install 'media-ingest[detector]' brings it"
            return _none(sentence, "detector_not_installed")
        with self._looking:
            stamps = _stamps(self._file)
            if isinstance(stamps, DetectorState):
                return stamps
            if self._seen is None or self._seen[0] != stamps or self._seen[2] < time.monotonic():
                found, lasting = self._examined(self._file)
                self._seen = (stamps, found, math.inf if lasting else time.monotonic() + AGAIN_SECONDS)
            return self._seen[1]

    def _examined(self, file: Path) -> tuple[DetectorState, bool]:
        """What a model is, and whether the same files would be the same again."""
        try:
            status = file.stat()
            sha256 = _sha256(file)
        except OSError as error:
            return _none(f"the model {file} cannot be read: {error.strerror}", "detector_unreadable"), False
        told = ask(_MODULE, str(file), str(self._worker_memory_mb), seconds=CHECK_SECONDS, beat=lambda: None)
        if "problem" in told:
            problem = f"the model {file} cannot be used: {told['problem']}"
            cause = told.get("cause")
            return _none(problem, cause if isinstance(cause, str) else "detector_unreadable"), cause is not None
        model = DetectorModel(
            name=f"{shown_name(os.fsencode(file.name))} {sha256[:16]}",
            sha256=sha256,
            path=str(file),
            stamp=(status.st_size, status.st_mtime_ns),
            labels=tuple(told["labels"]),
            layout=told["layout"],
            outputs=tuple(told["outputs"]),
            shown=Shown(**told["shown"]),
            threshold=self._threshold,
        )
        return DetectorState(model), True


_Stamps = tuple[tuple[int, ...] | None, ...]


def _parts(file: Path) -> tuple[Path, ...]:
    """The files that a model consists of: an IR has its weights beside it."""
    return (file, file.with_suffix(".bin")) if file.suffix.lower() == ".xml" else (file,)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    for part in _parts(file):
        if part is file or part.exists():  # an IR without weights has no second file
            with part.open("rb") as stream:
                for piece in iter(lambda: stream.read(2**20), b""):
                    digest.update(piece)
    return digest.hexdigest()


def _stamps(file: Path) -> "_Stamps | DetectorState":
    """What tells one model with its labels from another without reading it, or why there is none."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return _none(f"there is no file {file}; INGEST_DETECTOR_MODEL names another", "detector_missing")
    except OSError as error:
        return _none(f"the model {file} cannot be read: {error.strerror}", "detector_unreadable")
    if not stat.S_ISREG(status.st_mode) or file.suffix.lower() not in SUFFIXES:
        return _none(
            f"{file} is no file that ends in .onnx or .xml; INGEST_DETECTOR_MODEL must name one", "detector_missing"
        )
    if status.st_size > MAX_BYTES:
        return _none(f"the file {file} has {status.st_size / 1e9:.1f} GB, and 2 are the most", "detector_memory")
    return tuple(map(_stamp, (*_parts(file), *files_beside(file))))


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
