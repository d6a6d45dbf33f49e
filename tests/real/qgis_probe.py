"""Run by the system's python3: opens a project in QGIS and tells what it sees, as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsFeatureRequest,
    QgsInterval,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsTemporalNavigationObject,
    QgsVectorLayerTemporalContext,
)
from qgis.PyQt.QtCore import QSize, Qt

QT_ISO = Qt.ISODate


def see_layer(layer):
    vector = layer.type() == layer.VectorLayer
    return {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "renderer": layer.renderer().type(),
        "features": layer.featureCount() if vector else None,
        "fields": {f.name(): f.typeName() for f in layer.fields()} if vector else None,
    }


def shown_in(layer, moment):
    context = QgsVectorLayerTemporalContext()
    context.setLayer(layer)
    filter_text = layer.temporalProperties().createFilterString(context, moment)
    request = QgsFeatureRequest().setFilterExpression(filter_text)
    return sorted(
        [f["site_id"], f["period_start"].toString(QT_ISO), f["state"]]
        for f in layer.getFeatures(request)
    )


def render(project, moment, path):
    settings = QgsMapSettings()
    visible = [node.layer() for node in project.layerTreeRoot().findLayers() if node.isVisible()]
    settings.setLayers(visible)
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setExtent(project.mapLayersByName("Natural colour, after")[0].extent())
    settings.setOutputSize(QSize(500, 500))
    settings.setIsTemporal(True)
    settings.setTemporalRange(moment)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)
    return [error.message for error in job.errors()]


def see_frames(project, folder):
    times = project.timeSettings()
    clock = QgsTemporalNavigationObject()
    clock.setTemporalExtents(times.temporalRange())
    clock.setFrameDuration(QgsInterval(times.timeStep(), times.timeStepUnit()))
    inventory = project.mapLayer("minewatch_inventory")
    frames = []
    for number in range(clock.totalFrameCount()):
        moment = clock.dateTimeRangeForFrameNumber(number)
        picture = str(Path(folder) / f"frame-{number}.png")
        frames.append(
            {
                "start": moment.begin().toString(QT_ISO),
                "shown": shown_in(inventory, moment),
                "errors": render(project, moment, picture),
                "picture": picture,
            }
        )
    return frames


def main(project_path, folder):
    app = QgsApplication([], True)
    app.initQgis()
    log = []
    QgsApplication.messageLog().messageReceived.connect(
        lambda text, tag, level: log.append([tag, int(level), text])
    )
    project = QgsProject.instance()
    project.oldProjectVersionWarning.connect(lambda text: log.append(["version", 1, text]))
    read = project.read(project_path)
    times = project.timeSettings().temporalRange()
    temporal = project.mapLayer("minewatch_inventory").temporalProperties()
    seen = {
        "read": read,
        "error": project.error(),
        "title": project.title(),
        "crs": project.crs().authid(),
        "layers": {name: see_layer(layer) for name, layer in project.mapLayers().items()},
        "temporal": [temporal.isActive(), temporal.startField(), temporal.endField()],
        "range": [times.begin().toString(QT_ISO), times.end().toString(QT_ISO)],
        "frames": see_frames(project, folder),
        "log": log,
    }
    sys.stdout.write(json.dumps(seen))
    sys.stdout.flush()
    os._exit(0)  # QGIS dies noisily on the ordinary way out


main(sys.argv[1], sys.argv[2])
