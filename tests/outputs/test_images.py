"""A picture's size on the page is known before it arrives."""

import struct

import pytest

from apps_runtime.outputs.images import Picture, measure
from tests.outputs.test_store import png


def jpeg(width=640, height=480, dpi=0) -> bytes:
    jfif = b"\xff\xe0\x00\x10JFIF\0\x01\x01" + struct.pack(">BHHBB", 1 if dpi else 0, dpi, dpi, 0, 0)
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + b"\0" * 9
    return b"\xff\xd8" + jfif + frame


def webp(kind: bytes, content: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + kind + struct.pack("<I", len(content)) + content


# 30 × 20 dots of two colours.
GIF = b"GIF89a\x1e\0\x14\0\x80\0\0" + bytes(6) + b",\0\0\0\0\x1e\0\x14\0\0\x02\x02D\x01\0;"


@pytest.mark.parametrize(
    ("media_type", "content", "metadata", "picture"),
    [
        ("image/png", png(640, 480, alpha=True), {}, Picture(640, 480)),
        ("image/png", png(640, 480), {}, Picture(640, 480, opaque=True)),
        ("image/png", png(640, 480, dpi=100, alpha=True), {}, Picture(640, 480)),
        ("image/png", png(1440, 720, dpi=144, alpha=True), {}, Picture(960, 480)),
        ("image/png", png(1280, 960, alpha=True), {"image/png": {"width": 640, "height": 480}}, Picture(640, 480)),
        ("image/png", png(1280, 960, alpha=True), {"image/png": {"width": 640}}, Picture(640, 480)),
        ("image/png", png(10, 10, alpha=True), {"image/png": {"width": True, "height": -1}}, Picture(10, 10)),
        ("image/png", png(10, 10, alpha=True), {"image/png": {"width": 10**9}}, None),
        ("image/png", b"\x89PNG\r\n\x1a\n", {}, None),
        ("image/png", b"GIF89a", {}, None),
        ("image/jpeg", jpeg(), {}, Picture(640, 480)),
        ("image/jpeg", jpeg(dpi=192), {}, Picture(320, 240)),
        ("image/jpeg", b"\xff\xd8\xff", {}, None),
        ("image/gif", GIF, {}, Picture(30, 20)),
        ("image/webp", webp(b"VP8 ", b"\0" * 6 + struct.pack("<HH", 30, 20)), {}, Picture(30, 20)),
        ("image/webp", webp(b"VP8L", b"\x2f" + struct.pack("<I", 29 | 19 << 14)), {}, Picture(30, 20)),
        (
            "image/webp",
            webp(b"VP8X", b"\0" * 4 + (29).to_bytes(3, "little") + (19).to_bytes(3, "little")),
            {},
            Picture(30, 20),
        ),
        ("image/svg+xml", b'<svg width="504pt" height="252pt" viewBox="0 0 504 252">', {}, Picture(672, 336)),
        ("image/svg+xml", b'<?xml version="1.0"?><svg viewBox="0 0 300 150">', {}, Picture(300, 150)),
        ("image/svg+xml", b'<svg width="100%" viewBox="0 0 300 150">', {}, Picture(300, 150)),
        ("image/svg+xml", b"<svg width='30' viewBox='0 0 300 150'>", {}, Picture(30, 15)),
        ("image/svg+xml", b'<svg width="1e9px" height="2px">', {}, None),
        ("image/svg+xml", b'<svg stroke-width="5">', {}, None),
        ("image/svg+xml", b"<p>no picture</p>", {}, None),
        ("image/tiff", b"II*\0", {}, None),
    ],
)
def test_the_size_is_read_from_the_first_bytes(media_type, content, metadata, picture):
    assert measure(media_type, content, metadata) == picture


def test_a_file_that_ends_too_early_has_no_size():
    for content in (png(5, 5), jpeg(), webp(b"VP8X", b"\0" * 10)):
        for length in range(len(content)):
            for media_type in ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"):
                measure(media_type, content[:length])
