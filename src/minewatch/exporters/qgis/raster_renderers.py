"""How rasters look: natural colour as it is, everything else in classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from minewatch.exporters.qgis.qgis_xml import element

RampEntry = tuple[float, str, str, int]
"""Value, label, colour, opacity 0..255."""
_VIRIDIS: Final = (
    "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30",
    "#fde725",
)  # fmt: skip


def raster_pipe(raster: str, *, band: int, classes: Sequence[tuple[int, str]]) -> Element:
    """The pipe of a raster layer: its renderer and what goes with it.

    Parameters
    ----------
    raster
        Name of the raster in the run.
    band
        Which band is shown, from 1.
    classes
        For `first_detected`: last day of a period as YYYYMMDD, and what the period is called.
    """
    pipe = Element("pipe")
    if raster == "natural_colour":
        pipe.append(_natural_colour())
    else:
        kind, entries = _ramp(raster, classes)
        pipe.append(_pseudocolour(entries, kind=kind, band=band))
    pipe.append(element("brightnesscontrast", brightness="0", contrast="0", gamma="1"))
    pipe.append(element("huesaturation", saturation="0", grayscaleMode="0", colorizeOn="0"))
    pipe.append(element("rasterresampler", maxOversampling="2"))
    return pipe


def _natural_colour() -> Element:
    """Red, green and blue as they are; 0 in all three was not seen, and lets through."""
    renderer = element(
        "rasterrenderer", type="multibandcolor", alphaBand="-1", opacity="1",
        redBand="1", greenBand="2", blueBand="3",
    )  # fmt: skip
    pixels = SubElement(SubElement(renderer, "rasterTransparency"), "threeValuePixelList")
    pixels.append(element("pixelListEntry", red="0", green="0", blue="0", percentTransparent="100"))
    return renderer


def _ramp(raster: str, classes: Sequence[tuple[int, str]]) -> tuple[str, list[RampEntry]]:
    """Kind of ramp (`EXACT`, `DISCRETE`, `INTERPOLATED`) and its entries, by name of the raster."""
    if raster == "observed":
        return "EXACT", [(0, "not seen", "#777777", 150), (1, "seen", "#ffffff", 0)]
    if raster == "first_detected":
        dated = [
            (float(last), name, _VIRIDIS[i * (len(_VIRIDIS) - 1) // max(len(classes) - 1, 1)], 255)
            for i, (last, name) in enumerate(classes)
        ]
        return "DISCRETE", [(0, "none", "#ffffff", 0), *dated]
    if raster == "clear_looks":
        steps = ((0, "#777777"), (2, "#deebf7"), (5, "#9ecae1"), (10, "#4292c6"), (999, "#084594"))
        labels = ("none", "1-2", "3-5", "6-10", "more than 10")
        return "DISCRETE", [(v, n, c, 200) for (v, c), n in zip(steps, labels, strict=True)]
    # [D] the rungs of the alert ladder, 2.5 and 4.5 standard deviations, in 0.01 sd
    ramp = ((0, "#ffffff", 0), (250, "#fdae61", 160), (450, "#d7191c", 220), (1000, "#7f0000", 255))
    return "INTERPOLATED", [(v, f"{v / 100:g} sd", colour, a) for v, colour, a in ramp]


def _pseudocolour(entries: Iterable[RampEntry], *, kind: str, band: int) -> Element:
    rows = list(entries)
    low, high = f"{rows[0][0]:g}", f"{rows[-1][0]:.0f}"
    renderer = element(
        "rasterrenderer", type="singlebandpseudocolor", band=str(band), opacity="1",
        alphaBand="-1", classificationMin=low, classificationMax=high, nodataColor="",
    )  # fmt: skip
    shader = SubElement(renderer, "rastershader")
    ramp = SubElement(
        shader, "colorrampshader", colorRampType=kind, classificationMode="1", clip="0",
        minimumValue=low, maximumValue=high, labelPrecision="0",
    )  # fmt: skip
    for value, label, colour, opacity in rows:
        ramp.append(
            element("item", value=f"{value:.0f}", label=label, color=colour, alpha=str(opacity))
        )
    return renderer
