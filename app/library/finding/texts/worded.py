"""The words of texts that many files share: which of the texts have a run of words, without asking the index for it."""

from array import array
from bisect import bisect_right

import numpy as np
import numpy.typing as npt

from app.query.tree import Run
from app.query.words import coded, words_of


class Worded:
    """The words of texts by their numbers, in one piece, through which a run is sought as one string.

    Who appends holds a lock; who seeks goes by the texts that were there when it began.
    """

    def __init__(self) -> None:
        self._words = bytearray()  # of each text: a space before and behind each word, and the end of a line
        self._ends = array("Q")
        self._lengths = array("I")

    def append(self, text: str) -> None:
        """Takes the next text in."""
        words = [coded(word) for word in words_of(text)]
        self._words += f" {' '.join(words)} \n".encode()
        self._lengths.append(len(words))
        self._ends.append(len(self._words))

    def having(self, run: Run) -> npt.NDArray[np.bool_]:
        """By number, whether a text has the run; one more at the end, False, is of NO_TEXT."""
        words, ends, texts = self._words, self._ends, len(self._ends)
        table = np.zeros(texts + 1, np.bool_)
        sought = f" {' '.join(map(coded, run.words))}{'' if run.prefix else ' '}".encode()
        end = ends[texts - 1] if texts else 0
        at = words.find(sought, 0, end)
        while at >= 0:
            number = bisect_right(ends, at, 0, texts)
            table[number] = True
            at = words.find(sought, ends[number], end)
        return table

    @property
    def lengths(self) -> npt.NDArray[np.uint32]:
        """How many words each text has."""
        return np.array(self._lengths, np.uint32)
