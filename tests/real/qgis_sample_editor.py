"""Run by the system's python3: fills in the form of a sample in QGIS, and reads what AcATaMa reads.

Words: the folder of a sample, and JSON of unit to label. Prints JSON of what QGIS found.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import QgsApplication, QgsRaster, QgsRasterLayer, QgsVectorLayer
from qgis.gui import QgsAttributeForm, QgsGui


def fill_in(folder: str, labels: dict[str, str]) -> dict[str, object]:
    """Labels given in the form of the layer, one unit after the other, and saved."""
    layer = QgsVectorLayer(f"{folder}/labels.gpkg|layername=labels", "labels", "ogr")
    fields = layer.fields()
    setup = layer.editorWidgetSetup(fields.indexOf("label"))
    choices = [next(iter(of.values())) for of in setup.config().get("map", [])]
    read_only = [
        name for name in fields.names() if layer.editFormConfig().readOnly(fields.indexOf(name))
    ]
    layer.startEditing()
    saved = {}
    for feature in layer.getFeatures():
        if feature["unit"] in labels:
            form = QgsAttributeForm(layer, feature)
            form.changeAttribute("label", labels[feature["unit"]])
            form.changeAttribute("interpreter", "Kai")
            saved[feature["unit"]] = form.save()
    errors = [] if layer.commitChanges() else layer.commitErrors()
    return {
        "valid": layer.isValid(), "widget": setup.type(), "choices": choices,
        "read_only": read_only, "saved": saved, "errors": errors,
        "renderer": layer.renderer().type(),
    }  # fmt: skip


def read_as_acatama(folder: str) -> dict[str, object]:
    """Points and the thematic map at each, looked up without reprojection as AcATaMa does."""
    points = QgsVectorLayer(f"{folder}/acatama.gpkg|layername=sampling", "sampling", "ogr")
    frame = QgsRasterLayer(f"{folder}/acatama-frame.tif", "frame")
    at = points.fields().lookupField("id")
    found = {}
    for feature in points.getFeatures():
        value = frame.dataProvider().identify(
            feature.geometry().asPoint(), QgsRaster.IdentifyFormatValue
        )
        found[str(feature.attributes()[at])] = value.results().get(1)
    return {
        "valid": points.isValid() and frame.isValid(), "found": found,
        "same_system": points.crs().authid() == frame.crs().authid(),
    }  # fmt: skip


def main() -> None:
    folder, labels = sys.argv[1], json.loads(sys.argv[2])
    app = QgsApplication([], True)
    app.initQgis()
    QgsGui.editorWidgetRegistry().initEditors()
    found = {"form": fill_in(folder, labels)}
    if Path(folder, "acatama-frame.tif").exists():
        found["acatama"] = read_as_acatama(folder)
    sys.stdout.write("\n" + json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(0)  # QGIS crashes now and then while it is taken down


main()
