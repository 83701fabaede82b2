"""Names of programs in C2PA manifests, where AI services leave nothing else."""

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import TiffImagePlugin

from app.analysis.formats.c2pa.cbor import decode_cbor
from app.analysis.formats.c2pa.names import read_c2pa_names
from app.analysis.formats.c2pa.store import find_c2pa_in_boxes
from app.analysis.metadata.embedded import find_generation, holds_c2pa, read_embedded
from app.analysis.pictures.image import open_image
from tests.analysis.formats.pngs import with_chunks
from tests.analysis.pictures.pictures import read, saved


def cbor(value):
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return bytes([value])
    if isinstance(value, str):
        text = value.encode()
        return (bytes([0x60 + len(text)]) if len(text) < 24 else bytes([0x78, len(text)])) + text
    if isinstance(value, list):
        return bytes([0x80 + len(value)]) + b"".join(map(cbor, value))
    return bytes([0xA0 + len(value)]) + b"".join(cbor(part) for pair in value.items() for part in pair)


SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def manifest(agent, generator="ChatGPT"):
    action = {"action": "c2pa.created", "softwareAgent": agent, "digitalSourceType": SOURCE}
    return b"\0\0\1\0jumbjumd" + cbor({"actions": [action]}) + cbor({"claim_generator": generator})


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (manifest({"name": "GPT-4o"}), "GPT-4o\ntrainedAlgorithmicMedia\nChatGPT"),
        (manifest("OpenAI DALL·E"), "OpenAI DALL·E\ntrainedAlgorithmicMedia\nChatGPT"),
        (manifest({"version": "1"}, "x" * 200), "trainedAlgorithmicMedia\n" + "x" * 200),
        (b"\x74claim_generator_info\x81" + cbor({"name": "ChatGPT"}), "ChatGPT"),
        (b"\x74claim_generator_info" + cbor({"name": "Google", "version": "1"}), "Google"),
        (b"", ""),
        (b"\x6fclaim_generator", ""),
        (b"\x6fclaim_generator\x78", ""),
        (b"\x6fclaim_generator\x65ab", "ab"),
        (b"\x6dsoftwareAgent\xa1", ""),
        (b"\x6dsoftwareAgent\xa1\x64name\x60", ""),
    ],
)
def test_the_programs_of_a_manifest_are_named(block, expected):
    assert read_c2pa_names(block) == expected


@given(
    st.binary(max_size=50),
    st.sampled_from([b"\x6fclaim_generator", b"\x6dsoftwareAgent\xa1\x64name"]),
    st.binary(max_size=50),
)
def test_any_bytes_give_a_text(before, key, after):
    assert isinstance(read_c2pa_names(before + key + after), str)


def png_with(body):
    return with_chunks(saved("PNG"), (b"caBX", body))


def jpeg_with(body, length=100, whole=None, number=1):
    """The manifest as one JUMBF box in segments so short that names are cut; each repeats the head of the box."""
    head = struct.pack(">I4s", 8 + len(body), b"jumb")
    pieces = [body[at : at + length] for at in range(0, len(body), length)]
    contents = [b"JP" + number.to_bytes(2) + at.to_bytes(4) + head + piece for at, piece in enumerate(pieces, 1)]
    segments = b"".join(b"\xff\xeb" + struct.pack(">H", 2 + len(content)) + content for content in contents)
    whole = whole or saved("JPEG")
    return whole[:2] + segments + whole[2:]


def webp_with(body):
    whole = saved("WEBP") + b"C2PA" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


@pytest.mark.parametrize("file_with", [png_with, jpeg_with, webp_with])
def test_a_file_with_a_manifest_is_named_for_its_service(file_with):
    found = read(file_with(manifest({"name": "GPT-4o"}, "OpenAI-API")))
    made = find_generation(found)
    assert (made.generator, made.verdict) == ("OpenAI", "raw_only")
    assert found.texts["c2pa"] == "GPT-4o\ntrainedAlgorithmicMedia\nOpenAI-API"


@pytest.mark.parametrize("length", range(1, 60, 7))
def test_names_are_whole_wherever_a_segment_ends(length):
    assert read(jpeg_with(manifest("OpenAI DALL·E"), length)).texts["c2pa"].startswith("OpenAI DALL·E\n")


