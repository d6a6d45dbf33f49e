"""Forms and tables of attributes: names with units, lists of values, calendars, tabs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.layer_relations import Relation, relations_of
from minewatch.exporters.qgis.qgis_xml import element, option, parent
from minewatch.model import ALERTS, CHANGE_KINDS, STATES, Contract, NamedLayer
from minewatch.model.tables import FEATURE_KINDS
from minewatch.model.verdicts import NOT_MINE, VERDICTS

NULL: Final = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"
"""How a list of values of QGIS writes that there is none."""
EDITABLE: Final = frozenset({"verdict", "verdict_reason", "verdict_by", "note"})
"""What people may change: `review import` takes these, and outlines, back."""
EDITED_LAYERS: Final = ("verdicts", "sites", "changes")
"""Layers whose verdicts can be edited."""
_UNITS: Final = {
    "_m2": "m²", "_km2": "km²", "_deg": "degrees", "_km": "km", "_m": "m", "_fraction": "0 to 1",
    "_share": "0 to 1",
}  # fmt: skip
_LISTS: Final[Mapping[str, Sequence[str]]] = {
    "alert": ALERTS, "alert_then": ALERTS, "state": STATES,
    "kind": (*FEATURE_KINDS, *CHANGE_KINDS),
}  # fmt: skip
_TABS: Final[Mapping[str, tuple[str, ...]]] = {
    "Verdict": ("verdict", "verdict_reason", "verdict_by", "verdict_at", "note", "others"),
    "What and when": (
        "site_id", "name", "kind", "period", "alert", "state", "confidence", "reject_reason",
        "first_detected", "last_undisturbed", "last_activity", "last_seen", "water_last_seen",
        "controlling_group", "source", "chip",
    ),
    "Areas": (
        "area_m2", "max_disturbed_area_m2", "max_pool_area_m2", "disturbed_area_m2", "new_area_m2",
        "pad_area_m2", "pool_area_m2", "pool_area_low_m2", "pool_area_high_m2", "pool_count_low",
        "pool_count_high", "water_area_m2", "water_area_low_m2", "water_area_high_m2",
    ),
}  # fmt: skip
"""Tabs of a form and what stands in them, as far as a layer has it; the rest stands in `More`."""


def alias(column: str) -> str:
    """A column's name for people, with its unit.

    Examples
    --------
    >>> alias("pool_area_low_m2")
    'Pool area low (m²)'
    >>> alias("observed_fraction")
    'Observed fraction (0 to 1)'
    >>> alias("site_id")
    'Site id'
    """
    unit = next((u for ending, u in _UNITS.items() if column.endswith(ending)), "")
    bare = re.sub(r"_(m2|km2|deg|km|m)$", "", column).replace("_", " ")
    words = bare[:1].upper() + bare[1:]
    if column.startswith("metres_"):
        words, unit = words.removeprefix("Metres ").capitalize(), "m"
    if column == "confidence":
        unit = "0 to 1"
    return f"{words} ({unit})" if unit else words


def form(
    layer: NamedLayer, columns: Sequence[str], *, with_relations: bool = True
) -> list[Element]:
    """Everything of a layer that decides its form and its table of attributes.

    Parameters
    ----------
    layer
        The layer.
    columns
        Its fields in the GeoPackage, `fid` first.
    with_relations
        Whether rows of other layers stand in it; a style outside of a project cannot have them.
    """
    return [
        parent("fieldConfiguration", *(_field(name, layer.contract) for name in columns)),
        parent(
            "aliases",
            *(
                element("alias", field=name, index=str(n), name=alias(name))
                for n, name in enumerate(columns)
            ),
        ),
        parent(
            "constraintExpressions",
            *(
                element("constraint", field=name, exp=_CHECKS[name][0], desc=_CHECKS[name][1])
                for name in columns
                if name in _CHECKS
            ),
        ),
        _table(columns, layer.contract),
        element("editorlayout", "tablayout"),
        parent("attributeEditorForm", *_tabs(layer, columns, with_relations=with_relations)),
        parent(
            "editable",
            *(
                element("field", name=name, editable=str(int(_is_editable(layer, name))))
                for name in columns
            ),
        ),
    ]


_CHECKS: Final = {
    "verdict_reason": (
        f'"verdict_reason" IS NULL OR "verdict" = \'{NOT_MINE}\'',
        "only what is not a mine has a reason",
    )
}
"""Column to an expression that it should fulfil, and the words for it."""


def _is_editable(layer: NamedLayer, column: str) -> bool:
    if layer.name == "verdicts" and column == "site_id":
        return False
    return layer.name in EDITED_LAYERS and column in EDITABLE


def _field(name: str, contract: Contract) -> Element:
    kind, values = _widget(name, contract)
    config = parent("config", option("", values))
    return parent("field", parent("editWidget", config, type=kind), name=name)


def _widget(name: str, contract: Contract) -> tuple[str, Mapping[str, object]]:
    """Kind of editor and its settings."""
    if name == "fid":
        return "Hidden", {}
    if name == "verdict":
        return "ValueMap", _choices({v: f"{v.replace('_', ' ')}: {m}" for v, m in VERDICTS.items()})
    if name == "verdict_reason":
        return "ValueMap", _choices({k: f"{k.replace('_', ' ')}: {c.meaning}"
                                     for k, c in CHANGE_KINDS.items()})  # fmt: skip
    if name in _LISTS:
        return "ValueMap", _choices({v: v.replace("_", " ") for v in _LISTS[name]})
    if name in contract and contract[name].kind == "date":
        return "DateTime", {
            "display_format": "yyyy-MM-dd", "field_format": "yyyy-MM-dd",
            "calendar_popup": True, "allow_null": True, "field_iso_format": False,
        }  # fmt: skip
    if name == "chip":
        return "ExternalResource", {
            "DocumentViewer": 1, "DocumentViewerHeight": 0, "DocumentViewerWidth": 0,
            "FileWidget": False, "FileWidgetButton": False, "FileWidgetFilter": "",
            "RelativeStorage": 1, "StorageMode": 0, "UseLink": False,
        }  # fmt: skip
    return "TextEdit", {"IsMultiline": name == "note", "UseHtml": False}


def _choices(values: Mapping[str, str]) -> Mapping[str, object]:
    shown = [{"(none)": NULL}, *({words: value} for value, words in values.items())]
    return {"map": shown}


def _table(columns: Sequence[str], contract: Contract) -> Element:
    """Which columns the table of attributes shows: those of the contract."""
    rows = [
        element("column", type="field", name=name, width="-1",
                hidden=str(int(name not in contract and name != "simulated")))
        for name in columns
    ]  # fmt: skip
    sort = '"site_id"' if "site_id" in columns else ""
    return parent(
        "attributetableconfig", parent("columns", *rows), actionWidgetStyle="dropDown",
        sortExpression=sort, sortOrder="0",
    )  # fmt: skip


def _tabs(layer: NamedLayer, columns: Sequence[str], *, with_relations: bool) -> list[Element]:
    named = {tab: [name for name in names if name in columns] for tab, names in _TABS.items()}
    placed = {name for names in named.values() for name in names}
    named["More"] = [n for n in columns if n not in placed and n != "fid" and n in layer.contract]
    order = (
        list(named) if layer.name == "verdicts" else ["What and when", "Areas", "Verdict", "More"]
    )
    tabs = [
        _tab(tab, [_shown(name, columns) for name in named[tab]]) for tab in order if named[tab]
    ]
    if with_relations:
        tabs += [_tab(relation.title, [_editor(relation)]) for relation in relations_of(layer.name)]
    return tabs


def _shown(name: str, columns: Sequence[str]) -> Element:
    index = str(columns.index(name))
    return element("attributeEditorField", name=name, index=index, showLabel="1")


def _tab(name: str, children: Sequence[Element]) -> Element:
    return parent(
        "attributeEditorContainer", *children, name=name, showLabel="1", groupBox="0",
        columnCount="1", visibilityExpressionEnabled="0", visibilityExpression="",
    )  # fmt: skip


def _editor(relation: Relation) -> Element:
    return parent(
        "attributeEditorRelation", parent("editor_configuration"), name=relation.id,
        relation=relation.id, relationWidgetTypeId="relation_editor", nmRelationId="",
        showLabel="1", label="", forceSuppressFormPopup="0",
    )  # fmt: skip
