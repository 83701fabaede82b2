"""An XMP packet with other values in it (ISO 16684-1): all else stays as it stands, prefixes and comments, too. Pure.

What a packet tells is read by the readers of the analysis, so that what is shown as a difference is what a session
reads back.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from xml.dom import Node

from defusedxml import minidom

from app.analysis.formats.xmp import Xmp, decode_packet, parse_xmp
from app.analysis.metadata.beside import Beside
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.telling import tell
from app.errors import CannotRead
from app.writing.words import TAKEN_BACK, Told, flat, names_in

Document: TypeAlias = Any
Element: TypeAlias = Any
"""Of `xml.dom.minidom`, whose types say less than the standard library promises; parsing is defusedxml's."""
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_XML = "http://www.w3.org/XML/1998/namespace"
_DEFAULT = "x-default"
_LISTS = ("Bag", "Seq", "Alt")
_NEW = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '  <rdf:Description rdf:about=""/>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'
)


@dataclass(frozen=True, slots=True)
class _Name:
    """A property: its namespace, the prefix that it usually has, its name there."""

    uri: str
    prefix: str
    local: str


_DC, _EXIF = "http://purl.org/dc/elements/1.1/", "http://ns.adobe.com/exif/1.0/"
_XMP, _LR = "http://ns.adobe.com/xap/1.0/", "http://ns.adobe.com/lightroom/1.0/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_TAKEN = (_Name(_EXIF, "exif", "DateTimeOriginal"), _Name(_PHOTOSHOP, "photoshop", "DateCreated"))
_ALTERNATIVES = {
    "title": _Name(_DC, "dc", "title"),
    "caption": _Name(_DC, "dc", "description"),
    "copyright": _Name(_DC, "dc", "rights"),
}
_CREATOR, _LABEL = _Name(_DC, "dc", "creator"), _Name(_XMP, "xmp", "Label")
_RATING, _SUBJECT = _Name(_XMP, "xmp", "Rating"), _Name(_DC, "dc", "subject")
_PATHS = _Name(_LR, "lr", "hierarchicalSubject")


def tell_packet(properties: Xmp) -> Told:
    """What these properties say of a picture, by field, as a session reads them out of a sidecar."""
    return tell(Embedded(), Beside(properties))


def edit_packet(packet: bytes | None, words: Mapping[str, Any]) -> bytes:
    """A packet, or a new one, that says these words (`words.said_by_a_person`); UTF-8 whatever it was before.

    Of a text in several languages only the one that holds where none is asked for changes. Keywords are added, those
    that were taken back removed; a path of them stands in `lr:hierarchicalSubject`, and its last word among the others.
    Of a score, none is 0.
    Raises CannotRead: what `parse_xmp` raises, and `damaged_metadata` for what is no XMP packet.
    """
    if packet is not None:
        parse_xmp(packet)
    decoded = _NEW if packet is None else decode_packet(packet)
    document: Document = minidom.parseString(decoded, forbid_dtd=True)
    edit = _Edit(document)
    for field, value in words.items():
        if field in _ALTERNATIVES:
            edit.say_by_default(_ALTERNATIVES[field], value)
        elif field == "creator":
            edit.list_anew(_CREATOR, names_in(value or ""))
        elif field == "label":
            edit.say(_LABEL, value)
        elif field == "score":
            edit.say(_RATING, str(value or 0))
        elif field == "taken_at":
            for name in _TAKEN:
                edit.say(name, value)
    keywords, gone = words.get("keywords", ()), words.get(TAKEN_BACK, ())
    for name, own in ((_SUBJECT, [*map(flat, keywords)]), (_PATHS, [word for word in keywords if "|" in word])):
        edit.remove(name, gone)
        edit.add(name, own)
    return "".join(_written(document)).encode()


