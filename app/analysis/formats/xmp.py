"""Reads an XMP packet into a flat mapping of names to texts.

It never expands an entity, never fetches anything and never interprets a value: that is for those who ask.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from app.errors import CannotRead

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # for its type only; parsing is defusedxml's

Xmp = Mapping[str, tuple[str, ...]]
"""Property name (`dc:subject`) -> its texts in order; a field of a structure is `property/field`.

Of the areas of a picture, names, types and places are as many as the areas, empty where one of them is not said.
"""

NO_XMP: Xmp = MappingProxyType({})
PACKET_BYTES = 4 * 1024 * 1024
MARKUP = 200_000  # "<" of one packet that are read in half a second; some programs list 70,000 ancestors of a picture
ATTRIBUTE = 8  # times what an element costs
_DEPTH = 8  # structures inside structures that are still followed

# How a packet starts in more than one byte for each letter: with a mark of the byte order, longest first, or without
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,200}\?>")  # names an encoding that a text no longer has
_END = re.compile(rb"<\?xpacket end=.{0,9}\?>")

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_VALUE = f"{_RDF}value"  # of a property that has qualifiers (ISO 16684-1, 7.8)
_XML = "{http://www.w3.org/XML/1998/namespace}"
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/lightroom/1.0/": "lr",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://ns.microsoft.com/photo/1.0/": "MicrosoftPhoto",
    "http://ns.microsoft.com/photo/1.0": "MicrosoftPhoto",  # as exiftool writes it
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://ns.google.com/photos/1.0/container/item/": "Item",
    "http://www.digikam.org/ns/1.0/": "digiKam",
    "http://ns.acdsee.com/iptc/1.0/": "acdsee",
    "http://ns.iview-multimedia.com/mediapro/1.0/": "mediapro",
    "http://www.metadataworkinggroup.com/schemas/regions/": "mwg-rs",
    "http://ns.adobe.com/xmp/sType/Area#": "stArea",
    "http://ns.adobe.com/xap/1.0/sType/Dimensions#": "stDim",
    "https://github.com/Comfy-Org/ComfyUI": "comfy",
    "https://github.com/Comfy-Org/ComfyUI/": "comfy",
    "http://ns.microsoft.com/photo/1.2/": "MP",
    "http://ns.microsoft.com/photo/1.2/t/RegionInfo#": "MPRI",
    "http://ns.microsoft.com/photo/1.2/t/Region#": "MPReg",
}


_AREA = tuple(f"mwg-rs:Area/stArea:{field}" for field in ("x", "y", "w", "h", "d", "unit"))
_WHOLE = {
    "mwg-rs:Regions/mwg-rs:RegionList": ("mwg-rs:Name", "mwg-rs:Type", "mwg-rs:BarCodeValue", *_AREA),
    "MP:RegionInfo/MPRI:Regions": ("MPReg:PersonDisplayName", "MPReg:Rectangle"),
}
"""Lists of structures of which these fields must stay together: the nth of each speak of the same thing."""


def parse_xmp(packet: bytes, *, limit: int = PACKET_BYTES) -> Xmp:
    """Parse the properties of a packet (ISO 16684-1), written as attributes or elements; `limit` is in bytes.

    Raises CannotRead: `text_too_large`, `damaged_metadata`.
    """
    if len(packet) > limit:
        raise CannotRead(
            f"The XMP packet has {len(packet)} bytes, more than the {limit} that are read.", cause="text_too_large"
        )
    if packet.count(b"<") + ATTRIBUTE * packet.count(b"=") > MARKUP:
        raise CannotRead("The XMP packet has more elements and attributes than are read.", cause="text_too_large")
    try:
        root = ElementTree.fromstring(decode_packet(packet), forbid_dtd=True)
    except DefusedXmlException as error:
        raise CannotRead(
            "The XMP packet defines entities or a document type, which is not safe to read.", cause="damaged_metadata"
        ) from error
    except (
        SyntaxError,
        ValueError,
        LookupError,
    ) as error:  # ParseError is a SyntaxError; LookupError: an unknown encoding
        raise CannotRead("The XMP packet is not well-formed XML.", cause="damaged_metadata") from error
    found: dict[str, list[str]] = {}
    for description in root.iter(f"{_RDF}RDF"):
        for resource in description:
            for name, text in _properties(resource, "", _DEPTH):
                found.setdefault(name, []).append(text)
    return {name: tuple(texts) for name, texts in found.items() if any(texts)}


def decode_packet(packet: bytes) -> bytes | str:
    """Take off padding and what stands behind the end; UTF-16 and UTF-32 become text, whatever the packet declares."""
    for start, encoding in _WIDE:
        if packet.startswith(start):
            text = packet.decode(encoding, "replace").strip("\ufeff\0 \t\r\n")
            return _DECLARATION.sub("", text, count=1)
    stripped = packet.strip(b"\0 \t\r\n")
    end = _END.search(stripped)
    return stripped[: end.end()] if end else stripped


def _properties(resource: "Element", path: str, depth: int) -> Iterator[tuple[str, str]]:
    """The properties of an `rdf:Description` (or of what stands for one) as names below `path`, and texts."""
    for name, text in resource.attrib.items():
        if (not name.startswith((_RDF, _XML)) or (name == _VALUE and path)) and text.strip():
            yield _within(path, name), text.strip()
    for element in resource:
        if element.tag != _VALUE or path:
            yield from _values(element, _within(path, element.tag), depth)


def _within(path: str, name: str) -> str:
    """The name of what stands below `path`: its value is called like itself."""
    return path[:-1] if name == _VALUE else path + _short(name)


def _values(element: "Element", path: str, depth: int) -> Iterator[tuple[str, str]]:
    """The texts of one property: simple, a list (Bag, Seq, Alt), or a structure."""
    if depth == 0:
        return
    if resource := element.get(f"{_RDF}resource"):
        yield path, resource
    elif len(element) == 0 and (text := (element.text or "").strip()):
        yield path, text
    for child in element:
        if child.tag in (f"{_RDF}Bag", f"{_RDF}Seq", f"{_RDF}Alt"):
            for item in _default_first(child) if child.tag == f"{_RDF}Alt" else child:
                found = _values(item, path, depth - 1)
                yield from _whole(found, [f"{path}/{name}" for name in _WHOLE[path]]) if path in _WHOLE else found
        elif child.tag == f"{_RDF}Description":
            yield from _properties(child, f"{path}/", depth - 1)
        else:  # rdf:parseType="Resource": the fields stand in the property itself
            yield from _values(child, _within(f"{path}/", child.tag), depth - 1)
    if len(element) == 0:
        yield from _properties(element, f"{path}/", depth - 1)


def _whole(fields: Iterable[tuple[str, str]], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The fields of one structure in a list, each of `names` once, empty where it is not said."""
    found = list(fields)
    yield from (field for field in found if field[0] not in names)
    for name in names:
        yield next((field for field in found if field[0] == name), (name, ""))


def _default_first(alternatives: "Element") -> list["Element"]:
    """The items of a text in several languages, the one that holds where none is asked for first."""
    return sorted(alternatives, key=lambda item: item.get(f"{_XML}lang") != "x-default")


def _short(name: str) -> str:
    """`{http://purl.org/dc/elements/1.1/}subject` -> `dc:subject`; namespaces not in the table stay as they are."""
    uri, brace, local = name.removeprefix("{").partition("}")
    return f"{_PREFIXES[uri]}:{local}" if brace and uri in _PREFIXES else name
