"""A print layout with an atlas: a page a site, before beside after, with what must stand there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.attribute_forms import alias
from minewatch.exporters.qgis.layer_labels import text_style
from minewatch.exporters.qgis.layer_metadata import caution, sources
from minewatch.exporters.qgis.layer_relations import PARENT, RELATIONS
from minewatch.exporters.qgis.layout_items import FRAME, MAP, TABLE, Box, LayoutItems
from minewatch.exporters.qgis.map_themes import AFTER, BEFORE, Theme
from minewatch.exporters.qgis.project_layers import VECTORS
from minewatch.exporters.qgis.qgis_xml import (
    element,
    layer_id,
    make_uuid,
    option,
    parent,
)
from minewatch.exporters.qgis.vector_symbols import fill
from minewatch.model import RunResult

NAME: Final = "Site sheets"
_PARTS: Final = LayoutItems(NAME)
_LEAST_SCALE: Final = 5_000
"""At 1:5 000 a pixel of 10 m is 2 mm wide; closer shows nothing more."""
_MAPS: Final = ((BEFORE, 10.0), (AFTER, 108.0))
_MAP_MM: Final = (94.0, 94.0)
_COLUMNS: Final = (
    "period", "state", "alert", "confidence", "disturbed_area_m2", "pool_area_m2", "clear_looks",
    "verdict",
)  # fmt: skip
_LEGEND_LAYERS: Final = ("sites", "inventory", "pools", "pads", "tracks")


def layouts(
    result: RunResult,
    layers: Collection[str],
    themes: Sequence[Theme],
    sources_of: Mapping[str, str],
) -> Element:
    """The layouts of a project: one page a site.

    Parameters
    ----------
    result
        A finished run.
    layers
        Names of the vector layers.
    themes
        Themes of the project.
    sources_of
        Layer to its source, relative to the project.
    """
    named = {theme.name for theme in themes}
    whole = result.aoi.geometry_utm.bounds
    items = [
        _map(result, name, (x, 30.0, *_MAP_MM), whole, theme=name if name in named else "")
        for name, x in _MAPS
    ]
    items.append(_overview(result, whole, (206.0, 30.0, 81.0, 60.0)))
    items += _words(result, themes)
    items.append(_PARTS.scale_bar(BEFORE, (10.0, 126.0, 60.0, 10.0)))
    items.append(_PARTS.north(AFTER, (192.0, 32.0, 8.0, 8.0)))
    items.append(
        _PARTS.legend(
            {n: (VECTORS[n].title, sources_of[n]) for n in _LEGEND_LAYERS if n in layers},
            (206.0, 93.0, 81.0, 90.0),
            of_map=AFTER,
        )
    )
    table, frame = _period_table(sources_of, (10.0, 138.0, 192.0, 46.0))
    atlas = element(
        "Atlas", enabled="1", coverageLayer=layer_id(PARENT),
        coverageLayerName=VECTORS[PARENT].title,
        coverageLayerSource=sources_of[PARENT], coverageLayerProvider="ogr", hideCoverage="0",
        sortFeatures="1", sortKey='"site_id"', sortAscending="1", pageNameExpression='"site_id"',
        filenamePattern="'site-' || \"site_id\"", filterFeatures="0",
    )  # fmt: skip
    single = parent("customproperties", option("", {"singleFile": True}))
    layout = _PARTS.layout([*items, frame], table, single, atlas)
    return parent("Layouts", layout)


def _map(result: RunResult, name: str, box: Box, whole: Box, *, theme: str) -> Element:
    """A map round the site of the page, in the look of a theme, whatever the clock says."""
    utm = f"EPSG:{result.aoi.utm_epsg}"
    scale = (
        f"with_variable('g', transform(@atlas_geometry, 'EPSG:4326', '{utm}'), max({_LEAST_SCALE}, "
        f"1600 * max(bounds_width(@g), bounds_height(@g)) / {_MAP_MM[0]:g}))"
    )
    west, south, east, north = whole
    x, y = (west + east) / 2, (south + north) / 2
    half = (east - west) / 2
    children = [
        element("Extent", xmin=f"{x - half:.3f}", ymin=f"{y - half:.3f}", xmax=f"{x + half:.3f}",
                ymax=f"{y + half:.3f}"),
        element("LayerSet"),
        element("AtlasMap", atlasDriven="1", scalingMode="2", margin="0.5"),
    ]  # fmt: skip
    return _PARTS.item(
        MAP, name, box, children, properties={"dataDefinedMapScale": scale}, frame="true",
        background="true", followPreset="true" if theme else "false", followPresetName=theme,
        keepLayerSet="false", isTemporal="0", mapRotation="0", drawCanvasItems="true", mapFlags="0",
        labelMargin="0,mm",
    )  # fmt: skip


def _overview(result: RunResult, whole: Box, box: Box) -> Element:
    """Where in the area the site lies."""
    west, south, east, north = whole
    ratio = box[2] / box[3]
    half_y = max((north - south) / 2, (east - west) / 2 / ratio) * 1.05
    x, y = (west + east) / 2, (south + north) / 2
    frame = fill("#d81b60", brush="no", width_mm=0.8)
    frame.set("name", "")
    children = [
        element("Extent", xmin=f"{x - half_y * ratio:.3f}", ymin=f"{y - half_y:.3f}",
                xmax=f"{x + half_y * ratio:.3f}", ymax=f"{y + half_y:.3f}"),
        parent(
            "LayerSet",
            *(
                element("Layer", layer_id(name), name=VECTORS[name].title, provider="ogr",
                        source=f"./minewatch.gpkg|layername={name}")
                for name in ("places", "aoi")
            ),
        ),
        parent(
            "ComposerMapOverview", frame, name="Site", show="1", centered="0", inverted="0",
            uuid=make_uuid(NAME, "overview of", AFTER), frameMap=make_uuid(NAME, AFTER),
            position="3", blendMode="0",
        ),
        element("AtlasMap", atlasDriven="0", scalingMode="2", margin="0.1"),
    ]  # fmt: skip
    return _PARTS.item(
        MAP, "Where it lies", box, children, frame="true", background="true",
        followPreset="false", followPresetName="", keepLayerSet="true", isTemporal="0",
        mapRotation="0", drawCanvasItems="true", mapFlags="0", labelMargin="0,mm",
    )  # fmt: skip


def _words(result: RunResult, themes: Sequence[Theme]) -> list[Element]:
    """Title, what each map shows, sources and caution."""
    name = _plain(result.name)
    title = f'Site [% "site_id" %]  ({name})'
    about = (
        "Alert: [% \"alert\" %]. State in the latest period: [% replace(\"state\", '_', ' ') %]. "
        "First detected: [% format_date(\"first_detected\", 'yyyy-MM-dd') %]; last undisturbed: "
        "[% coalesce(format_date(\"last_undisturbed\", 'yyyy-MM-dd'), 'not known') %]. "
        "Verdict: [% coalesce(replace(\"verdict\", '_', ' '), 'nobody looked') %]."
    )
    shown = _shown(result, themes)
    words = [
        ("Title", title, (10.0, 8.0, 277.0, 9.0), 16, True, "#000000"),
        ("About", about, (10.0, 17.0, 277.0, 6.0), 9, False, "#000000"),
        *(
            (which, f"{which}: {shown.get(which)}", (x, 24.0, 94.0, 5.5), 10, True, "#000000")
            for which, x in _MAPS
        ),
        ("Caution", caution(result), (10.0, 187.0, 277.0, 6.0), 11, True, "#b00020"),
        ("Sources", sources(result), (10.0, 194.0, 277.0, 10.0), 8, False, "#333333"),
    ]  # fmt: skip
    return [_PARTS.label(*word) for word in words]


def _shown(result: RunResult, themes: Sequence[Theme]) -> dict[str, str]:
    """What the maps before and after are of: the period of their picture."""
    labels = {str(p["start"]): str(p["label"]) for p in result.manifest["periods"]}
    found = {}
    for theme in themes:
        if theme.name in (BEFORE, AFTER):
            picture = next((n for n in theme.styles if n.startswith("natural_colour")), "")
            day = picture.rpartition("_")[2]
            found[theme.name] = f"natural colour, {labels.get(day, day)}" if day else "no picture"
    return found


def _plain(text: str) -> str:
    """Text in which nothing is taken for an expression."""
    return text.replace("[%", "[ %")


def _period_table(sources_of: Mapping[str, str], box: Box) -> tuple[Element, Element]:
    """The periods of the site of the page, and the frame they stand in."""
    relation = next(r for r in RELATIONS if r.child == "inventory")
    key, frame_key = make_uuid(NAME, "periods"), make_uuid(NAME, "Periods")
    columns = [
        parent(
            "column", element("backgroundColor", red="0", green="0", blue="0", alpha="0"),
            attribute=f'round("{name}")' if name.endswith("_m2") else name,
            heading=alias(name), hAlignment="1",
            vAlignment="128", width="0", sortByRank="0", sortOrder="0",
        )
        for name in _COLUMNS
    ]  # fmt: skip
    by_time = parent(
        "column", element("backgroundColor", red="0", green="0", blue="0", alpha="0"),
        attribute="valid_from", heading="", hAlignment="1", vAlignment="128", width="0",
        sortByRank="1", sortOrder="0",
    )  # fmt: skip
    table = parent(
        "LayoutMultiFrame",
        parent("childFrame", uuid=frame_key, templateUuid=frame_key),
        parent("headerTextFormat", text_style(size_pt=8, is_bold=True)),
        parent("contentTextFormat", text_style(size_pt=8)),
        parent("displayColumns", *columns),
        parent("sortColumns", by_time),
        type=TABLE, uuid=key, templateUuid=key, source="2", relationId=relation.id,
        vectorLayer=layer_id("inventory"), vectorLayerName=VECTORS["inventory"].title,
        vectorLayerSource=sources_of["inventory"], vectorLayerProvider="ogr", maxFeatures="12",
        headerMode="0", headerHAlignment="0", cellMargin="0.7", showGrid="1", horizontalGrid="1",
        verticalGrid="0", gridStrokeWidth="0.2", gridColor="120,120,120,255", emptyTableMode="0",
        emptyTableMessage="", showEmptyRows="0", wrapBehavior="0", wrapString="",
        backgroundColor="255,255,255,0", showOnlyVisibleFeatures="0", filterToAtlasIntersection="0",
        filterFeatures="false", featureFilter="", showUniqueRowsOnly="0", useConditionalStyling="0",
        resizeMode="0",
    )  # fmt: skip
    frame = _PARTS.item(
        FRAME, "Periods", box, multiFrame=key, multiFrameTemplateUuid=key, sectionX="0",
        sectionY="0", sectionWidth=f"{box[2]:g}", sectionHeight=f"{box[3]:g}",
        hidePageIfEmpty="0", hideBackgroundIfEmpty="0",
    )  # fmt: skip
    return table, frame
