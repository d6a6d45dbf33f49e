"""Ids, days, names, areas and coordinates in texts, however they are written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

import numpy as np

from minewatch.publishing.leak_index import Leak, PrivateIndex
from minewatch.publishing.leak_places import AllowedPlaces

_NUMBER: Final = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_DMS: Final = re.compile(
    r"(\d{1,3})\s*[°d]\s*(\d{1,2}(?:\.\d+)?)\s*['′m]\s*(?:(\d{1,2}(?:\.\d+)?)\s*(?:[\"″s]|''))?\s*([NSEW])"
)
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_MONTH: Final = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.?"
_DAYS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<!\d)(?P<y>\d{4})(?P<sep>[-/._: ]?)(?P<m>\d{2})(?P=sep)(?P<d>\d{2})"
        r"(?:(?!\d)|(?=\d{4}(?:\d\d)?(?!\d)))",  # a time may follow
        r"(?<!\d)(?P<d>\d{1,2})[-/. ](?P<m>\d{1,2})[-/. ](?P<y>\d{4})(?!\d)",
        r"(?<!\d)(?P<m>\d{1,2})[-/. ](?P<d>\d{1,2})[-/. ](?P<y>\d{4})(?!\d)",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[-\s]+{_MONTH}[-,\s]+(?P<y>\d{{4}})",
        rf"{_MONTH}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})",
        r"(?<!\d)(?P<y>\d{4})-(?P<doy>\d{3})(?!\d)",
        r"(?<!\d)(?P<seconds>1\d{9})(?:\d{3})?(?!\d)",
    )
)
_APART: Final = 60
"""Most characters between the two numbers of a coordinate."""
_METRES: Final = 5.0
"""How near to a private place metres are a leak."""
_LEAST_DECIMALS: Final = 3
"""Of degrees: fewer say no more than a kilometre does in a public layer."""


def scan_text(
    text: str, index: PrivateIndex, allowed: AllowedPlaces, *, where: str
) -> Iterator[Leak]:
    """Everything private in a text, as it stands and with its escapes undone.

    Parameters
    ----------
    text
        The text.
    index
        What is private.
    allowed
        Places that may be in it.
    where
        What it is called in a leak.
    """
    texts = dict.fromkeys((text, html.unescape(text), unquote(text), _unescaped(text)))
    found: dict[Leak, None] = {}
    for one in texts:
        for kind, what in _words(one, index):
            found[Leak(kind=kind, where=where, what=what)] = None
        for what in _coordinates(one, index, allowed):
            found[Leak(kind="coordinate", where=where, what=what)] = None
    yield from found


def _unescaped(text: str) -> str:
    r"""A text with `\u0073` and `\x73` undone."""
    return re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})",
                  lambda m: chr(int(m[1] or m[2], 16)), text)  # fmt: skip


def _words(text: str, index: PrivateIndex) -> Iterator[tuple[str, str]]:
    lower = text.lower()
    for kind, words in (
        ("site id", index.site_ids),
        ("scene id", index.scene_ids),
        ("name", index.names),
    ):
        yield from ((kind, word) for word in sorted(words) if word.lower() in lower)
    yield from (("date", day) for day in sorted(set(_days(text)) & index.days))
    if index.areas:
        numbers = {_plain_number(m.group()) for m in _NUMBER.finditer(text)}
        yield from (("area", area) for area in sorted(numbers & index.areas))


def _plain_number(text: str) -> str:
    return f"{float(text):.4f}".rstrip("0").rstrip(".") if len(text) < 20 else text


def _days(text: str) -> Iterator[str]:
    for pattern in _DAYS:
        for match in pattern.finditer(text):
            of = match.groupdict()
            try:
                if of.get("seconds"):
                    yield datetime.fromtimestamp(int(of["seconds"]), UTC).date().isoformat()
                    continue
                if of.get("doy"):
                    first = date(int(of["y"]), 1, 1).toordinal()
                    yield date.fromordinal(first + int(of["doy"]) - 1).isoformat()
                    continue
                name = of.get("month")
                month = _MONTHS.index(name.lower()) + 1 if name else int(of["m"])
                yield date(int(of["y"]), month, int(of["d"])).isoformat()
            except ValueError:
                continue


def _coordinates(text: str, index: PrivateIndex, allowed: AllowedPlaces) -> Iterator[str]:
    if not len(index.places):
        return
    matches = list(_NUMBER.finditer(text))
    if len(matches) > 1:
        values = np.array([min(max(float(m.group()), -1e9), 1e9) for m in matches])
        digits = np.array([len(m.group().split("e")[0].partition(".")[2]) for m in matches])
        starts, ends = (np.array([getattr(m, at)() for m in matches]) for at in ("start", "end"))
        for step in (1, 2):  # two: a height, or the other end of a box, stands between
            near = starts[step:] - ends[:-step] <= _APART * step
            fine = np.maximum(digits[step:], digits[:-step]) >= _LEAST_DECIMALS
            pairs = np.column_stack([values[:-step], values[step:]])
            for order in (pairs, pairs[:, ::-1]):
                candidates = order[near & fine]
                leaks = allowed.are_leaks(candidates, index, degrees=2e-5)
                yield from (f"{lon:.7g}, {lat:.7g}" for lon, lat in candidates[leaks].tolist())
                large = order[near & (np.abs(order) > 1e4).all(1)]
                if len(large):
                    at = np.zeros(len(large), bool)
                    for tree in index.metric_trees:
                        distance, _ = tree.query(large, distance_upper_bound=_METRES)
                        at |= np.isfinite(distance)
                    yield from (f"{x:.10g}, {y:.10g}" for x, y in large[at].tolist())
    yield from _sexagesimal(text, index, allowed)


def _sexagesimal(text: str, index: PrivateIndex, allowed: AllowedPlaces) -> Iterator[str]:
    """Degrees, minutes and seconds."""
    for one, two in pairwise(_DMS.finditer(text)):
        if {one[4], two[4]} & set("EW") and {one[4], two[4]} & set("NS"):
            of = {m[4]: (-1 if m[4] in "SW" else 1) *
                  (float(m[1]) + float(m[2]) / 60 + float(m[3] or 0) / 3600)
                  for m in (one, two)}  # fmt: skip
            lon = next(v for k, v in of.items() if k in "EW")
            lat = next(v for k, v in of.items() if k in "NS")
            if allowed.are_leaks(np.array([[lon, lat]]), index, degrees=3e-4).any():
                yield f"{one.group()} {two.group()}"