def test_a_manifest_that_is_no_such_thing_says_nothing():
    assert read(jpeg_with(b"\x6fclaim_generator")).texts == {}
    assert read(webp_with(b"")).texts == {}


# -- a store of several manifests --------------------------------------------------------------------------------

AI, PHOTO = SOURCE, SOURCE.replace("trainedAlgorithmicMedia", "digitalCapture")
EDITED = SOURCE.replace("trained", "compositeWithTrained")


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def superbox(label, *inside, kind=b"c2ma"):
    described = kind + bytes(12) + b"\3" + label.encode() + b"\0"
    return box(b"jumb", box(b"jumd", described) + b"".join(inside))


def claimed(generator, *actions, name="urn:uuid:1", kind=b"c2ma", **assertion):
    """A manifest with a claim, an ingredient and these actions."""
    done = superbox("c2pa.actions.v2", box(b"cbor", cbor({"actions": list(actions)} | assertion)))
    ingredient = superbox(
        "c2pa.ingredient.v3", box(b"cbor", cbor({"dc:title": "photo.jpg", "softwareAgent": "Camera"}))
    )
    assertions = superbox("c2pa.assertions", ingredient, done)
    claim = superbox("c2pa.claim.v2", box(b"cbor", cbor({"claim_generator_info": {"name": generator}})))
    return superbox(name, assertions, claim, superbox("c2pa.signature", box(b"cbor", b"\x41x")), kind=kind)


def created(source, agent="Agent"):
    return {"action": "c2pa.created", "digitalSourceType": source, "softwareAgent": {"name": agent}}


def store(*manifests):
    return superbox("c2pa", *manifests)


PHOTOGRAPH = claimed("Camera", created(PHOTO), name="urn:uuid:0")
DRAWING = claimed("Dreams", created(AI), name="urn:uuid:0")


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (store(PHOTOGRAPH, claimed("ChatGPT", created(AI, "GPT-4o"))), "GPT-4o\ntrainedAlgorithmicMedia\nChatGPT"),
        (store(DRAWING, claimed("Layout", {"action": "c2pa.placed"})), "Layout"),
        (store(DRAWING, PHOTOGRAPH), "Agent\ndigitalCapture\nCamera"),
        (store(PHOTOGRAPH, DRAWING, claimed("Note", name="u", kind=b"c2um")), "Agent\ntrainedAlgorithmicMedia\nDreams"),
        (
            store(claimed("G", {"action": "c2pa.edited", "softwareAgent": "Editor"}, created(AI, "Dreams"))),
            "Dreams\ntrainedAlgorithmicMedia\nEditor\nG",
        ),
        (
            store(claimed("G", {"action": "c2pa.created", "softwareAgentIndex": 1, "digitalSourceType": AI},
                          softwareAgents=[{"name": "One"}, {"name": "Two"}])),
            "Two\ntrainedAlgorithmicMedia\nG",
        ),
        (store(), ""),
    ],
)  # fmt: skip
def test_the_last_manifest_speaks_for_the_file_and_ingredients_do_not(content, names):
    assert read_c2pa_names(content) == names


@pytest.mark.parametrize(
    ("content", "generator"),
    [
        (store(PHOTOGRAPH, claimed("ChatGPT", created(AI, "GPT-4o"))), "OpenAI"),
        (store(PHOTOGRAPH, claimed("Retouch", created(EDITED))), None),
        (store(DRAWING, claimed("Layout", {"action": "c2pa.placed"})), None),
        (store(claimed("Somebody's Studio", created(AI, "Studio 2"))), "Studio 2"),
        (store(claimed("Somebody's Studio", {"action": "c2pa.created", "digitalSourceType": AI})), "Somebody's Studio"),
    ],
)
@pytest.mark.parametrize("form", ["png", "tiff", "avif"])
def test_what_the_last_manifest_declares_is_what_the_picture_is(content, generator, form):
    files = {"png": png_with, "tiff": tiff_with, "avif": lambda body: in_boxes(saved("AVIF"), body)}
    assert find_generation(read(files[form](content))).generator == generator


