"""Items of print layouts: words, legend, scale bar, arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.layer_labels import FONT, text_style
from minewatch.exporters.qgis.qgis_xml import (
    element,
    expression_properties,
    layer_id,
    make_uuid,
    parent,
)
from minewatch.exporters.qgis.vector_symbols import fill, line_symbol

PAGE_MM: Final = (297.0, 210.0)
MAP, LABEL, LEGEND, SCALE_BAR, PICTURE = "65639", "65641", "65642", "65646", "65640"
FRAME, TABLE, PAGE = "65647", "65649", "65638"
Box = tuple[float, float, float, float]
"""x, y, width and height on the page, mm."""


@dataclass(frozen=True)
class LayoutItems:
    """Makes the items of one layout."""

    name: str
    """Of the layout: ids of items follow from it."""

    def layout(self, items: Sequence[Element], *more: Element) -> Element:
        """The layout of its items, the later ones above the earlier.

        Parameters
        ----------
        items
            What stands on the page.
        more
            What belongs to the layout as a whole: tables, an atlas.
        """
        for z, item in enumerate(items, start=1):
            item.set("zValue", str(z))
        return parent(
            "Layout",
            element("Snapper", snapToGrid="0", tolerance="5", snapToGuides="1", snapToItems="1"),
            element(
                "Grid", offsetX="0", offsetY="0", offsetUnits="mm", resolution="10", resUnits="mm"
            ),
            self.page(), *items, *more,
            name=self.name, units="mm", printResolution="150", worldFileMap="",
        )  # fmt: skip

    def item(
        self,
        kind: str,
        name: str,
        box: Box,
        children: Sequence[Element] = (),
        *,
        properties: Mapping[str, str] | None = None,
        **attributes: str,
    ) -> Element:
        """An item of any kind; its id follows from its name.

        Parameters
        ----------
        kind, name, box
            What it is, what it is called, where it stands.
        children, properties, attributes
            What it holds; `properties` follow from expressions.
        """
        x, y, width, height = box
        key = make_uuid(self.name, name)
        place = f"{x:g},{y:g},mm"
        inside = (
            []
            if properties is None
            else [expression_properties(properties, tag="dataDefinedProperties")]
        )
        return parent(
            "LayoutItem",
            element("FrameColor", red="120", green="120", blue="120", alpha="255"),
            element("BackgroundColor", red="255", green="255", blue="255", alpha="255"),
            parent("LayoutObject", *inside),
            *children,
            type=kind, id=name, uuid=key, templateUuid=key, position=place, positionOnPage=place,
            size=f"{width:g},{height:g},mm", referencePoint="0", itemRotation="0", visibility="1",
            opacity="1", blendMode="0", excludeFromExports="0", positionLock="false", groupUuid="",
            outlineWidthM="0.2,mm", frameJoinStyle="miter",
            **{"frame": "false", "background": "false", **attributes},
        )  # fmt: skip

    def page(self) -> Element:
        """The paper."""
        key = make_uuid(self.name, "page")
        paper = fill("#ffffff", line="no")
        page = self.item(PAGE, "page", (0, 0, *PAGE_MM), [paper], background="true")
        page.set("uuid", key)
        blank = fill("#ffffff", line="no")
        guides = element("GuideCollection", visible="1")
        return parent("PageCollection", blank, page, guides)

    def label(
        self, of: str, text: str, box: Box, size_pt: int, is_bold: bool, colour: str
    ) -> Element:
        """Words.

        Parameters
        ----------
        of
            What they are of.
        text, box, size_pt, is_bold, colour
            What they say, where, and how.
        """
        red, green, blue = bytes.fromhex(colour.removeprefix("#"))
        weight = "75" if is_bold else "50"
        description = f"{FONT},{size_pt},-1,5,{weight},0,0,0,0,0"
        style = text_style(size_pt=size_pt, is_bold=is_bold)
        style.set("textColor", f"{red},{green},{blue},255")
        children = [
            element("LabelFont", description=description, style=""),
            element("FontColor", red=str(red), green=str(green), blue=str(blue), alpha="255"),
            style,
        ]  # fmt: skip
        return self.item(
            LABEL, f"Words: {of}", box, children, labelText=text, htmlState="0", halign="1",
            valign="128",
            marginX="0", marginY="0",
        )  # fmt: skip

    def scale_bar(self, of_map: str, box: Box) -> Element:
        """The scale of a map.

        Parameters
        ----------
        of_map, box
            Name of the map, and where it stands.
        """
        line = line_symbol("#000000", width_mm=0.3)
        children = [
            text_style(size_pt=9),
            element("fillColor", red="0", green="0", blue="0", alpha="255"),
            element("fillColor2", red="255", green="255", blue="255", alpha="255"),
            element("strokeColor", red="0", green="0", blue="0", alpha="255"),
            parent("lineSymbol", line),
        ]  # fmt: skip
        return self.item(
            SCALE_BAR, "Scale bar", box, children, mapUuid=make_uuid(self.name, of_map),
            style="Single Box",
            unitType="meters", unitLabel="m", numMapUnitsPerScaleBarUnit="1", segmentSizeMode="1",
            minBarWidth="30", maxBarWidth="55", numSegments="2", numSegmentsLeft="0",
            numUnitsPerSegment="100", segmentMillimeters="20", height="2.5", labelBarSpace="1.5",
            boxContentSpace="0.5", alignment="0", outlineWidth="0.3", labelHorizontalPlacement="0",
            labelVerticalPlacement="0",
        )  # fmt: skip

    def north(self, of_map: str, box: Box) -> Element:
        """An arrow to the north of a map.

        Parameters
        ----------
        of_map, box
            Name of the map, and where it stands.
        """
        return self.item(
            PICTURE, "North", box, file=":/images/north_arrows/layout_default_north_arrow.svg",
            mapUuid=make_uuid(self.name, of_map), northMode="0", northOffset="0",
            mode="1", resizeMode="0",
            anchorPoint="0", pictureRotation="0", pictureWidth="8", pictureHeight="8",
            svgFillColor="255,255,255,255", svgBorderColor="0,0,0,255", svgBorderWidth="0.2",
        )  # fmt: skip

    def legend(
        self, entries: Mapping[str, tuple[str, str]], box: Box, *, of_map: str, columns: int = 2
    ) -> Element:
        """What the symbols of layers mean.

        Parameters
        ----------
        entries
            Layer to its title and its source.
        box, of_map, columns
            Where it stands, name of its map, columns side by side.
        """
        sizes = {"title": 11, "group": 9, "subgroup": 9, "symbol": 8, "symbolLabel": 8}
        styles = [
            parent(
                "style",
                element("styleFont", description=f"{FONT},{size},-1,5,50,0,0,0,0,0", style=""),
                text_style(size_pt=size, is_bold=name in ("title", "subgroup")),
                name=name, alignment="1", indent="0", marginTop="1", marginLeft="1",
                marginBottom="0",
            )
            for name, size in sizes.items()
        ]  # fmt: skip
        tree = parent(
            "layer-tree-group",
            *(
                element(
                    "layer-tree-layer", id=layer_id(name), name=title,
                    source=source, providerKey="ogr", checked="Qt::Checked", expanded="1",
                    legend_exp="", patch_size="-1,-1", legend_split_behavior="0",
                )
                for name, (title, source) in entries.items()
            ),
        )  # fmt: skip
        return self.item(
            LEGEND, "Legend", box, [parent("styles", *styles), tree], title="", titleAlignment="1",
            map_uuid=make_uuid(self.name, of_map), legendFilterByMap="0", legendFilterByAtlas="0",
            resizeToContents="1", columnCount=str(columns), splitLayer="1", equalColumnWidth="0",
            boxSpace="0", columnSpace="3", symbolWidth="6", symbolHeight="4", symbolAlignment="1",
            lineSpacing="1",
            maxSymbolSize="0", minSymbolSize="0", wmsLegendWidth="50", wmsLegendHeight="25",
            fontColor="#000000", wrapChar="", rasterBorder="1", rasterBorderColor="0,0,0,255",
            rasterBorderWidth="0", background="true",
        )  # fmt: skip
