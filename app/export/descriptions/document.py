"""A description as a Word document (ECMA-376): the picture, what was said of it, and a table of details.

The one place that knows python-docx; what that has no door for is written as elements of its tree. Whatever a text
holds, the document opens: what XML 1.0 has no place for is left out, and each paragraph runs in the direction of its
first letter.
"""

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import Any

from app.errors import Unavailable
from app.export.descriptions.described import DESCRIPTION, KEYWORDS, TITLE, Described, texts_of
from app.export.descriptions.details import details_of, in_words
from app.texts import without_controls

try:
    from docx import Document
    from docx.document import Document as OpenDocument
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.table import WD_TABLE_ALIGNMENT
    from docx.enum.text import WD_BREAK
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Emu, Pt, RGBColor
    from docx.styles.style import ParagraphStyle
    from docx.text.paragraph import Paragraph
except ImportError as error:
    sentence = "python-docx, which makes Word documents, is not installed: install the extra 'describe'."
    raise Unavailable(sentence, cause="docx_not_installed") from error

_FONT, _INK, _GREY, _LINE = "Calibri", RGBColor(0x1F, 0x29, 0x33), RGBColor(0x5F, 0x6B, 0x7A), "D5DAE0"
_PAGE, _MARGIN = (Cm(21.0), Cm(29.7)), Cm(2.2)  # A4
_PICTURE = _PAGE[0] - 2 * _MARGIN, Cm(10.0)  # the room for a picture
_LABELS = Cm(3.4)
_MOST_TOGETHER = 1_200  # characters of a table that is not parted by the end of a page
_EMU_A_PIXEL = 914_400 // 96
_MOST_OF_A_PROPERTY = 255  # characters, says python-docx
_MOST_IN_PLACE = 1_000  # characters of what is read out in place of the picture
_KEPT_STYLES = frozenset({"Normal", "Default Paragraph Font", "Normal Table", "Title", "Subtitle", "Heading 1"})
_LEFT_OUT = frozenset({RELATIONSHIP_TYPE.THUMBNAIL, RELATIONSHIP_TYPE.NUMBERING, RELATIONSHIP_TYPE.CUSTOM_XML})
_NO_XML = re.compile("[\ufffe\uffff]")  # beside the controls


def as_docx(described: Described) -> bytes:
    """The description as a document on A4."""
    made = Document(BytesIO(_blank()))
    _tell_of(made, described)
    _write(_add_paragraph(made, "Title"), described.title or described.name)
    if below := " · ".join(_below_title(described)):
        _write(_add_paragraph(made, "Subtitle"), below)
    _place(made, described)
    _add_texts(made, [described.description] if described.description else [])
    _add_field(made, KEYWORDS, [" · ".join(described.keywords)] if described.keywords else [])
    for name, value in described.said.items():
        if name not in (TITLE, DESCRIPTION, KEYWORDS):
            texts = texts_of(value)
            several = isinstance(value, list | tuple) and all(len(text) < 40 for text in texts)
            _add_field(made, name, [" · ".join(texts)] if several and texts else texts)
    _add_details(made, details_of(described))
    written = BytesIO()
    made.save(written)
    return written.getvalue()


def _below_title(described: Described) -> Iterable[str]:
    if described.title:
        yield described.name
    if taken := in_words(described.facts.get("taken_at")):
        yield taken


def _place(made: OpenDocument, described: Described) -> None:
    """The picture, as large as there is room for, and not larger than its pixels are at 96 dpi."""
    if described.picture is None:
        return
    paragraph = made.add_paragraph()
    shape = paragraph.add_run().add_picture(BytesIO(described.picture))
    picture = made.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed].image
    width, height = picture.px_width, picture.px_height
    scale = min(_PICTURE[0] / width, _PICTURE[1] / height, _EMU_A_PIXEL)
    shape.width, shape.height = Emu(max(1, round(width * scale))), Emu(max(1, round(height * scale)))
    paragraph.paragraph_format.space_after = Pt(12)
    for side in ("distT", "distB", "distL", "distR"):
        shape._inline.set(side, "0")  # else programs put a margin of their own
    properties = shape._inline.docPr
    properties.set("name", "Picture")
    properties.set("descr", as_xml_text(_in_place(described))[:_MOST_IN_PLACE])


def _in_place(described: Described) -> str:
    """What is read out in place of the picture."""
    alternative = texts_of(described.said.get("alt_text"))
    return next(iter(alternative), None) or described.description or described.title or described.name


def _add_paragraph(made: OpenDocument, style: str) -> Paragraph:
    """A paragraph in the style of this id: by its name, all of them are looked at twice."""
    paragraph = made.add_paragraph()
    paragraph._p.style = style
    return paragraph


def _add_field(made: OpenDocument, name: str, texts: list[str]) -> None:
    if texts:
        _write(_add_paragraph(made, "Heading1"), name.replace("_", " ").strip().capitalize())
        _add_texts(made, texts)


def _add_texts(made: OpenDocument, texts: Iterable[str]) -> None:
    for text in texts:
        for part in re.split(r"\n\s*\n", without_controls(text)):
            _write(made.add_paragraph(), part)


