"""How layers hang together: a site has periods, pads, pools, tracks and verdicts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.qgis_xml import element, layer_id, parent

PARENT: Final = "sites"
KEY: Final = "site_id"


@dataclass(frozen=True, kw_only=True)
class Relation:
    """Rows of one layer that belong to a site."""

    child: str
    """Layer that they are in."""
    title: str
    """What they are of a site."""

    @property
    def id(self) -> str:
        """Its id in the project."""
        return f"{PARENT}_{self.child}"


RELATIONS: Final = (
    Relation(child="inventory", title="Periods"),
    Relation(child="pools", title="Pools"),
    Relation(child="pads", title="Pads"),
    Relation(child="tracks", title="Tracks"),
    Relation(child="verdicts", title="Verdicts"),
)


def relations_of(layer: str) -> tuple[Relation, ...]:
    """What stands in the form of a layer.

    Parameters
    ----------
    layer
        Its name.
    """
    return RELATIONS if layer == PARENT else ()


def relations(layers: Collection[str]) -> Element:
    """The relations of a project.

    Parameters
    ----------
    layers
        Names of its layers.
    """
    made = [
        parent(
            "relation",
            element("fieldRef", referencedField=KEY, referencingField=KEY),
            id=relation.id, name=f"{relation.title} of a site", strength="Association",
            referencedLayer=layer_id(PARENT), referencingLayer=layer_id(relation.child),
        )
        for relation in RELATIONS
        if relation.child in layers and PARENT in layers
    ]  # fmt: skip
    return parent("relations", *made)
