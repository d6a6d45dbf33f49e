"""Run by the system's python3: edits layers of a project in QGIS, as a person does."""

from __future__ import annotations

import json
import os
import sys

from qgis.core import QgsApplication, QgsFeature, QgsGeometry, QgsProject, QgsRectangle


def change(layer, edit):
    fields = layer.fields()
    if edit["site"] is None:
        feature = QgsFeature(fields)
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(*edit["box"])))
        for name, value in edit["values"].items():
            feature.setAttribute(name, value)
        return layer.addFeature(feature)
    done = []
    for feature in layer.getFeatures(f"\"site_id\" = '{edit['site']}'"):
        for name, value in edit["values"].items():
            done.append(layer.changeAttributeValue(feature.id(), fields.indexOf(name), value))
    return bool(done) and all(done)


def main(path, edits):
    app = QgsApplication([], True)
    app.initQgis()
    project = QgsProject.instance()
    errors = [] if project.read(path) else ["not read"]
    for edit in edits:
        layer = project.mapLayer(f"minewatch_{edit['layer']}")
        if not (layer.startEditing() and change(layer, edit) and layer.commitChanges()):
            errors += layer.commitErrors() or [f"no {edit['site']} in {edit['layer']}"]
    project.clear()
    sys.stdout.write(json.dumps({"errors": errors}))
    sys.stdout.flush()
    os._exit(0)  # QGIS dies noisily on the ordinary way out


main(sys.argv[1], json.loads(sys.argv[2]))
