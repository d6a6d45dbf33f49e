"""Run by the system's python3: opens the project of a release and says what it shows, as JSON."""

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateTransform,
    QgsExpression,
    QgsExpressionContext,
    QgsFeatureRequest,
    QgsInterval,
    QgsLayoutExporter,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsTemporalNavigationObject,
    QgsVectorLayerTemporalContext,
)
from qgis.PyQt.QtCore import QSize, Qt

application = QgsApplication([], False)
application.initQgis()
said = []
QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: said.append(text))
project, folder = QgsProject.instance(), Path(sys.argv[2])
is_read = project.read(sys.argv[1])
cells, periods = (project.mapLayer(f"minewatch_{name}") for name in ("cells", "periods"))
times, clock = project.timeSettings(), QgsTemporalNavigationObject()
clock.setTemporalExtents(times.temporalRange())
clock.setFrameDuration(QgsInterval(times.timeStep(), times.timeStepUnit()))
shown = [node.layer() for node in project.layerTreeRoot().findLayers() if node.isVisible()]
to_project = QgsCoordinateTransform(periods.crs(), project.crs(), project)
frames = []
for number in range(clock.totalFrameCount()):
    moment = clock.dateTimeRangeForFrameNumber(number)
    context = QgsVectorLayerTemporalContext()
    context.setLayer(cells)
    wanted = cells.temporalProperties().createFilterString(context, moment)
    rows = cells.getFeatures(QgsFeatureRequest().setFilterExpression(wanted))
    settings = QgsMapSettings()
    settings.setLayers(shown)
    settings.setDestinationCrs(project.crs())
    settings.setExtent(to_project.transformBoundingBox(periods.extent()))
    settings.setOutputSize(QSize(400, 400))
    settings.setIsTemporal(True)
    settings.setTemporalRange(moment)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(str(folder / f"frame-{number}.png"))
    frames.append(
        {
            "begins": moment.begin().toString(Qt.ISODate),
            "cells": sorted([row["cell"], row["period"], row["sites"]] for row in rows),
            "errors": [error.message for error in job.errors()],
        }
    )
spans = set()
for row in cells.getFeatures():
    of = QgsExpressionContext()
    of.setFeature(row)
    dated = cells.temporalProperties()
    ends = (QgsExpression(e) for e in (dated.startExpression(), dated.endExpression()))
    days = (end.evaluate(of).toString(Qt.ISODate)[:10] for end in ends)
    spans.add((row["first_month"], row["last_month"], *days))
(layout,) = project.layoutManager().printLayouts()
pdf, settings = str(folder / "atlas.pdf"), QgsLayoutExporter.PdfExportSettings()
exported, _ = QgsLayoutExporter.exportToPdf(layout.atlas(), pdf, settings)
sys.stdout.write(
    json.dumps(
        {
            "read": is_read,
            "valid": {layer.name(): layer.isValid() for layer in project.mapLayers().values()},
            "shown": [layer.name() for layer in shown],
            "crs": project.crs().authid(),
            "frames": frames,
            "spans": sorted(spans),
            "aliases": [cells.attributeAlias(n) for n in range(cells.fields().count())],
            "exported": exported,
            "said": said,
        }
    )
)
sys.stdout.flush()
os._exit(0)
