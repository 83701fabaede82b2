"""A picture about which no answer comes: whether that is the picture or the provider, only others can tell."""

from app.errors import CannotRead, MediaIngestError, NeedsAttention

MOST_LOST = 3
"""Requests about one picture, without a wait that the provider asks for, of which the answer may be lost."""
MOST_ASIDE = 10
"""Pictures that are set aside at once, because their answers were lost, so that another one shows who is at fault."""


class AnswerLost(MediaIngestError):
    """No answer about a picture came, and none about another since.

    `alone` is why it fails if others are answered, `trouble` why the session stops if they are not.
    """

    cause = "description_lost"

    def __init__(self, sentence: str, trouble: NeedsAttention) -> None:
        super().__init__(sentence)
        self.alone = CannotRead(sentence, cause=self.cause)
        self.trouble = trouble
