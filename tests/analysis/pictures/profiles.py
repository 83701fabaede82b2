"""Colour profiles for tests, made by the specification (ICC.1:2022), and pictures whose numbers mean other colours."""

import struct

import numpy as np
from PIL import Image

P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
D65, D50 = (0.3127, 0.3290), (0.3457, 0.3585)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def to_xyz(corners, white=D65):
    """The matrix from light of these corners to XYZ, Y of white being 1."""
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in corners]).T
    return columns * np.linalg.solve(columns, xyz_of(white))


def xyz_of(point):
    return np.array([point[0] / point[1], 1, (1 - point[0] - point[1]) / point[1]])


def matrix_profile(corners, gamma, code_points=None):
    """A profile of a display with these corners, for RGB; with the tag `cicp` where code points are given."""
    scale = np.diag((BRADFORD @ xyz_of(D50)) / (BRADFORD @ xyz_of(D65)))
    columns = (np.linalg.inv(BRADFORD) @ scale @ BRADFORD @ to_xyz(corners)).T
    tags = {b"%cXYZ" % c: b"XYZ \0\0\0\0" + fixed(*column) for c, column in zip(b"rgb", columns, strict=True)}
    tags |= {b"%cTRC" % c: curve(gamma) for c in b"rgb"}
    if code_points:
        tags[b"cicp"] = b"cicp\0\0\0\0" + bytes((*code_points, 0, 1))
    return profile(b"RGB ", b"XYZ ", tags)


def grey_profile(gamma):
    return profile(b"GRAY", b"XYZ ", {b"kTRC": curve(gamma)})


def cmyk_profile(paper=(100, 0, 0), inks=((55, -37, -50), (48, 74, -3), (89, -5, 93)), black=(16, 0, 0)):
    """A printer's profile: Lab of paper and inks; of inks on one another about what they take from the light."""
    nodes = []
    for number in range(16):
        c, m, y, k = (number >> 3 & 1, number >> 2 & 1, number >> 1 & 1, number & 1)
        chosen = [ink for on, ink in zip((c, m, y), inks, strict=True) if on] or [paper]
        lightness, a, b = np.mean(chosen, axis=0) * (0.75 ** (len(chosen) - 1), 1, 1)
        nodes.append(black if k else (lightness, a, b))
    table = bytes(round(v) for l_, a, b in nodes for v in (l_ * 2.55, a + 128, b + 128))
    ramps = bytes(range(256)) * 4, bytes(range(256)) * 3
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1) + ramps[0] + table + ramps[1]
    return profile(b"CMYK", b"Lab ", {b"A2B0": lut}, kind=b"prtr")


def profile(space, connection, tags, kind=b"mntr"):
    tags = {b"desc": b"desc\0\0\0\0\0\0\0\1\0" + bytes(78), b"wtpt": b"XYZ \0\0\0\0" + fixed(*xyz_of(D50))} | tags
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"test", 0x02400000, kind, space, connection)
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + fixed(*xyz_of(D50)) + bytes(48)
    return head + table + body


def curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def fixed(*values):
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


# --------------------------------------------------------------------------------------------- the same colours there


def light(picture):
    """The light of a picture in sRGB, white being 1."""
    value = np.asarray(picture.convert("RGB")) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def in_space(picture, corners, encode, top=255):
    """The numbers, up to `top`, by which a space with these corners says the colours of a picture in sRGB."""
    there = light(picture) @ (np.linalg.inv(to_xyz(corners)) @ to_xyz(SRGB)).T
    return np.rint(np.clip(encode(np.clip(there, 0, None)), 0, 1) * top).astype(np.uint8 if top == 255 else np.uint16)


def to_pq(there, white=203):
    """PQ of light whose white has so many nits (Recommendation ITU-R BT.2100, table 4)."""
    y = (there * white / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32)


def to_hlg(there, white=203):
    """HLG for a display of 1,000 nits (Recommendation ITU-R BT.2100, table 5)."""
    shown = there * white / 1000
    luma = np.maximum(shown @ np.array([0.2627, 0.6780, 0.0593]), 1e-9)[..., None]
    scene = shown * luma ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def by_gamma(gamma):
    return lambda there: there ** (1 / gamma)


def in_p3(picture, gamma=2.2):
    return Image.fromarray(in_space(picture, P3, by_gamma(gamma)))