class _Edit:
    """Changes of the properties in one document. Raises CannotRead where it has no room for any."""

    def __init__(self, document: Document) -> None:
        self._document = document
        root = document.documentElement
        if root is None or (root.namespaceURI, root.localName) not in ((_RDF, "RDF"), ("adobe:ns:meta/", "xmpmeta")):
            inside = document.getElementsByTagNameNS(_RDF, "RDF")
            if root is None or not inside:
                raise CannotRead("The sidecar is no XMP packet.", cause="damaged_metadata")
        found = [root] if root.localName == "RDF" else document.getElementsByTagNameNS(_RDF, "RDF")
        self._rdf: Element = found[0] if found else self._append(root, "RDF")
        resources = list(_elements(self._rdf))
        self._resources = resources or [self._append(self._rdf, "Description")]
        if not resources:
            self._resources[0].setAttributeNS(_RDF, f"{self._prefix(self._rdf, _RDF, 'rdf')}:about", "")

    def say(self, name: _Name, text: str | None) -> None:
        """Makes it a simple property with this text; None takes it out."""
        self._take_out(name)
        if text is not None:
            self._text(self._make(name), text)

    def say_by_default(self, name: _Name, text: str | None) -> None:
        """Makes it the text where no language is asked for, in front of the others; None takes all of them out."""
        standing = [element for element in self._all(name) if self._list_in(element)]
        if text is None or not standing:
            self._take_out(name)
            if text is not None:
                held = self._append(self._make(name), "Alt")
                self._language(self._append(held, "li"), text)
            return
        self._take_out(name, but=standing[0])
        held = self._list_in(standing[0])
        assert held is not None  # noqa: S101 - it stands because it has one
        items = list(_elements(held))
        own = next((item for item in items if item.getAttributeNS(_XML, "lang") == _DEFAULT), None)
        if own is None:
            own = self._new(held, "li")
            held.insertBefore(own, items[0] if items else None)
        self._language(own, text)

    def list_anew(self, name: _Name, texts: list[str]) -> None:
        """Makes it a list of these, in order; none of them takes it out."""
        self._take_out(name)
        if texts:
            held = self._append(self._make(name), "Seq")
            for text in texts:
                self._text(self._append(held, "li"), text)

    def add(self, name: _Name, texts: list[str]) -> None:
        """Adds those of these that the list does not have, whatever their case."""
        if not texts:
            return
        element = next(iter(self._all(name)), None)
        held = element and self._list_in(element)
        if element is None or held is None:  # none, or one text alone, which becomes the first
            simple = [text for text in (self._simple(name) or []) if text]
            self._take_out(name)
            held = self._append(self._make(name), "Bag")
            texts = simple + texts
        have = {_text_in(item).casefold() for item in _elements(held)}
        for text in texts:
            if text.casefold() not in have:
                self._text(self._append(held, "li"), text)
                have.add(text.casefold())

    def remove(self, name: _Name, texts: Collection[str]) -> None:
        """Takes these out of the list, whatever their case; a list that is empty then goes."""
        gone = {text.casefold() for text in texts}
        for element in self._all(name):
            if (held := self._list_in(element)) is not None:
                for item in _elements(held):
                    if _text_in(item).casefold() in gone:
                        _detach(item)
                if not list(_elements(held)):
                    _detach(element)

    def _all(self, name: _Name) -> list[Element]:
        return [one for resource in self._resources for one in _elements(resource) if _is(one, name)]

    def _simple(self, name: _Name) -> list[str]:
        written = [resource.getAttributeNS(name.uri, name.local) for resource in self._resources]
        return [*written, *(_text_in(element) for element in self._all(name))]

    def _take_out(self, name: _Name, but: Element | None = None) -> None:
        for resource in self._resources:
            if resource.hasAttributeNS(name.uri, name.local):
                resource.removeAttributeNS(name.uri, name.local)
        for element in self._all(name):
            if element is not but:
                _detach(element)

    def _make(self, name: _Name) -> Element:
        """An empty property of the first resource."""
        resource = self._resources[0]
        made = self._document.createElementNS(name.uri, f"{self._prefix(resource, name.uri, name.prefix)}:{name.local}")
        resource.appendChild(made)
        return made

    def _new(self, above: Element, local: str) -> Element:
        return self._document.createElementNS(_RDF, f"{self._prefix(above, _RDF, 'rdf')}:{local}")

    def _append(self, above: Element, local: str) -> Element:
        made = self._new(above, local)
        above.appendChild(made)
        return made

    def _text(self, element: Element, text: str) -> None:
        for child in list(element.childNodes):
            element.removeChild(child)
        element.appendChild(self._document.createTextNode(text))

    def _language(self, item: Element, text: str) -> None:
        item.setAttributeNS(_XML, "xml:lang", _DEFAULT)
        self._text(item, text)

    def _list_in(self, element: Element) -> Element | None:
        return next((one for one in _elements(element) if one.namespaceURI == _RDF and one.localName in _LISTS), None)

    def _prefix(self, element: Element, uri: str, usual: str) -> str:
        """A prefix that stands for a namespace at an element; it is declared there if there is none."""
        bound: dict[str, str] = {}
        above: Any = element
        while above is not None and above.nodeType == Node.ELEMENT_NODE:
            for attribute in _attributes(above):
                if attribute.namespaceURI == _XMLNS and attribute.prefix == "xmlns":
                    bound.setdefault(attribute.localName, attribute.value)
            above = above.parentNode
        if found := next((prefix for prefix, where in bound.items() if where == uri), None):
            return found
        prefix = usual
        while prefix in bound:
            prefix += "_"
        element.setAttributeNS(_XMLNS, f"xmlns:{prefix}", uri)
        return prefix


