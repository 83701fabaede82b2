"""The words of one file, by field, as the full-text index of either engine takes them: pure.

Words are folded and coded by `app/query/words.py`, by which a query is read, too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from app.query.words import coded, words_of
from app.texts import shown_name

FIELDS = (
    *("name", "folder", "title", "caption", "keyword", "prompt", "negative"),
    *("camera", "lens", "creator", "model", "lora", "sampler", "seed", "proposed"),
)
COLUMNS = (
    *("root", "folder", "name", "title", "caption", "camera_make", "camera_model", "lens_model", "creator"),
    *("prompt", "negative_prompt", "generation"),
)
"""The columns of `media_files` that words are taken from."""
_COLUMN_OF = {
    "title": "title",
    "lens": "lens_model",
    "creator": "creator",
    "caption": "caption",
    "prompt": "prompt",
    "negative": "negative_prompt",
}
GAP = "_"
"""Stands between two keywords, so that a phrase does not go from one to the other. No word is like it."""

# Limits of PostgreSQL, kept on SQLite, too, so that both find the same: a position is at most 16,383, a word has at
# most 256 positions, and all words of a row with what belongs to them 1 MB. How long a word may be, `words_of` knows.
MOST_POSITIONS = 16_000  # in a field: what is behind is not found
MOST_PLACES = 255  # of one word in a field: it is found at the first ones
MOST_BYTES = 700_000  # of a row; the shorter fields come first
_BYTES_BESIDE = 8  # of a word in PostgreSQL: its field, its length, its position


def texts_of(row: Any, keywords: Iterable[str], proposed: Iterable[str] = ()) -> dict[str, list[str]]:
    """The texts in which each field that has any is found; no phrase goes from one to the next.

    `row` has COLUMNS as attributes; `keywords` are those that say what the file shows, `proposed` what models propose.
    """
    folder = shown_name(row.folder)
    texts = {"name": [row.name], "folder": [f"{row.root}/{folder}" if folder else row.root]}
    if keywords:
        texts["keyword"] = sorted(keywords)
    if proposed:
        texts["proposed"] = sorted(proposed)
    if row.camera_make or row.camera_model:
        texts["camera"] = [" ".join(filter(None, (row.camera_make, row.camera_model)))]
    made = row.generation if isinstance(row.generation, Mapping) else {}
    for field in ("model", "sampler", "seed"):
        texts[field] = _listed(made.get(field))
    loras = made.get("loras")
    if isinstance(loras, list):
        texts["lora"] = [str(lora["name"]) for lora in loras if isinstance(lora, Mapping) and lora.get("name")]
    for field, column in _COLUMN_OF.items():  # the long ones last: what is too long is cut
        text = getattr(row, column)
        if text:
            texts[field] = [text]
    return texts


def _listed(value: Any) -> list[str]:
    return [] if value is None else [str(one) for one in value] if isinstance(value, list) else [str(value)]


def words_by_field(texts: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The coded words of each field that has any, in their order, with GAP where a phrase must not go on."""
    room = MOST_BYTES
    worded: dict[str, list[str]] = {}
    for field, listed in texts.items():
        words: list[str] = []
        for text in listed:
            if words:
                words.append(GAP)
            words += map(coded, words_of(text))
        if len(words) > MOST_PLACES:
            words = _at_first_places(words[:MOST_POSITIONS])
        size = sum(map(len, words)) + _BYTES_BESIDE * len(words)
        while size > room:
            size -= len(words.pop()) + _BYTES_BESIDE
        room -= size
        if words:
            worded[field] = words
    return worded


def _at_first_places(words: Iterable[str]) -> list[str]:
    """The words with a gap in each place in which one has been too often already."""
    places = Counter[str]()
    kept: list[str] = []
    for word in words:
        places[word] += 1
        kept.append(word if places[word] <= MOST_PLACES else GAP)
    return kept
