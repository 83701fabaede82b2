"""The reader of XMP packets: every way to write a property, and whatever is wrong with them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.formats import xmp
from app.analysis.formats.xmp import parse_xmp
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.keywords import gather_keywords
from app.errors import CannotRead
from app.texts import clean_json
from tests.analysis.formats.packets import packet
from tests.support.clock import at_most


def test_xmp_attributes_elements_lists_and_structures_are_all_read():
    properties = parse_xmp(
        packet(
            """<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Title</rdf:li></rdf:Alt></dc:title>
            <dc:creator><rdf:Seq><rdf:li>One</rdf:li><rdf:li>Two</rdf:li></rdf:Seq></dc:creator>
            <xmp:Label>Red</xmp:Label> <xmp:Empty/> <dc:source rdf:resource="http://example.org/"/>
            <own:flat rdf:parseType="Resource"><xmp:Label>Blue</xmp:Label></own:flat>
            <own:deep><rdf:Description xmp:Label="Green"/></own:deep><own:short xmp:Label="Grey"/>""",
            'xmp:Rating="4"',
        )
    )
    assert properties == {
        "xmp:Rating": ("4",),
        "dc:title": ("Title",),
        "dc:creator": ("One", "Two"),
        "xmp:Label": ("Red",),
        "dc:source": ("http://example.org/",),
        "{http://example.org/own/}flat/xmp:Label": ("Blue",),
        "{http://example.org/own/}deep/xmp:Label": ("Green",),
        "{http://example.org/own/}short/xmp:Label": ("Grey",),
    }


LIST_WITH_QUALIFIERS = (
    "<dc:subject><rdf:Bag><rdf:li>one</rdf:li><rdf:li><rdf:Description><rdf:value>two</rdf:value><own:by>me</own:by>"
    '</rdf:Description></rdf:li><rdf:li rdf:parseType="Resource"><own:by>me</own:by><rdf:value>three</rdf:value>'
    "</rdf:li></rdf:Bag></dc:subject>"
)


@pytest.mark.parametrize(
    ("inside", "name", "texts"),
    [
        ('<xmp:Rating rdf:parseType="Resource"><rdf:value>4</rdf:value></xmp:Rating>', "xmp:Rating", ("4",)),
        ("<xmp:Rating><rdf:Description><rdf:value>4</rdf:value></rdf:Description></xmp:Rating>", "xmp:Rating", ("4",)),
        ('<xmp:Rating><rdf:Description rdf:value="4" own:by="me"/></xmp:Rating>', "xmp:Rating", ("4",)),
        ('<xmp:Rating rdf:value="4" own:by="me"/>', "xmp:Rating", ("4",)),
        (
            LIST_WITH_QUALIFIERS,
            "dc:subject",
            ("one", "two", "three"),
        ),
        (
            '<dc:title><rdf:Alt><rdf:li rdf:value="R" own:by="me"/></rdf:Alt></dc:title>',
            "dc:title",
            ("R",),
        ),
        (
            "<own:a><rdf:Description><own:b><rdf:Description rdf:value='deep'/></own:b></rdf:Description></own:a>",
            "{http://example.org/own/}a/{http://example.org/own/}b",
            ("deep",),
        ),
    ],
)
def test_a_value_with_qualifiers_is_that_of_the_property(inside, name, texts):
    properties = parse_xmp(packet(inside))
    assert properties.pop(name) == texts
    assert all(left.endswith("by") for left in properties)


def test_a_value_of_nothing_is_passed_over():
    assert parse_xmp(packet("<rdf:value>4</rdf:value>", 'rdf:value="5"')) == {}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("padding", ["", " " * 50, "\n", "\0" * 3])
@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0" encoding="UTF-16"?>\n'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_xmp_is_read_in_every_encoding_with_padding_and_marks(encoding, declaration, padding, mark):
    if encoding == "utf-8":
        declaration = declaration.replace("UTF-16", "UTF-8")
    text = packet("<xmp:Label>Gr\u00fcn</xmp:Label>").decode()
    for body in (text, text[text.index("<x:xmpmeta") : text.index("<?xpacket end")]):
        assert parse_xmp((mark + declaration + body + padding).encode(encoding))["xmp:Label"] == ("Gr\u00fcn",)


def test_structures_without_end_are_not_followed():
    deep = "<own:a>" * 500 + "x" + "</own:a>" * 500
    assert parse_xmp(packet(deep)) == {}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"<x", "damaged_metadata"),
        (b'<?xml version="1.0" encoding="klingon"?><x/>', "damaged_metadata"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>', "damaged_metadata"),
        (b" " * (xmp.PACKET_BYTES + 1), "text_too_large"),
        (b"<x>" + b"<a/>" * xmp.MARKUP + b"</x>", "text_too_large"),
    ],
)
def test_xmp_that_is_broken_or_dangerous_is_refused(content, cause):
    with pytest.raises(CannotRead) as caught:
        parse_xmp(content)
    assert caught.value.cause == cause


def test_the_text_that_holds_in_no_language_is_the_title():
    alternatives = '<rdf:Alt><rdf:li xml:lang="de">Ufer</rdf:li><rdf:li xml:lang="x-default">shore</rdf:li></rdf:Alt>'
    assert parse_xmp(packet(f"<dc:title>{alternatives}</dc:title>"))["dc:title"] == ("shore", "Ufer")


REGIONS = """<mwg-rs:Regions xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
    rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>
    <rdf:li><rdf:Description mwg-rs:Type="Face"/></rdf:li>
    <rdf:li rdf:parseType="Resource"><mwg-rs:Type>Pet</mwg-rs:Type><mwg-rs:Name>Rex</mwg-rs:Name></rdf:li>
    <rdf:li><rdf:Description mwg-rs:Name="Ada" mwg-rs:Type="Face"/></rdf:li>
    <rdf:li mwg-rs:Name="12345" mwg-rs:Type="BarCode"/>
    <rdf:li><rdf:Description mwg-rs:Type="Face"><mwg-rs:Name/></rdf:Description></rdf:li>
    <rdf:li><rdf:Description mwg-rs:Name="Alan"/></rdf:li>
    </rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"""


def test_the_names_of_areas_stay_with_what_they_show_and_only_faces_are_people():
    found = parse_xmp(packet(REGIONS))
    place = "mwg-rs:Regions/mwg-rs:RegionList/mwg-rs:"
    assert found[f"{place}Name"] == ("", "Rex", "Ada", "12345", "", "Alan")
    assert found[f"{place}Type"] == ("Face", "Pet", "Face", "BarCode", "Face", "")
    words = gather_keywords(embedded=found, iptc={}, sidecar={}, prompt=None)
    assert [word.text for word in words] == ["Ada", "Alan"]


def test_the_paths_of_other_programs_are_keywords_and_each_counts_once():
    found = parse_xmp(
        packet(
            """<lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|Norway</rdf:li></rdf:Bag></lr:hierarchicalSubject>
            <d:TagsList><rdf:Seq><rdf:li>Places/Norway</rdf:li><rdf:li>/People/Ann</rdf:li></rdf:Seq></d:TagsList>
            <M:LastKeywordXMP><rdf:Bag><rdf:li>Sea/Gull</rdf:li></rdf:Bag></M:LastKeywordXMP>""",
            'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:d="http://www.digikam.org/ns/1.0/" '
            'xmlns:M="http://ns.microsoft.com/photo/1.0"',
        )
    )
    words = gather_keywords(embedded=found, iptc={}, sidecar={}, prompt=None)
    assert [word.text for word in words] == ["Places|Norway", "People|Ann", "Sea|Gull"]


_PIECES = st.sampled_from(
    [
        *("<rdf:li>", "</rdf:li>", "<rdf:Bag>", "</rdf:Bag>", "<rdf:Alt>", "</rdf:Alt>", "<dc:title>", "</dc:title>"),
        *("<own:a/>", '<rdf:li xml:lang="x-default">', "<!--", "-->", "&amp;", "&#0;", "&lol;", "<?xpacket end='w'?>"),
        *("<rdf:Description>", "</rdf:Description>", '<own:a rdf:parseType="Resource">', "</own:a>", "\ud7ff", "a"),
    ]
)
_PACKETS = st.lists(_PIECES, max_size=20).map("".join).map(packet)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=600), st.text(max_size=400).map(packet), _PACKETS))
def test_any_xmp_gives_texts_or_a_cause_at_once(content):
    with at_most(1):
        found = Embedded()
        found.xmp = found.read_part("xmp", lambda: parse_xmp(content), {})
    json.dumps(clean_json(interpret_image(found).raw), allow_nan=False)
    assert {problem.cause for problem in found.problems.values()} <= {"damaged_metadata", "text_too_large"}


@pytest.mark.parametrize("filling", ["<a/>", "<a>x</a>", '<a xmlns:q="u"/>', "&amp;", "x"])
def test_the_largest_packet_that_is_read_takes_less_than_a_second(filling):
    room = min(
        xmp.PACKET_BYTES - 2_000,
        xmp.MARKUP // max(1, filling.count("<") + xmp.ATTRIBUTE * filling.count("=")) * len(filling) - 2_000,
    )
    content = packet(filling * (room // len(filling)))
    with at_most(1):
        parse_xmp(content)


def test_a_packet_of_as_many_attributes_as_are_read_takes_less_than_a_second():
    content = packet("", " ".join(f'own:a{number}="x"' for number in range(xmp.MARKUP // xmp.ATTRIBUTE - 100)))
    with at_most(1):
        interpret_image(Embedded(xmp=parse_xmp(content)))
