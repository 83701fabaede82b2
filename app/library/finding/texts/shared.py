"""Texts with their numbers, as they come in.

Who adds to them holds a lock; whoever reads goes by the numbers that it has.
"""

from collections.abc import Callable, Iterable

from app.library.finding.texts.worded import Worded
from app.query.words import fold, fold_path

NO_TEXT = -1


class Texts(dict[str | None, int]):
    """Texts with their numbers, in the order of their coming, and each as it is compared. None has NO_TEXT.

    `respelled` has each text that is compared like an earlier one: its number, and that of the first of them.
    `words` are those of the texts.
    """

    def __init__(self, folding: Callable[[str], str] = fold) -> None:
        super().__init__({None: NO_TEXT})
        self.words = Worded()
        self.texts: list[str] = []
        self.folded: list[str] = []
        self.respelled: list[tuple[int, int]] = []
        self._folding = folding
        self._firsts: dict[str, int] = {}
        self._others: dict[int, list[int]] = {}

    def __missing__(self, text: str) -> int:
        folded = self._folding(text)
        self[text] = number = len(self.texts)
        first = self._firsts.setdefault(folded, number)
        if first != number:
            self.respelled.append((number, first))
        self.folded.append(folded)
        self.words.append(text)
        self.texts.append(text)
        if first != number:
            self._others.setdefault(first, []).append(number)
        return number

    def numbers(self, texts: Iterable[str | None]) -> list[int]:
        """The number of each text; a new one gets the next."""
        return list(map(self.__getitem__, texts))

    def first(self, text: str) -> int:
        """The number of the first text that is compared like this one; NO_TEXT where there is none."""
        return self._firsts.get(self._folding(text), NO_TEXT)

    def like(self, text: str) -> list[str]:
        """All texts that are compared like this one; none where there is none."""
        first = self.first(text)
        return [] if first == NO_TEXT else [self.texts[number] for number in (first, *self._others.get(first, ()))]


class Folders(Texts):
    """Folders, `ROOT/relative` as shown, and all that are above them.

    `above` has the number of the one above for each, NO_TEXT for a root, which is less than its own.
    """

    def __init__(self) -> None:
        super().__init__(fold_path)
        self.above: list[int] = []

    def __missing__(self, text: str) -> int:
        number = NO_TEXT
        for end, char in enumerate(f"{text}/"):
            if char != "/":
                continue
            if (known := self.get(text[:end])) is not None:
                number = known
            else:
                self.above.append(number)
                number = super().__missing__(text[:end])
        return number