def _add_details(made: OpenDocument, rows: list[tuple[str, str]]) -> None:
    _write(_add_paragraph(made, "Heading1"), "Details")
    widths = _LABELS, Emu(_PICTURE[0] - _LABELS)
    table = made.add_table(len(rows), 2)
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    _draw_lines(table._tblPr)
    last = len(rows) - 1 if sum(len(text) for _, text in rows) < _MOST_TOGETHER else 0
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for number, (cells, words) in enumerate(zip(table._tbl.tr_lst, rows, strict=True)):
        for cell, width, style, text in zip(cells.tc_lst, widths, ("Label", "Detail"), words, strict=True):
            cell.width = width
            cell.p_lst[0].style = style
            paragraph = Paragraph(cell.p_lst[0], table)
            paragraph.paragraph_format.keep_with_next = number < last or None
            _write(paragraph, text)


def _draw_lines(properties: Any) -> None:
    """Hairlines between the rows, and words that begin where those of the page do; in the order of ECMA-376."""
    lines, margins = OxmlElement("w:tblBorders"), OxmlElement("w:tblCellMar")
    for side in ("top", "bottom", "insideH"):
        lines.append(_element(f"w:{side}", val="single", sz="4", space="0", color=_LINE))
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", w="0", type="dxa"))
    for element in properties.findall(qn("w:tblLook")):
        properties.remove(element)
    layout = properties.find(qn("w:tblLayout"))
    layout.addprevious(lines)
    layout.addnext(margins)


def _element(name: str, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _write(paragraph: Paragraph, text: str) -> None:
    """Writes a text into an empty paragraph, in its direction."""
    from_right = runs_from_right(text)
    if from_right:
        paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
    for number, line in enumerate(as_xml_text(text).strip().split("\n")):
        run = paragraph.add_run()
        if number:
            run.add_break(WD_BREAK.LINE)
        run.add_text(line)
        if from_right:
            run.font.rtl = True


def as_xml_text(text: str) -> str:
    """A text that XML 1.0 takes, with a line feed at the end of each line: controls are left out."""
    return _NO_XML.sub("", without_controls(text))


def runs_from_right(text: str) -> bool:
    """Whether the first letter of a text is one of a script that is written from right to left (UAX 9, P2 and P3)."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((found for found in directions if found in ("L", "R", "AL")), "L") != "L"


def _tell_of(made: OpenDocument, described: Described) -> None:
    """The properties of the document, which programs show and search."""
    told = made.core_properties
    told.title = _as_property(described.title or described.name)
    told.keywords = _as_property(", ".join(described.keywords))
    told.identifier = _as_property(described.path)
    told.author, told.comments, told.last_modified_by = "Media Ingest", "", "Media Ingest"
    with suppress(ValueError):
        told.created = told.modified = datetime.fromisoformat(described.run.at).replace(tzinfo=None)


def _as_property(text: str) -> str:
    return as_xml_text(text)[:_MOST_OF_A_PROPERTY]


@cache
def _blank() -> bytes:
    """An empty document with our page and our styles, without what python-docx brings for others."""
    made = Document()
    for part in (made.part, made.part.package):
        for key, relation in list(part.rels.items()):
            if relation.reltype in _LEFT_OUT or relation.reltype.endswith("/stylesWithEffects"):
                del part.rels[key]
    section = made.sections[0]
    section.page_width, section.page_height = _PAGE
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    _draw_styles(made)
    written = BytesIO()
    made.save(written)
    return written.getvalue()


def _draw_styles(made: OpenDocument) -> None:
    all_styles = made.styles.element
    for style in list(made.styles):
        if style.name not in _KEPT_STYLES:
            all_styles.remove(style.element)
    for useless in (qn("w:link"), qn("w:latentStyles")):
        for element in list(all_styles.iter(useless)):
            element.getparent().remove(element)
    normal = _style(made, "Normal", size=11, colour=_INK, after=8)
    normal.paragraph_format.line_spacing = 1.15
    normal.element.rPr.find(qn("w:bCs")).addnext(OxmlElement("w:noProof"))  # it may be in any language
    _style(made, "Title", size=22, colour=_INK, after=2, bold=True)
    _style(made, "Subtitle", size=10, colour=_GREY, after=12)
    heading = _style(made, "Heading 1", size=10, colour=_GREY, before=14, after=3, bold=True)
    heading.paragraph_format.keep_with_next = True
    for name, colour in (("Label", _GREY), ("Detail", _INK)):
        made.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        _style(made, name, size=9, colour=colour, before=2.5, after=2.5).base_style = made.styles["Normal"]


def _style(
    made: OpenDocument,
    name: str,
    *,
    size: float,
    colour: RGBColor,
    before: float = 0,
    after: float = 0,
    bold: bool = False,
) -> ParagraphStyle:
    """Draws a style anew; sizes and distances are in points."""
    style = made.styles[name]
    assert isinstance(style, ParagraphStyle)  # noqa: S101 - ours and python-docx's own are
    for of_theirs in (qn("w:pPr"), qn("w:rPr")):
        for element in style.element.findall(of_theirs):
            style.element.remove(element)
    font = style.font
    font.name, font.size, font.bold, font.cs_bold = _FONT, Pt(size), bold, bold
    font.color.rgb = colour
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:cs"), _FONT)
    font._element.rPr.find(qn("w:sz")).addnext(_element("w:szCs", val=str(round(size * 2))))
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    return style
