"""Chunks of PNG files for tests."""

import struct
import zlib


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunks(content, *chunks):
    """The PNG file with these chunks, each its kind and body, behind its header."""
    return content[:33] + b"".join(chunk(*each) for each in chunks) + content[33:]
