"""Layers in a PostGIS database: connection, schema, rows."""