def _detach(element: Element) -> None:
    """Takes an element out of its document, with the space in front of it."""
    before = element.previousSibling
    if before is not None and before.nodeType == Node.TEXT_NODE and not before.data.strip():
        element.parentNode.removeChild(before)
    element.parentNode.removeChild(element)


def _is(element: Element, name: _Name) -> bool:
    return (element.namespaceURI, element.localName) == (name.uri, name.local)


def _elements(above: Element) -> Iterator[Element]:
    return (child for child in list(above.childNodes) if child.nodeType == Node.ELEMENT_NODE)


def _attributes(element: Element) -> list[Any]:
    held = element.attributes
    return [held.item(number) for number in range(held.length)]


def _text_in(element: Element) -> str:
    """The text of an element, and of what stands inside it as its value."""
    texts = (Node.TEXT_NODE, Node.CDATA_SECTION_NODE)
    return "".join(child.data for child in element.childNodes if child.nodeType in texts).strip()


def _escape(marks: str) -> Callable[[str], str]:
    table = str.maketrans({mark: f"&#{ord(mark)};" for mark in marks} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"})
    return lambda text: text.translate(table)


_in_text, _in_attribute = _escape("\r"), _escape('"\t\n\r')


def _written(document: Document) -> Iterator[str]:
    """The document as text. That of the library loses line ends in attributes on some versions of Python."""
    if document.version:
        yield f'<?xml version="{document.version}" encoding="UTF-8"?>\n'
    for node in document.childNodes:
        yield from _node(node)
        yield "\n"


def _node(top: Any) -> Iterator[str]:
    left = [top]
    while left:
        node = left.pop()
        if isinstance(node, str):
            yield node
        elif node.nodeType == Node.ELEMENT_NODE:
            told = "".join(f' {one.nodeName}="{_in_attribute(one.value)}"' for one in _attributes(node))
            yield f"<{node.nodeName}{told}>" if node.childNodes else f"<{node.nodeName}{told}/>"
            if node.childNodes:
                left += [f"</{node.nodeName}>", *reversed(node.childNodes)]
        elif node.nodeType == Node.CDATA_SECTION_NODE:
            yield f"<![CDATA[{node.data}]]>"
        elif node.nodeType == Node.TEXT_NODE:
            yield _in_text(node.data)
        elif node.nodeType == Node.COMMENT_NODE:
            yield f"<!--{node.data}-->"
        elif node.nodeType == Node.PROCESSING_INSTRUCTION_NODE:
            yield f"<?{node.target} {node.data}?>"
