"""Word documents of descriptions: what they say and show, and that every program opens them."""

import io
import json
import shutil
import subprocess
import zipfile
from dataclasses import asdict

import docx
import pytest
from defusedxml.ElementTree import fromstring
from docx.oxml.ns import qn
from PIL import Image

from app.analysis.pictures.printing import as_printed
from app.export.descriptions.described import KEYWORDS
from app.export.descriptions.document import as_docx, as_xml_text, runs_from_right
from app.media import Analysis, Stage
from app.metadata import Metadata
from tests.analysis.pictures.pictures import analysed
from tests.export.descriptions.made import FACTS, SAID, described, run
from tests.support.server import shared

HEBREW = "מכונית אדומה בנמל"


def jpeg(width=1280, height=960):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


def opened(content):
    """A document as python-docx reads it, once each of its parts was read as XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                fromstring(parts.read(name))
    return docx.Document(io.BytesIO(content))


def lines(made):
    return [(paragraph.style.name, paragraph.text) for paragraph in made.paragraphs if paragraph.text]


def test_a_document_says_in_order_what_was_said_and_of_what():
    said = SAID | {"alt_text": "In place of it.", "people_visible": False, "parts": ["wheel", "door"], "nothing": None}
    made = opened(as_docx(described(said=said, description="One.\n\nTwo.\r\nThree.", picture=jpeg())))
    assert lines(made) == [
        ("Title", "Red car"),
        ("Subtitle", "IMG_1.jpg · 3 May 2024, 10:11 (+02:00)"),
        ("Normal", "One."),
        ("Normal", "Two.\nThree."),
        ("Heading 1", "Keywords"),
        ("Normal", "car · sea"),
        ("Heading 1", "Material"),
        ("Normal", "steel"),
        ("Heading 1", "Alt text"),
        ("Normal", "In place of it."),
        ("Heading 1", "People visible"),
        ("Normal", "No"),
        ("Heading 1", "Parts"),
        ("Normal", "wheel · door"),
        ("Heading 1", "Details"),
    ]
    (table,) = made.tables
    rows = {row.cells[0].text: row.cells[1].text for row in table.rows}
    assert (rows["File"], rows["Cost"]) == ("photos/a/IMG_1.jpg", "$0.0004")
    properties = made.core_properties
    assert (properties.title, properties.keywords, properties.identifier) == (
        "Red car",
        "car, sea",
        "photos/a/IMG_1.jpg",
    )
    assert (properties.author, properties.comments, properties.created.year) == ("Media Ingest", "", 2026)
    assert made.inline_shapes[0]._inline.docPr.get("descr") == "In place of it."


def test_a_document_without_title_picture_or_words_has_the_name_of_its_file():
    made = opened(as_docx(described(title=None, description=None, keywords=(), said={}, facts={})))
    assert lines(made) == [("Title", "IMG_1.jpg"), ("Heading 1", "Details")]
    assert len(made.inline_shapes) == 0


@pytest.mark.parametrize(
    ("size", "shown"),
    [((1280, 960), (13.33, 10)), ((1280, 400), (16.6, 5.19)), ((300, 1280), (2.34, 10)), ((96, 48), (2.54, 1.27))],
)
def test_a_picture_fits_the_page_and_is_not_enlarged(size, shown):
    shape = opened(as_docx(described(picture=jpeg(*size)))).inline_shapes[0]
    assert (shape.width.cm, shape.height.cm) == pytest.approx(shown, abs=0.01)


def test_words_run_in_the_direction_of_their_first_letter():
    made = opened(as_docx(described(title=f"(1984) {HEBREW}", description="Car מכונית")))
    by_style = {paragraph.style.name: paragraph for paragraph in made.paragraphs}
    bidi = {
        name: paragraph._p.pPr.find(qn("w:bidi")) is not None
        for name, paragraph in by_style.items()
        if paragraph._p.pPr is not None
    }
    assert bidi["Title"]
    assert not bidi["Heading 1"]
    assert by_style["Title"].runs[0].font.rtl
    assert [runs_from_right(text) for text in ("", "12 !", "عربي", "a ב")] == [False, False, True, False]


def test_what_xml_has_no_place_for_is_left_out():
    assert as_xml_text("a\0\x01b\x1b\x9f\ufffec\t\r\nd\x0be\u2028f\ud800") == "abc\t\nd\ne\nf\ufffd"


def all_naughty():
    """A description whose every text is each of the strings that break programs."""
    strings = [*json.loads(shared("corpus/minimaxir+big-list-of-naughty-strings/blns.json").read_text())]
    odd = [
        *strings,
        *(f"a{chr(code)}b" for code in (*range(0xA0), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x202E)),
        "x" * 70_000,
    ]
    return described(
        "photos/" + "".join(odd)[:3_000],
        title="".join(odd)[:5_000],
        description="\n\n".join(odd),
        keywords=tuple(odd),
        said={KEYWORDS: odd, **{text[:50]: text for text in odd}},
        facts=FACTS | {"prompt": "\n".join(odd), "camera_model": odd[40], "taken_at": "\x01 never"},
        run=run(model="\0", at="\ud800"),
        picture=jpeg(),
    )


def test_no_text_keeps_a_document_from_opening():
    made = opened(as_docx(all_naughty()))
    assert "x" * 70_000 in [paragraph.text for paragraph in made.paragraphs]


def pictures_of(corpus):
    """The pictures of the corpus: of which format and mode, and a description with what is known of them."""
    wanted = frozenset({Stage.IDENTIFY, Stage.METADATA, Stage.THUMBNAIL})
    for path in sorted(path for path in corpus.rglob("*") if path.is_file()):
        read = analysed(path, wanted)
        if isinstance(read, Analysis) and read.picture:
            known = {name: value for name, value in asdict(read.metadata or Metadata()).items() if name in FACTS}
            size = {"format": read.identity.format, "width": read.identity.width, "height": read.identity.height}
            picture = as_printed(read.picture.webp)
            assert picture, path
            yield (
                f"{read.identity.format} {read.identity.mode}",
                described(path.name, facts=FACTS | known | size, picture=picture),
            )


@pytest.mark.faults
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.filterwarnings("ignore")  # libraries warn of odd pictures
def test_libreoffice_opens_documents_of_every_picture_and_of_all_kinds_of_texts(tmp_path):
    made = {
        "right": as_docx(described(title=HEBREW, description=HEBREW * 30, picture=jpeg(300, 1280))),
        "bare": as_docx(described(title=None, description=None, keywords=(), said={}, facts={})),
        "odd": as_docx(all_naughty()),
    }
    for number, (_, one) in enumerate(pictures_of(shared("corpus", "INGEST_TEST_CORPUS"))):
        made[str(number)] = as_docx(one)
        assert len(opened(made[str(number)]).inline_shapes) == 1
    assert len(made) > 600
    for name, content in made.items():
        (tmp_path / f"{name}.docx").write_bytes(content)
    documents = sorted(tmp_path.glob("*.docx"))
    for first in range(0, len(documents), 80):
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
             "--outdir", tmp_path, *documents[first : first + 80]],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
    assert {path.stem for path in tmp_path.glob("*.pdf") if path.read_bytes().startswith(b"%PDF")} == {*made}
