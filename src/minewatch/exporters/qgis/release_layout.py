"""The print layout of a release: a page a period, with its profile, licence and delay on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.layout_items import MAP, Box, LayoutItems
from minewatch.exporters.qgis.qgis_xml import element, layer_id, option, parent
from minewatch.exporters.release_rows import release_words
from minewatch.model import LayerSet

NAME: Final = "Release"
_PARTS: Final = LayoutItems(NAME)
_MAP: Final = "Sites by cell"
_MAP_MM: Final = (10.0, 30.0, 160.0, 150.0)
_BEGIN: Final = "to_datetime(attribute(@atlas_feature, 'first_month') || '-01')"
_END: Final = (
    "to_datetime(attribute(@atlas_feature, 'last_month') || '-01') + to_interval('1 month')"
    " - to_interval('1 second')"
)


def release_layouts(
    layers: LayerSet,
    ground: tuple[float, float, float, float],
    *,
    entries: Mapping[str, tuple[str, str]],
    coverage: tuple[str, str, str],
    caution: str,
) -> Element:
    """The layouts of a project of a release.

    Parameters
    ----------
    layers
        What it shows.
    ground
        West, south, east and north of it, metres of the project.
    entries
        Layers of the legend to their title and source.
    coverage
        Name, title and source of the layer with a row a period.
    caution
        What every reader must know first.
    """
    profile = layers.about.get("profile", "")
    title = f'{layers.title}, [% "period" %]'
    words = [
        ("Title", _plain(title), (10.0, 8.0, 277.0, 9.0), 16, True, "#000000"),
        ("Profile", f"{profile.upper()} RELEASE: {layers.about.get('audience', '')}",
         (10.0, 18.0, 277.0, 8.0), 12, True, "#08519c"),
        ("Notes", "\n\n".join(_plain(text) for text in release_words(layers)),
         (176.0, 78.0, 111.0, 108.0), 9, False, "#333333"),
        ("Caution", caution, (10.0, 190.0, 277.0, 7.0), 11, True, "#b00020"),
    ]  # fmt: skip
    items = [
        _map(ground),
        _PARTS.legend(entries, (176.0, 30.0, 111.0, 45.0), of_map=_MAP, columns=2),
        _PARTS.scale_bar(_MAP, (12.0, 182.0, 60.0, 8.0)),
        _PARTS.north(_MAP, (160.0, 32.0, 8.0, 8.0)),
        *(_PARTS.label(*word) for word in words),
    ]
    name, layer_title, source = coverage
    atlas = element(
        "Atlas", enabled="1", coverageLayer=layer_id(name), coverageLayerName=layer_title,
        coverageLayerSource=source, coverageLayerProvider="ogr", hideCoverage="0",
        sortFeatures="1", sortKey='"first_month"', sortAscending="1",
        pageNameExpression='"period"', filenamePattern="'release-' || \"first_month\"",
        filterFeatures="0",
    )  # fmt: skip
    single = parent("customproperties", option("", {"singleFile": True}))
    return parent("Layouts", _PARTS.layout(items, single, atlas))


def _map(ground: tuple[float, float, float, float]) -> Element:
    west, south, east, north = ground
    width, height = _MAP_MM[2:]
    half = max((east - west) / width, (north - south) / height) * 1.05 / 2
    x, y = (west + east) / 2, (south + north) / 2
    box: Box = x - half * width, y - half * height, x + half * width, y + half * height
    children = [
        element("Extent", **dict(zip(("xmin", "ymin", "xmax", "ymax"),
                                     (f"{v:.1f}" for v in box), strict=True))),
        element("LayerSet"),
        element("AtlasMap", atlasDriven="0", scalingMode="2", margin="0.1"),
    ]  # fmt: skip
    return _PARTS.item(
        MAP, _MAP, _MAP_MM, children, frame="true", background="true",
        properties={"dataDefinedStartDateTime": _BEGIN, "dataDefinedEndDateTime": _END},
        followPreset="false", followPresetName="", keepLayerSet="false", isTemporal="1",
        mapRotation="0", drawCanvasItems="true", mapFlags="0", labelMargin="0,mm",
    )  # fmt: skip


def _plain(text: str) -> str:
    """Text in which only the name of the period is taken for an expression."""
    return text.replace("[%", "[ %").replace('[ % "period" %]', '[% "period" %]')
