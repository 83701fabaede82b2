"""What is read for proposals, on both engines: every way in which files are alike, and how the library writes words."""

from app.library.proposing.proposals import Origin
from tests.library.finding.stock import add, file

ALL_BITS = b"\xff" * 128


def code(bits: int) -> bytes:
    """Features with so many bits set."""
    return ((1 << bits) - 1).to_bytes(128, "big")


def picture(number, **columns):
    return file(number, **dict.fromkeys(("phash", "picture_sha256", "features", "nsfw_model")) | columns)


def stock(library):
    add(
        library,
        [
            picture(
                1, sha256="1" * 64, picture_sha256="a" * 64, phash="0" * 15 + "1", features=code(0), nsfw_model="m"
            ),
            picture(2, sha256="1" * 64),
            picture(3, sha256="3" * 64, picture_sha256="a" * 64),
            picture(4, sha256="4" * 64, phash="0" * 15 + "f"),
            picture(5, sha256="5" * 64, features=code(120), nsfw_model="m"),
            picture(6, sha256="6" * 64, features=code(0), nsfw_model="other"),
            picture(7, sha256="7" * 64, features=ALL_BITS, nsfw_model="m", phash="f" * 16, picture_sha256=""),
            picture(8, sha256="8" * 64, picture_sha256=""),
        ],
        [(1, "Harbour", "person"), (1, "boats", "xmp"), (1, "fog", "negative_prompt")],
    )


def told(library, *ids):
    files = library.proposer.propose(ids, [Origin.SIMILAR])
    return [{(one["text"], one["by"], one["confidence"]) for one in file.proposals} for file in files]


def test_files_are_alike_by_bytes_picture_hash_and_features_and_the_nearest_way_is_told(library):
    stock(library)
    bytes_, picture, phash, features, *nothing = told(library, 2, 3, 4, 5, 6, 7, 8, 1)
    assert bytes_ == {("Harbour", "bytes", 1.0), ("boats", "bytes", 1.0)}
    assert picture == {("Harbour", "picture", 0.95), ("boats", "picture", 0.95)}
    assert phash == {("Harbour", "phash", 0.75), ("boats", "phash", 0.75)}
    assert features == {("Harbour", "features", 0.7), ("boats", "features", 0.7)}
    assert nothing == [set()] * 4  # another model, another picture, one that is not determined, and who has all already


def test_features_tell_nothing_where_too_many_would_be_compared(library, monkeypatch):
    stock(library)
    monkeypatch.setattr("app.library.proposing.alike.MOST_HELD", 1)
    assert told(library, 5, 4) == [set(), {("Harbour", "phash", 0.75), ("boats", "phash", 0.75)}]


def test_a_word_is_written_as_most_files_have_it_but_not_as_a_prompt_does(library):
    files = [file(1), *(file(number, folder=b"harbour/old town") for number in (2, 3)), file(4), file(5)]
    words = [(1, "HARBOUR", "xmp"), (4, "Harbour", "xmp"), (5, "Harbour", "person")]
    prompts = [(number, "harbour", "prompt") for number in (1, 2, 3, 4, 5)] + [(4, "Old Town", "prompt")]
    add(library, files, [*words, *prompts])
    (second,) = library.proposer.propose([2], [Origin.FOLDER, Origin.PROMPT])
    assert {(one["text"], one["source"]) for one in second.proposals} == {
        *(("old town", "folder"), ("Harbour", "folder"), ("Harbour", "prompt")),
    }
    assert [file.path for file in library.proposer.propose([3, 99, 1], [Origin.MODEL])] == ["m/3", "m/1"]
