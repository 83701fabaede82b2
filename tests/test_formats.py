"""The table of formats: every row is whole, what it names exists, and no fact of it stands anywhere else."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.analysis.formats import animation, completeness
from app.analysis.pictures.image import prepare_pillow
from app.formats import FORMAT_OF_NAME, FORMAT_OF_SUFFIX, FORMATS, Ending, Format, Kind, promised, suffix_of
from tests.analysis.formats import examples

PROJECT = Path(__file__).resolve().parents[1]
TABLE = PROJECT / "app" / "formats"


def lacking(format_):
    """What the row of a format lacks, as sentences."""
    return [sentence for missing, sentence in _checks(format_) if missing]


def _checks(format_):
    openers = [bool(format_.pillow), format_.raw, format_.demuxer is not None]
    told = (format_.magics, format_.brands, format_.major, format_.makers)
    yield not (0 < len(format_.name) <= 16 and format_.name.isalnum()), "`name`: up to 16 letters, for the library"
    yield not format_.title, "`title`: how people write it"
    yield not format_.suffixes, "`suffixes`: without one, no file of it is looked at"
    yield any(suffix != suffix.lower() or suffix[:1] != "." for suffix in format_.suffixes), "`suffixes`: like `.jpg`"
    yield not format_.media_type.startswith(f"{format_.kind}/"), "`media_type`: what it is served as"
    yield not (any(told) or format_.raw), "`magics`, `brands`, `major` or `makers`: how it is recognised"
    yield sum(openers) != 1, "`pillow`, `raw` or `demuxer`: what opens it, one of them"
    yield (format_.kind is Kind.VIDEO) != bool(format_.demuxer), "`kind`: what a demuxer opens is a video, and no other"
    yield not set(format_.pillow) <= set(Image.OPEN), f"a reader: Pillow knows no {', '.join(format_.pillow)}"
    yield not _libav_knows(format_.demuxer), f"a reader: libav has no demuxer {format_.demuxer}"
    yield format_.film and format_.name not in animation.WALKS, "a reader: `animation.WALKS` adds up no delays of it"
    yield format_.name not in examples.NAMES, "a test: `tests/analysis/formats/examples.py` has no example"


def _libav_knows(demuxer):
    if demuxer is None:
        return True
    av = pytest.importorskip("av", reason="PyAV is not installed")
    return demuxer in {name for names in av.formats_available for name in names.split(",")}


@pytest.fixture(autouse=True, scope="module")
def _every_plugin():
    Image.init()
    prepare_pillow()


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_a_row_lacks_nothing(format_):
    sentences = lacking(format_)
    assert not sentences, f"the format {format_.name} lacks something. " + "; ".join(sentences)


def test_what_a_row_lacks_is_named():
    bare = Format(name="", title="", kind=Kind.VIDEO, suffixes=(), media_type="")
    assert [sentence.split(":")[0] for sentence in lacking(bare)] == [
        "`name`", "`title`", "`suffixes`", "`media_type`", "`magics`, `brands`, `major` or `makers`",
        "`pillow`, `raw` or `demuxer`", "`kind`", "a test",
    ]  # fmt: skip
    odd = replace(FORMAT_OF_NAME["bmp"], suffixes=("BMP",), pillow=("NEW",), demuxer="new", film=True)
    assert [sentence.split(":")[0] for sentence in lacking(odd)] == [
        "`suffixes`", "`pillow`, `raw` or `demuxer`", "`kind`", "a reader", "a reader", "a reader",
    ]  # fmt: skip


@pytest.mark.parametrize("ending", Ending)
def test_a_rule_of_completeness_is_there_for_every_ending(ending):
    assert ending in completeness.ENDS, f"`completeness.ENDS` has no rule for {ending}"
    assert any(format_.ending is ending for format_ in FORMATS), f"no format ends so: {ending}"


def test_nothing_is_promised_twice():
    for values in (
        [format_.name for format_ in FORMATS],
        [suffix for format_ in FORMATS for suffix in format_.suffixes],
        [tuple(sorted(magic.items(), key=str)) for format_ in FORMATS for magic in format_.magics],
        [start for format_ in FORMATS for start in (*format_.brands, *format_.major)],
        [maker for format_ in FORMATS for maker in format_.makers],
    ):
        assert len(values) == len(set(values))
    assert len(FORMAT_OF_SUFFIX) == sum(len(format_.suffixes) for format_ in FORMATS)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        (b"a.JPG", b".jpg"),
        (b"a.b.Png", b".png"),
        (b"a", b""),
        (b".jpg", b""),
        (b"a.", b"."),
        (b"", b""),
        (b"..jpg", b".jpg"),
    ],
)
def test_the_suffix_of_a_name(name, suffix):
    assert suffix_of(name) == suffix
    assert promised(name) is FORMAT_OF_SUFFIX.get(suffix)


def test_facts_of_formats_stand_in_no_other_list():
    found = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in sorted((PROJECT / "app").rglob("*.py"))
        if TABLE not in path.parents
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if _lists_formats(node)
    ]
    assert not found, f"lists of formats, which belong into app/formats: {', '.join(found)}"


def _lists_formats(node):
    """Whether a literal lists two formats or more; a mapping from formats to functions is a reader's."""
    match node:
        case ast.Set(elts=values) | ast.Tuple(elts=values) | ast.List(elts=values):
            pass
        case ast.Dict(keys=values, values=meanings) if not all(isinstance(one, ast.Name) for one in meanings):
            pass
        case _:
            return False
    written = {value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}
    suffixes = {suffix for format_ in FORMATS for suffix in format_.suffixes}
    return len(written & (FORMAT_OF_NAME.keys() | suffixes)) >= 2
