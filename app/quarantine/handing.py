"""What the file that is kept gets of those that are not: their rating, words and keywords. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.metadata import Source

_TEXTS = ("title", "caption", "creator", "copyright", "label")
_NOT_SAID = frozenset((Source.PROMPT, Source.NEGATIVE_PROMPT))
_MOST_KEYWORDS = 100


def handed_on(keeper: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What an edit of the keeper says: fields with their values, and `add_keywords`; empty where it has all already.

    What the keeper has stays. Of the others a person's word goes before what was read, and then the first one's; the
    rating is the highest. A rejection is never handed on: it is what the others go for. Keywords of prompts say how a
    picture was made, and stay with its file.
    """
    said: dict[str, Any] = {}
    rated = [other for other in others if (other["score"] or 0) > 0]
    if keeper["score"] is None and rated:
        said["score"] = max((other["score_source"] == Source.PERSON, other["score"]) for other in rated)[1]
    for name in _TEXTS:
        if not keeper[name] and (value := _first(name, others)):
            said[name] = value
    if keeper["nsfw_said"] is None:
        word = next((other["nsfw_said"] for other in others if other["nsfw_said"] is not None), None)
        if word is not None:
            said["nsfw"] = word
    own = {word["text"] for word in keeper["keywords"]}
    words = (word for other in others for word in other["keywords"] if word["source"] not in _NOT_SAID)
    more = list(dict.fromkeys(word["text"] for word in words if word["text"] not in own))[:_MOST_KEYWORDS]
    return {**said, **({"add_keywords": more} if more else {})}


def _first(name: str, others: Sequence[Mapping[str, Any]]) -> Any:
    """The value of a field, a person's first; None where no other has one."""
    having = [other for other in others if other[name]]
    return min(having, key=lambda other: other["sources"].get(name) != Source.PERSON, default={name: None})[name]
