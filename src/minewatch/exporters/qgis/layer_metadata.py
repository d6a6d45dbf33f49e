"""What a layer says of itself: title, meaning of its columns, sources, and whether it is real."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.qgis_xml import element, parent
from minewatch.model import Contract, RunResult

UNVERIFIED: Final = (
    "Detected in satellite images and not verified on the ground: a site is a claim until a person "
    "has looked at it."
)
SIMULATED: Final = "SIMULATED data: made by a program, no real place."
_KEYWORDS: Final = ("mining", "rare earths", "site inventory", "change detection")


def caution(result: RunResult) -> str:
    """What every reader must know: simulated, or not verified.

    Parameters
    ----------
    result
        A finished run.
    """
    return SIMULATED if result.simulated else UNVERIFIED


def sources(result: RunResult) -> str:
    """Whose data it is made of, with what, and of which days.

    Parameters
    ----------
    result
        A finished run.
    """
    manifest = result.manifest
    parameters = manifest["parameters"]
    attribution = str(manifest["aoi"].get("attribution", "")) or "not stated"
    days = f"{parameters['start']} to {parameters['end']}"
    return f"Sources: {attribution}. Images of {days}. minewatch {manifest['version']}."


def metadata(title: str, about: str, contract: Contract, result: RunResult) -> Element:
    """The metadata of a layer.

    Parameters
    ----------
    title, about
        What it is called, and what its reader must know.
    contract
        Its columns, whose meanings it lists.
    result
        The run.
    """
    columns = "\n".join(f"{name}: {column.meaning}" for name, column in contract.items())
    words = "\n\n".join(part for part in (caution(result), about, columns) if part)
    keywords = [*_KEYWORDS, *(("simulated",) if result.simulated else ())]
    return parent(
        "resourceMetadata",
        element("identifier"), element("parentidentifier"), element("language", "en"),
        element("type", "dataset"), element("title", title), element("abstract", words),
        parent("keywords", *(element("keyword", k) for k in keywords), vocabulary="minewatch"),
        parent("links"), element("history", sources(result)), element("fees"),
        element("rights", str(result.manifest["aoi"].get("attribution", ""))),
        element("encoding"), parent("crs"), parent("extent"),
    )  # fmt: skip
