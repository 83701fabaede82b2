"""Which regions are one thing: the rule of all counts."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.regions import SAME, Region, RegionKind, RegionSource, things_in

CAT = Region("cat", RegionKind.OBJECT, 0.5, 0.5, 0.2, 0.3, RegionSource.YOLO)


def test_a_thing_that_several_sources_name_is_one_and_the_first_source_stands():
    other = replace(CAT, label="CAT", x=0.505, w=0.205, source=RegionSource.COCO, confidence=0.5)
    third = replace(CAT, h=0.31, source=RegionSource.LABEL_STUDIO)
    assert things_in([third, other, CAT]) == [CAT]


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
    st.sampled_from(("cat", "Cat", "dog")),
    st.just(RegionKind.OBJECT),
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
    assert Counter((one.label.casefold(), *_place(one)) for one in things_in(shuffled)) == Counter(
        (one.label.casefold(), *_place(one)) for one in things
    )
    assert not set(things) - set(regions)
    for source in RegionSource:
        assert len(things) >= sum(region.source is source for region in regions)
    for region in regions:
        assert any(abs(region.x - one.x) <= SAME and region.label.casefold() == one.label.casefold() for one in things)
