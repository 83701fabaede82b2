"""What the analysis can do here and now: its stages, their versions, the kinds of file to which each applies."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.analysis.detector.model import NO_DETECTOR, Detector
from app.analysis.nsfw.weights import Weights, WeightsState
from app.analysis.pictures.container import explain_unavailable
from app.analysis.regions.barcodes import UNAVAILABLE as NO_BARCODES
from app.analysis.regions.barcodes import find_reader
from app.analysis.revisions import REVISIONS
from app.formats import Kind
from app.media import Recipe, Stage

_IMAGES, _VIDEOS = frozenset({Kind.IMAGE}), frozenset({Kind.VIDEO})
_LOOK_INSIDE = (Stage.METADATA, Stage.THUMBNAIL, Stage.NSFW)  # what cannot be without PyAV of a video
_IN_STILLS = (Stage.BARCODES, Stage.DETECT, Stage.DESCRIBE)  # what is looked for in pictures alone
_LOOK_BESIDE = (Stage.KEYWORDS, Stage.SCORE)  # what then still has its sidecar
VERSIONS: Mapping[Stage, str] = MappingProxyType(
    {
        Stage.IDENTIFY: "1",
        Stage.METADATA: "4",
        Stage.KEYWORDS: "3",
        Stage.SCORE: "3",
        Stage.THUMBNAIL: "2",
        Stage.NSFW: "2",
        Stage.BARCODES: "1",
        Stage.DETECT: "1",
        Stage.DESCRIBE: "1",
    }
)
"""What is read, by number: a stage whose number was raised is pending again for the files that `REVISIONS` say."""
NOBODY_ASKED = "Nobody was named who describes pictures."
"""Why stage describe cannot run until a session says who is asked (`Recipe.describing`)."""
FAILING = ".2"
"""How files fail, by number: when it was raised, each file that failed is tried once more."""
APPLIES: Mapping[Stage, frozenset[Kind]] = MappingProxyType(
    dict.fromkeys(Stage, frozenset(Kind)) | dict.fromkeys(_IN_STILLS, _IMAGES)
)


class Recipes:
    """What the analysis can do here, looked at afresh each time: weights come and go while the program runs."""

    def __init__(self, weights: Weights, detector: Detector = NO_DETECTOR) -> None:
        self._weights, self._detector = weights, detector

    def now(self) -> Recipe:
        """The recipe as things stand; a detector that is still being looked at is not there yet."""
        return self._of(self._weights.look())

    def prepared(self, wanted: frozenset[Stage], beat: Callable[[str], None]) -> Recipe:
        """The recipe after what must be done once has been done: a wanted model is converted, or looked at.

        `beat` is called several times a second with what is being done; whatever it raises breaks that off.
        """
        found = self._weights.convert(beat) if Stage.NSFW in wanted else self._weights.look()
        if Stage.DETECT in wanted:
            self._detector.wait(lambda: beat("Looking at the detector, once"))
        return self._of(found)

    def _of(self, found: WeightsState) -> Recipe:
        versions, applies, limited, beside = dict(VERSIONS), dict(APPLIES), {}, {}
        unavailable: dict[Stage, str] = {}
        if blind := explain_unavailable():
            applies |= dict.fromkeys(_LOOK_INSIDE, _IMAGES)
            limited = dict.fromkeys((*_LOOK_INSIDE, *_LOOK_BESIDE), blind)
            beside = dict.fromkeys(_LOOK_BESIDE, _VIDEOS)
        if found.model is None:
            limited.pop(Stage.NSFW, None)
            unavailable[Stage.NSFW] = found.sentence
        else:
            versions[Stage.NSFW] += f":{found.model.weights_sha256[:16]}"
        if (reader := find_reader()) is None:
            unavailable[Stage.BARCODES] = NO_BARCODES
        unavailable[Stage.DESCRIBE] = NOBODY_ASKED
        detector = self._detector.look()
        if detector.model is None:
            unavailable[Stage.DETECT] = detector.sentence
        else:
            versions[Stage.DETECT] += f":{detector.model.fingerprint}"
        return Recipe(
            versions,
            applies,
            unavailable,
            limited,
            beside,
            found.model,
            FAILING,
            REVISIONS,
            barcode_reader=reader,
            detector=detector.model,
        )
