"""Which regions are one thing: the rule of all counts."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.library.regions.things import SAME
from app.library.regions.things import things_in as _with_sources
from app.query.words import fold
from app.regions import Region, RegionKind, RegionSource

CAT = Region("cat", RegionKind.OBJECT, 0.5, 0.5, 0.2, 0.3, RegionSource.YOLO)
ANNA = replace(CAT, label="Anna", kind=RegionKind.FACE, source=RegionSource.XMP)
A_FACE = replace(CAT, label="face", source=RegionSource.DETECTOR, confidence=0.9)


def things_in(regions):
    return [thing.region for thing in _with_sources(regions)]


def test_a_thing_has_all_its_sources():
    found = _with_sources([A_FACE, ANNA, replace(CAT, source=RegionSource.COCO)])
    assert [thing.sources for thing in found] == [(RegionSource.XMP, RegionSource.DETECTOR), (RegionSource.COCO,)]


def test_a_thing_that_several_sources_name_is_one_with_the_first_confidence_that_any_says():
    other = replace(CAT, label="CAT", x=0.505, w=0.205, source=RegionSource.COCO)
    third = replace(CAT, h=0.31, source=RegionSource.LABEL_STUDIO, confidence=0.5)
    fourth = replace(CAT, source=RegionSource.DETECTOR, confidence=0.9)
    assert things_in([fourth, third, other, CAT]) == [replace(CAT, confidence=0.5)]


def test_labels_are_the_same_where_a_search_finds_them_as_the_same():
    composed, apart = replace(CAT, label="caf\u00e9"), replace(CAT, label="Cafe\u0301", source=RegionSource.COCO)
    assert things_in([composed, apart]) == [composed]


def test_a_label_that_only_says_the_kind_is_one_with_a_name_of_that_kind_whichever_came_first():
    assert things_in([A_FACE, ANNA]) == [replace(ANNA, confidence=0.9)]
    unnamed = replace(ANNA, label="face")
    assert things_in([replace(ANNA, source=RegionSource.SIDECAR), unnamed]) == [ANNA]
    digits = replace(CAT, label="4006381333931", kind=RegionKind.BARCODE, source=RegionSource.BARCODE)
    assert things_in([replace(CAT, label="Barcode"), digits]) == [replace(digits, source=RegionSource.YOLO)]


def test_two_names_are_two_things_and_a_name_is_not_taken_by_a_kind_that_has_its_own():
    ben = replace(ANNA, label="Ben", source=RegionSource.SIDECAR)
    unnamed = replace(ANNA, label="face", source=RegionSource.XMP)
    of_coco = replace(ANNA, label="Cid", source=RegionSource.COCO)
    assert [one.label for one in things_in([of_coco, unnamed, ben])] == ["Ben", "Cid"], "the face is Ben's by now"
    assert [one.label for one in things_in([A_FACE, ben, ANNA])] == ["Anna", "Ben"]
    yolo = replace(A_FACE, source=RegionSource.YOLO)
    assert len(things_in([replace(ANNA, x=0.501), yolo, replace(A_FACE, x=0.502)])) == 1
    beside = replace(yolo, label="Anna", x=0.506)
    assert {one.label for one in things_in([ANNA, yolo, beside])} == {"Anna", "face"}, "the same label goes first"


def test_another_place_label_or_size_is_another_thing():
    for changed in ({"x": 0.52}, {"w": 0.25}, {"label": "dog"}):
        assert len(things_in([CAT, replace(CAT, source=RegionSource.COCO, **changed)])) == 2


def test_two_of_one_source_are_two_and_each_is_one_with_the_nearest_of_another():
    beside = replace(CAT, x=0.506)
    assert things_in([CAT, beside]) == [CAT, beside]
    of_coco = [replace(one, x=one.x + 0.001, source=RegionSource.COCO) for one in (beside, CAT)]
    assert set(things_in([*of_coco, CAT, beside])) == {CAT, beside}
    assert len(things_in([CAT, *of_coco])) == 2


def test_very_many_in_one_place_are_counted_at_once():
    many = [replace(CAT, w=0.1 + n / 20_000, source=source) for source in ("yolo", "coco") for n in range(2_000)]
    assert 2_000 <= len(things_in([replace(one, source=RegionSource(one.source)) for one in many])) <= 4_000


def _place(region: Region) -> tuple[float, ...]:
    return region.x, region.y, region.w, region.h


_middles = st.sampled_from((0.1, 0.105, 0.11, 0.5))
_regions = st.builds(
    Region,
    st.sampled_from(("cat", "Cat", "dog", "pet")),
    st.sampled_from((RegionKind.OBJECT, RegionKind.PET)),
    _middles,
    _middles,
    st.sampled_from((0.1, 0.11)),
    st.just(0.1),
    st.sampled_from((RegionSource.YOLO, RegionSource.COCO, RegionSource.XMP)),
)


@given(st.lists(_regions, max_size=8), st.randoms())
def test_the_order_does_not_matter_nothing_is_invented_and_nothing_left_out(regions, random):
    things = things_in(regions)
    shuffled = list(regions)
    random.shuffle(shuffled)
    assert Counter((fold(one.label), *_place(one)) for one in things_in(shuffled)) == Counter(
        (fold(one.label), *_place(one)) for one in things
    )
    assert not {_place(one) for one in things} - {_place(one) for one in regions}
    assert not {one.label for one in things} - {one.label for one in regions}
    for source in RegionSource:
        assert len(things) >= sum(region.source is source for region in regions)
    for region in regions:
        near = [one for one in things if abs(region.x - one.x) <= SAME]
        assert any(fold(region.label) in (fold(one.label), one.kind) for one in near)
