"""Run by the system's python3: edits outlines and verdicts of a GeoPackage in QGIS, and saves."""

from __future__ import annotations

import json
import sys

from qgis.core import QgsApplication, QgsGeometry, QgsVectorLayer


def main() -> None:
    path, layer_name, edits = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    app = QgsApplication([], False)
    app.initQgis()
    layer = QgsVectorLayer(f"{path}|layername={layer_name}", layer_name, "ogr")
    done = {"valid": layer.isValid(), "edited": [], "errors": []}
    layer.startEditing()
    for feature in layer.getFeatures():
        edit = edits.get(feature["site_id"])
        if edit is None:
            continue
        if "outline" in edit:
            shape = QgsGeometry.fromWkt(edit["outline"])
            shape.convertToMultiType()
            layer.changeGeometry(feature.id(), shape)
        for name, value in edit.get("values", {}).items():
            layer.changeAttributeValue(feature.id(), layer.fields().indexOf(name), value)
        done["edited"].append(feature["site_id"])
    if not layer.commitChanges():
        done["errors"] = layer.commitErrors()
    sys.stdout.write(json.dumps(done))
    del layer
    app.exitQgis()


main()
