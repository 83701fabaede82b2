from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from app.library.finding.columns import Columns
from app.library.finding.entries import from_ms
from app.library.finding.matching import Matching
from app.library.finding.summing import FileSums, Sums, sums_of
from app.query.fields import FIELDS
from app.query.printing import term
from app.query.reading import read
from app.query.tree import And, Node
from tests.library.finding.entries import THRESHOLD, entries, found_in, queries
from tests.library.finding.stock import add, file
from tests.library.finding.test_columns import after, nothing_asked

_changes = st.lists(st.tuples(st.integers(1, 12), st.none() | entries), max_size=25)
GONE = read("is:missing")


def numbers_of(sums: Sums) -> Iterator[tuple[str, int]]:
    """Each number, with the search that has it as its total."""
    yield from _of_files("", sums)
    for root, of_root in sums["by_root"].items():
        yield from _of_files(term("root", root), of_root)
    yield from ((term("verdict", verdict), files) for verdict, files in sums["prompts"].items())
    yield from ((f"added:{day['at']}", day["files"]) for day in sums["added_by_day"])
    yield from ((f"score:{'none' if one['value'] is None else one['value']}", one["files"]) for one in sums["scores"])
    yield from ((f"nsfw:{label}", sums["nsfw"][label]) for label in FIELDS["nsfw"].values)
    *tenths, last = sums["nsfw"]["spread"]
    yield from ((f"nsfw>={tenth['low']} nsfw<{tenth['high']}", tenth["files"]) for tenth in tenths)
    yield f"nsfw>={last['low']}", last["files"]
    for field, listed in (("keyword", "keywords"), ("camera", "cameras"), ("model", "models")):
        yield from ((term(field, one["value"]), one["files"]) for one in sums[listed])


def _of_files(where: str, sums: FileSums) -> Iterator[tuple[str, int]]:
    yield where, sums["files"]
    yield f"{where} kind:image", sums["images"]
    yield f"{where} kind:video", sums["videos"]
    yield f"{where} is:missing", sums["missing"]
    yield f"{where} is:incomplete", sums["incomplete"]


@settings(max_examples=60)
@given(_changes, queries)
def test_each_number_is_the_total_of_its_search(changes, query):
    columns = Columns()
    there = after(changes, columns)
    snapshot = columns.snapshot()

    def files(node: Node) -> object:
        return Matching(snapshot, THRESHOLD, nothing_asked).files(node)

    sums = sums_of(snapshot, files(query), files(And((query, GONE))), THRESHOLD)
    wrong = [
        (search, number) for search, number in numbers_of(sums) if files(And((query, read(search)))).sum() != number
    ]
    assert not wrong

    found = [entry for entry in there.values() if found_in(entry, query)]
    of_all = [*found, *(entry for entry in there.values() if found_in(entry, And((query, GONE))))]
    scores = [entry.score for entry in found if entry.score is not None]
    nsfw = [entry.nsfw for entry in found if entry.nsfw is not None]
    assert sums["bytes"] == sum(entry.size for entry in found)
    assert sums["updated_at"] == (from_ms(max(entry.updated for entry in of_all)) if of_all else None)
    assert sums["mean_score"] == (sum(scores) / len(scores) if scores else None)
    assert (sums["mean_nsfw_probability"] is None) == (not nsfw)
    assert abs((sums["mean_nsfw_probability"] or 0) - sum(nsfw) / (len(nsfw) or 1)) < 1e-12
    assert sums["unique_keywords"] == len({text.casefold() for entry in found for text in entry.keyword})


def test_spellings_of_a_keyword_are_one_and_the_most_frequent_is_shown(library):
    add(
        library,
        [file(number) for number in range(1, 5)],
        [(1, "cat", "xmp"), (1, "Cat", "person"), (2, "Cat", "xmp"), (3, "dog", "xmp"), (4, "Cat", "negative_prompt")],
    )
    sums = library.finder.sums(read(""), None)
    assert sums["keywords"] == [{"value": "Cat", "files": 2}, {"value": "dog", "files": 1}]
    assert sums["unique_keywords"] == 2


def test_the_most_frequent_values_are_listed(library):
    cameras = [f"K{number:02}" for number in range(30) for _ in range(1 + number // 28)]
    add(library, [file(number, camera_model=camera) for number, camera in enumerate(cameras, 1)])
    listed = library.finder.sums(read(""), None)["cameras"]
    assert [one["value"] for one in listed] == ["K28", "K29", *(f"K{number:02}" for number in range(18))]
