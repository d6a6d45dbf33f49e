"""A QGIS project in a folder of its own, written without QGIS: one module a part of it."""
