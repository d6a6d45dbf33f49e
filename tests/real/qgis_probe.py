"""Run by the system's python3: opens a project in QGIS and says what it sees, as JSON."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsInterval,
    QgsLayoutExporter,
    QgsMapLayer,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsNetworkAccessManager,
    QgsProject,
    QgsTemporalNavigationObject,
    QgsVectorLayerTemporalContext,
)
from qgis.PyQt.QtCore import QSize, Qt

QT_ISO = Qt.ISODate
PREFIX = "minewatch_"


def is_vector(layer):
    return layer.type() == QgsMapLayer.VectorLayer


def vectors(project):
    return {
        name[len(PREFIX) :]: layer
        for name, layer in sorted(project.mapLayers().items())
        if is_vector(layer)
    }


def see_layer(layer):
    seen = {
        "valid": layer.isValid(),
        "title": layer.name(),
        "crs": layer.crs().authid(),
        "source": layer.publicSource(),
        "renderer": layer.renderer().type(),
        "temporal": layer.temporalProperties().isActive(),
        "styles": layer.styleManager().styles(),
        "abstract": layer.metadata().abstract(),
    }
    if is_vector(layer):
        form = layer.editFormConfig()
        seen |= {
            "features": layer.featureCount(),
            "fields": {f.name(): f.typeName() for f in layer.fields()},
            "aliases": {f.name(): f.alias() for f in layer.fields()},
            "widgets": {f.name(): f.editorWidgetSetup().type() for f in layer.fields()},
            "settings": {f.name(): f.editorWidgetSetup().config() for f in layer.fields()},
            "editable": [f.name() for n, f in enumerate(layer.fields()) if not form.readOnly(n)],
            "tabs": [tab.name() for tab in form.tabs()],
            "display": layer.displayExpression(),
            "labels": layer.labelsEnabled(),
        }
    return seen


def shown_in(layer, moment):
    """What is drawn of a layer in a frame: by the rule of QGIS itself."""
    context = QgsVectorLayerTemporalContext()
    context.setLayer(layer)
    filter_text = layer.temporalProperties().createFilterString(context, moment)
    request = QgsFeatureRequest()
    if filter_text:
        request.setFilterExpression(filter_text)
    names = [f.name() for f in layer.fields()]
    wanted = [n for n in ("site_id", "kind", "period", "state", "valid_from") if n in names]
    return sorted(
        [
            [None if v is None else str(plain(f[n])) for n in wanted for v in [f[n]]]
            for f in layer.getFeatures(request)
        ],
        key=str,
    )


def plain(value):
    return value.toString(QT_ISO) if hasattr(value, "toString") else value


def map_settings(project, extent, size):
    settings = QgsMapSettings()
    visible = [node.layer() for node in project.layerTreeRoot().findLayers() if node.isVisible()]
    settings.setLayers(visible)
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setPathResolver(project.pathResolver())
    settings.setExtent(extent)
    settings.setOutputSize(QSize(size, size))
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.projectScope(project))
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(settings))
    settings.setExpressionContext(context)
    return settings


def render(settings, path):
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)
    return [error.message for error in job.errors()]


def area_extent(project):
    from qgis.core import QgsCoordinateTransform

    aoi = project.mapLayer(PREFIX + "aoi")
    return QgsCoordinateTransform(aoi.crs(), project.crs(), project).transformBoundingBox(
        aoi.extent()
    )


def see_frames(project, folder):
    times = project.timeSettings()
    clock = QgsTemporalNavigationObject()
    clock.setTemporalExtents(times.temporalRange())
    clock.setFrameDuration(QgsInterval(times.timeStep(), times.timeStepUnit()))
    frames = []
    for number in range(clock.totalFrameCount()):
        moment = clock.dateTimeRangeForFrameNumber(number)
        picture = str(Path(folder) / f"frame-{number}.png")
        settings = map_settings(project, area_extent(project), 500)
        settings.setIsTemporal(True)
        settings.setTemporalRange(moment)
        frames.append(
            {
                "start": moment.begin().toString(QT_ISO),
                "shown": {
                    name: shown_in(layer, moment)
                    for name, layer in vectors(project).items()
                    if layer.temporalProperties().isActive()
                },
                "rasters": sorted(
                    name
                    for name, layer in project.mapLayers().items()
                    if not is_vector(layer)
                    and layer.temporalProperties().isActive()
                    and layer.temporalProperties().isVisibleInTemporalRange(moment)
                ),
                "errors": render(settings, picture),
                "picture": picture,
            }
        )
    return frames


def see_relations(project):
    seen = {}
    for relation in project.relationManager().relations().values():
        counts = {
            site["site_id"]: len(list(relation.getRelatedFeatures(site)))
            for site in relation.referencedLayer().getFeatures()
        }
        seen[relation.id()] = {"valid": relation.isValid(), "children": counts}
    return seen


def see_themes(project, folder):
    """Every theme drawn without a clock, and how many rows of the inventory it shows."""
    seen = {}
    themes = project.mapThemeCollection()
    for number, name in enumerate(themes.mapThemes()):
        picture = str(Path(folder) / f"theme-{number}.png")
        settings = map_settings(project, area_extent(project), 400)
        settings.setLayers(themes.mapThemeVisibleLayers(name))
        settings.setLayerStyleOverrides(themes.mapThemeStyleOverrides(name))
        seen[name] = {
            "layers": [layer.id() for layer in themes.mapThemeVisibleLayers(name)],
            "errors": render(settings, picture),
            "picture": picture,
        }
    return seen


def see_styles(project):
    """Renderer and time of a layer in each of its styles."""
    seen = {}
    for name, layer in vectors(project).items():
        manager = layer.styleManager()
        of_layer = {}
        for style in manager.styles():
            manager.setCurrentStyle(style)
            of_layer[style] = {
                "temporal": layer.temporalProperties().isActive(),
                "attribute": getattr(layer.renderer(), "classAttribute", lambda: "")(),
                "alias": layer.fields()[1].alias(),
                "tip": bool(layer.mapTipTemplate()),
            }
        manager.setCurrentStyle("default")
        seen[name] = of_layer
    return seen


def see_tip(project):
    """The map tip of the first site, evaluated."""
    layer = project.mapLayer(PREFIX + "sites")
    for feature in layer.getFeatures():
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
        context.setFeature(feature)
        return QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    return ""


def see_atlas(project, folder):
    seen = {}
    for layout in project.layoutManager().printLayouts():
        path = str(Path(folder) / "atlas.pdf")
        atlas = layout.atlas()
        atlas.updateFeatures()
        result, error = QgsLayoutExporter.exportToPdf(
            atlas, path, QgsLayoutExporter.PdfExportSettings()
        )
        seen[layout.name()] = {
            "result": int(result),
            "error": error,
            "enabled": atlas.enabled(),
            "pages": atlas.count(),
            "path": path,
            "items": sorted(type(item).__name__ for item in layout.items()),
        }
    return seen


def main(project_path, folder):
    app = QgsApplication([], True)
    app.initQgis()
    log, requests = [], []
    QgsApplication.messageLog().messageReceived.connect(
        lambda text, tag, level: log.append([tag, int(level), text])
    )
    QgsNetworkAccessManager.instance().requestAboutToBeCreated[
        "QgsNetworkRequestParameters"
    ].connect(lambda request: requests.append(request.request().url().toString()))
    project = QgsProject.instance()
    project.oldProjectVersionWarning.connect(lambda text: log.append(["version", 1, text]))
    read = project.read(project_path)
    times = project.timeSettings().temporalRange()
    seen = {
        "read": read,
        "error": project.error(),
        "title": project.title(),
        "crs": project.crs().authid(),
        "layers": {name: see_layer(layer) for name, layer in project.mapLayers().items()},
        "groups": [group.name() for group in project.layerTreeRoot().findGroups()],
        "shown": [n.layerId() for n in project.layerTreeRoot().findLayers() if n.isVisible()],
        "range": [times.begin().toString(QT_ISO), times.end().toString(QT_ISO)],
        "controller": project.readNumEntry("TemporalControllerWidget", "/NavigationMode", -1)[0],
        "bookmarks": [b.name() for b in project.bookmarkManager().bookmarks()],
        "frames": see_frames(project, folder),
        "relations": see_relations(project),
        "styles": see_styles(project),
        "themes": see_themes(project, folder),
        "tip": see_tip(project),
        "atlas": {} if "MINEWATCH_NO_ATLAS" in os.environ else see_atlas(project, folder),
        "requests": requests,
        "log": log,
    }
    sys.stdout.write(json.dumps(seen, default=str))
    sys.stdout.flush()
    os._exit(0)  # QGIS dies noisily on the ordinary way out


main(sys.argv[1], sys.argv[2])
