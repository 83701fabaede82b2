"""What a packet says after words were written into it, and what of it stays."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.formats.xmp import parse_xmp
from app.errors import CannotRead
from app.writing.packet import edit_packet, tell_packet
from app.writing.words import FIELDS, TAKEN_BACK, unsaid

WORDS = {
    "score": 4,
    "title": 'A "title" <&> é',
    "caption": "Two\nlines",
    "creator": "Ada; Grace Hopper",
    "copyright": "© 2026",
    "label": "Red",
    "taken_at": "2024-05-01T12:00:00+02:00",
    "keywords": ("cat", "places|Norway|Oslo"),
}
KEPT = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<!-- by hand -->
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Hand 1">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:mine="urn:mine" xmlns:d="http://purl.org/dc/elements/1.1/"
    xmlns:dc="urn:not-dublin" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="2"
    dc:odd="kept" mine:lines="a&#10;b">
   <mine:deep><rdf:Seq><rdf:li mine:note="x" rdf:parseType="Resource"><mine:a>1</mine:a></rdf:li>
   </rdf:Seq></mine:deep>
   <d:title><rdf:Alt><rdf:li xml:lang="de">Titel</rdf:li><rdf:li xml:lang="x-default">Old</rdf:li></rdf:Alt></d:title>
   <d:subject><rdf:Bag><rdf:li>dog</rdf:li><rdf:li>Cat</rdf:li></rdf:Bag></d:subject>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:xap="http://ns.adobe.com/xap/1.0/"
    xap:Label="Green"><lr:hierarchicalSubject><rdf:Bag><rdf:li>animals|dog</rdf:li></rdf:Bag></lr:hierarchicalSubject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def test_a_new_packet_says_every_word_to_our_reader():
    told = tell_packet(parse_xmp(edit_packet(None, WORDS)))
    assert unsaid(WORDS, told) == ()
    assert told["keywords"] == ("cat", "Oslo", "places|Norway|Oslo")
    assert (told["title"], told["score"], told["creator"]) == (WORDS["title"], 4, WORDS["creator"])


def test_words_of_a_packet_give_way_wherever_they_stood_and_all_else_stays():
    after = edit_packet(KEPT.encode(), WORDS)
    before, now = parse_xmp(KEPT.encode()), parse_xmp(after)
    assert unsaid(WORDS, tell_packet(now)) == ()
    assert now["dc:title"] == (WORDS["title"], "Titel")
    assert now["dc:subject"] == ("dog", "Cat", "Oslo")
    assert now["lr:hierarchicalSubject"] == ("animals|dog", "places|Norway|Oslo")
    assert now["xmp:Rating"] == ("4",)
    assert now["xmp:Label"] == ("Red",)
    others = [name for name in before if name.startswith("{")]
    assert others
    assert {name: now[name] for name in others} == {name: before[name] for name in others}
    text = after.decode()
    assert "<!-- by hand -->" in text
    assert 'mine:lines="a&#10;b"' in text
    assert re.findall(r"<\?xpacket.*?\?>", text) == re.findall(r"<\?xpacket.*?\?>", KEPT)


def test_what_was_written_once_is_not_written_again():
    once = edit_packet(KEPT.encode(), WORDS)
    assert parse_xmp(edit_packet(once, WORDS)) == parse_xmp(once)


def test_that_there_is_nothing_is_a_word_too():
    none = dict.fromkeys(FIELDS) | {"keywords": ()}
    told = tell_packet(parse_xmp(edit_packet(edit_packet(KEPT.encode(), WORDS), none)))
    assert unsaid(none, told) == ()
    assert told["title"] is None
    assert "dog" in told["keywords"]
    assert parse_xmp(edit_packet(None, {"score": None}))["xmp:Rating"] == ("0",)


def test_keywords_that_were_taken_back_go_and_all_others_stay():
    once = edit_packet(KEPT.encode(), WORDS)
    words = {"keywords": (), TAKEN_BACK: ("OSLO", "places|Norway|Oslo", "never there")}
    now = parse_xmp(edit_packet(once, words))
    assert now["dc:subject"] == ("dog", "Cat")
    assert now["lr:hierarchicalSubject"] == ("animals|dog",)
    nothing = edit_packet(edit_packet(None, {"keywords": ("a|b",)}), {TAKEN_BACK: ("a|b", "b")})
    assert parse_xmp(nothing) == {}


@pytest.mark.parametrize(
    "taken_at", ["1987", "1987-06", "1987-06-05", "1987-06-05T04:03:02", "1987-06-05T04:03:02.500000+01:00"]
)
def test_a_date_is_read_back_as_far_as_it_goes(taken_at):
    told = tell_packet(parse_xmp(edit_packet(None, {"taken_at": taken_at})))
    assert unsaid({"taken_at": taken_at}, told) == ()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_packet_in_another_encoding_becomes_utf_8(encoding):
    declared = '<?xml version="1.0" encoding="UTF-16"?>' if encoding == "utf-16" else ""
    packet = (declared + KEPT.replace("\ufeff", "").replace("Titel", "Überschrift")).encode(encoding)
    assert "Überschrift" in parse_xmp(edit_packet(packet, {"label": "Red"}))["dc:title"]


@pytest.mark.parametrize("content", [b"", b"<x>", b"<x/>", b"no xml", b"<!DOCTYPE x [<!ENTITY e 'f'>]><x>&e;</x>"])
def test_what_is_no_packet_is_refused(content):
    with pytest.raises(CannotRead):
        edit_packet(content, WORDS)


@pytest.mark.parametrize(
    "packet",
    [
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'  # noqa: ISC004
        '<r:Description dc:title="t" dc:subject="one"/></r:RDF>',
    ],
)
def test_packets_that_hold_little_are_filled(packet):
    assert unsaid(WORDS, tell_packet(parse_xmp(edit_packet(packet.encode(), WORDS)))) == ()


_TEXT = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and "\ufffe" not in text and "\uffff" not in text)
)


@given(title=_TEXT, label=_TEXT, stars=st.integers(-1, 5))
def test_any_text_is_read_back_and_is_xml(title, label, stars):
    words = {"score": stars or None, "label": label, "title": title}
    packet = edit_packet(KEPT.encode(), words)
    ET.fromstring(packet.decode().replace("\ufeff", ""))  # noqa: S314 - it is our own
    properties = parse_xmp(packet)
    assert properties["dc:title"][0].split() == title.split()
    assert properties["xmp:Label"][0].split() == label.split()
