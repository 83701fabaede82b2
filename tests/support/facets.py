"""What a click on a value of a facet adds to a search."""

from app.library.finding.counting import Facet
from app.query.printing import term

_FIELD = {Facet.YEAR: "taken", Facet.MONTH: "taken", Facet.PROMPT_VERDICT: "verdict"}


def term_of(facet: Facet, value: str | int | bool | None) -> str:
    """The term of the files that a facet counts under a value."""
    field = _FIELD.get(facet, facet.value)
    if isinstance(value, bool):
        return f"is:{field}" if value else f"-is:{field}"
    return f"{field}:{value}" if isinstance(value, int) else term(field, value)
