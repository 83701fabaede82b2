"""The dashboard as it is read without a script: every number is the key to its list."""

import re
import shutil
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from app.query.reading import read as query_of
from tests.samples import photo
from tests.web.test_activity import read

_LINK = re.compile(r'<a href="(/(?:library|failures|sessions)[^"]*)">(.*?)</a>', re.DOTALL)


def numbers(html):
    """The address and the number of each link of the page that is a number."""
    for address, inner in _LINK.findall(html.partition("<main>")[2]):
        text = re.sub(r"<span class=\"(?:visually-hidden|bar-label)\">.*?</span>", "", inner, flags=re.DOTALL)
        text = re.sub(r"<[^>]+>", "", text).strip().replace(",", "")
        if text.isdigit():
            yield unescape(address), int(text)


def listed(door, address):
    """How many there are in the list at an address."""
    parts = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == "/library":
        library = door.house.records.library
        return library.finder.mask(query_of(asked.get("q", "")), library.nsfw_threshold())[1].sum()
    if parts.path == "/failures":
        return door.get("/api/ingest/failures", params={"state": "open", **asked})["total"]
    return len(door.get("/api/ingest/sessions", params={"limit": 100, **asked})["sessions"])


@pytest.mark.parametrize("asked", ["", "?root=photos", "?q=sea+or+is:missing&root=photos"])
def test_each_number_is_that_of_the_list_that_it_leads_to(open_door, photos, tmp_path, asked):
    root, other = tmp_path / "photos", tmp_path / "other"
    shutil.copytree(photos, root)
    photo(other / "a.jpg", keywords=["sea"], rating=4)
    door = open_door(root, ingest_media_roots={"photos": root, "other": other})
    door.whole()
    door.whole("other")
    (root / "trip" / "north" / "ice.jpg").unlink()
    door.whole()
    html, _ = read(door, f"/dashboard{asked}")
    found = dict(numbers(html))
    assert len(found) > 12
    (of_keywords,) = [address for address in found if "-keyword" in address]  # its number is of keywords, not of files
    assert found.pop(of_keywords) == door.get("/api/summary", params=parse_qs(asked[1:]))["unique_keywords"]
    wrong = [(address, number) for address, number in found.items() if listed(door, address) != number]
    assert not wrong


def test_an_empty_library_says_so_and_where_to_begin(door):
    assert "The library is empty. Take media in, and this page counts them." in read(door, "/dashboard")[1]
    door.whole()
    html, text = read(door, "/dashboard?q=nowhere")
    assert "No file is like that. Show all files" in text
    assert 'value="nowhere"' in html


def test_a_search_that_cannot_be_read_is_told_and_can_be_mended(door):
    html, text = read(door, "/dashboard?q=sea+colour:%3Cred")
    assert "There is no field 'colour'" in text
    assert 'value="sea colour:&lt;red"' in html
    assert "<code>sea <mark>c</mark>olour:&lt;red</code>" in html  # as the library points at it


def test_without_a_script_the_page_looks_again_by_itself_if_asked(door):
    again = '<noscript><meta http-equiv="refresh" content="10"></noscript>'
    assert again in read(door, "/dashboard?refresh=10")[0]
    assert "http-equiv" not in read(door, "/dashboard?refresh=1")[0]


def test_the_first_address_is_the_library_once_it_holds_a_file(open_door):
    door = open_door()
    assert door.client.get("/").headers["location"] == "/ingest-v2"
    door.whole()
    assert door.client.get("/").headers["location"] == "/library"
    assert door.client.get("/ingest").headers["location"] == "/ingest-v2"


def test_without_a_database_the_first_address_is_the_page_of_taking_in(open_door):
    assert open_door(database_url="none").client.get("/").headers["location"] == "/ingest-v2"
