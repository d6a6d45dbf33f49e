"""What a PDF does with Burmese letters, read from the glyphs it draws."""

from __future__ import annotations

import re
from io import BytesIO

from pypdf import PdfReader

VIRAMA = "\u1039"
"""Joins two consonants into a stack; it is never seen itself when the stack is drawn right."""


def clusters(pdf: bytes) -> list[str]:
    """What the glyphs of a PDF stand for, piece by piece."""
    found = []
    for page in PdfReader(BytesIO(pdf)).pages:
        contents = page.get_contents()
        drawn = contents.get_data().decode("latin-1") if contents else ""
        found += re.findall(r"/ActualText<FEFF([0-9A-F]+)>", drawn)
        for font in page["/Resources"].get("/Font", {}).values():
            table = font.get_object()["/ToUnicode"].get_object().get_data().decode()
            found += re.findall(r"<[0-9A-F]{4}> <([0-9A-F]+)>", table)
    return [bytes.fromhex(hexadecimal).decode("utf-16-be") for hexadecimal in found]


def broken_stacks(pdf: bytes) -> list[str]:
    """Pieces that end with a sign that joins: what it should join is drawn apart from it."""
    return [text for text in clusters(pdf) if text.endswith(VIRAMA)]


def widths(pdf: bytes) -> list[int]:
    """Widths of the glyphs of the only font, in the order in which they are drawn first."""
    (font,) = PdfReader(BytesIO(pdf)).pages[0]["/Resources"]["/Font"].values()
    listed = font.get_object()["/DescendantFonts"][0].get_object()["/W"]
    groups = zip(listed[::3], listed[1::3], listed[2::3], strict=True)  # first, last, width
    by_glyph = {n: int(width) for first, last, width in groups for n in range(first, last + 1)}
    return [by_glyph[n] for n in sorted(by_glyph) if n > 0]