def test_a_manifest_in_a_jpeg_is_found_among_other_boxes():
    content = store(PHOTOGRAPH, claimed("ChatGPT", created(AI, "GPT-4o")))[8:]
    others = superbox("residual", box(b"bidb", bytes(300)), kind=b"jpgt")[8:]
    for first, second in ((others, content), (content, others)):
        found = read(jpeg_with(first, whole=jpeg_with(second, number=2), number=1))
        assert found.texts["c2pa"] == "GPT-4o\ntrainedAlgorithmicMedia\nChatGPT"


def tiff_with(body):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[0xCD41], info.tagtype[0xCD41] = body, 7
    return saved("TIFF", tiffinfo=info)


def in_boxes(content, body, purpose=b"manifest"):
    """The file with a store in a box behind its first one; only readers of places notice that the rest has moved."""
    return content + box(b"uuid", UUID + bytes(4) + purpose + b"\0" + bytes(8) + body)


UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def test_a_store_in_boxes_is_found_by_its_purpose():
    head = box(b"ftyp", b"mp42\0\0\0\0")
    assert find_c2pa_in_boxes(BytesIO(in_boxes(head, b"store"))) == b"store"
    assert find_c2pa_in_boxes(BytesIO(in_boxes(head, b"store", b"merkle"))) == b""
    assert find_c2pa_in_boxes(BytesIO(head + box(b"uuid", bytes(16) + b"store"))) == b""
    assert find_c2pa_in_boxes(BytesIO(b"")) == b""


def test_a_film_with_a_store_is_named_for_its_program():
    films = pytest.importorskip("tests.analysis.pictures.films")
    content = in_boxes(films.made("mp4"), store(claimed("Sora", created(AI, "ChatGPT"))))
    found = films.read(content, "mp4")
    assert (found.generator, found.raw["text"]["c2pa"]) == ("OpenAI", "ChatGPT\ntrainedAlgorithmicMedia\nSora")


@pytest.mark.parametrize("cut", range(0, len(DRAWING), 23))
def test_a_store_that_is_cut_off_gives_a_text(cut):
    assert isinstance(read_c2pa_names(store(PHOTOGRAPH, DRAWING)[: len(PHOTOGRAPH) + cut]), str)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("a16161f5", {"a": True}),
        ("bf61610161628102ff", {"a": 1, "b": [2]}),
        ("9f0102ff", [1, 2]),
        ("7f61616162ff", "ab"),
        ("c074323032342d30312d30315430303a30303a30305a", "2024-01-01T00:00:00Z"),
        ("1903e8", 1000),
        ("3863", -100),
        ("f93c00", 1.0),
        ("fb3ff8000000000000", 1.5),
        ("4161", None),
        ("f6", None),
        ("a1016161", {}),
        ("1c", None),
        ("ff", None),
        ("62", None),
        ("9b7fffffffffffffff", None),
        ("81" * 100 + "00", None),
        ("", None),
    ],
)
def test_values_of_cbor(content, value):
    assert decode_cbor(bytes.fromhex(content)) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused(content):
    decode_cbor(content)


# -- whether a file is signed ------------------------------------------------------------------------------------

PROVENANCE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" %s="https://example.org/a.c2pa"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def signed(content, format_):
    opened = open_image(BytesIO(content), format_)
    return holds_c2pa(opened, read_embedded(opened).xmp)


@pytest.mark.parametrize("format_", ["jpeg", "webp", "avif"])
def test_a_file_that_says_where_its_manifest_lies_is_signed(format_):
    assert signed(saved(format_.upper(), xmp=PROVENANCE % b"dcterms:provenance"), format_)
    assert not signed(saved(format_.upper(), xmp=PROVENANCE % b"dcterms:source"), format_)


@pytest.mark.parametrize("purpose", [b"manifest", b"merkle", b"original", b"update", b""])
def test_a_box_of_c2pa_signs_whatever_it_is_for(purpose):
    content = saved("AVIF")
    assert signed(content + box(b"uuid", C2PA_UUID + bytes(4) + purpose + bytes(9)), "avif")
    assert not signed(content + box(b"uuid", bytes(20) + purpose + bytes(9)), "avif")


@pytest.mark.parametrize(("file_with", "format_"), [(png_with, "png"), (jpeg_with, "jpeg"), (webp_with, "webp")])
def test_a_file_with_a_manifest_is_signed(file_with, format_):
    assert signed(file_with(store(PHOTOGRAPH)), format_)
    assert not signed(saved(format_.upper()), format_)
