"""Colours of states, alerts and kinds, the same in every map. Safe for colour-blind readers.

References
----------
Okabe, M. & Ito, K. (2008), Color Universal Design: the eight colours most of these are taken from.
"""

from __future__ import annotations

from typing import Final

STATE_COLOURS: Final[dict[str, str]] = {
    "active": "#d55e00",
    "idle": "#e69f00",
    "abandoned_wet": "#0072b2",
    "abandoned_dry": "#cc79a7",
    "revegetated": "#009e73",
    "not_observed": "#999999",
}
"""A colour for each of `STATES`: warm is at work, blue is standing water, grey is not known."""

STATE_MARKERS: Final[dict[str, str]] = {
    "active": "circle",
    "idle": "square",
    "abandoned_wet": "triangle",
    "abandoned_dry": "diamond",
    "revegetated": "pentagon",
    "not_observed": "cross2",
}
"""A shape for each of `STATES`, where a map is too coarse for outlines: names of QGIS's markers."""

ALERT_COLOURS: Final[dict[str, str]] = {
    "confirmed": "#d81b60",
    "provisional": "#d81b60",
    "candidate": "#d81b60",
    "rejected": "#777777",
}
"""Of site outlines, for each of `ALERTS`; the rung shows in the dash, see `ALERT_DASHES`."""

ALERT_DASHES: Final[dict[str, str]] = {
    "confirmed": "solid",
    "provisional": "dash",
    "candidate": "dot",
    "rejected": "dot",
}
"""Line of site outlines, for each of `ALERTS`."""

FEATURE_COLOURS: Final[dict[str, str]] = {"pad": "#d2b48c", "road": "#7b4a1e", "pool": "#2b7bba"}
"""A colour for each of `FEATURE_KINDS`, in the order of drawing."""
