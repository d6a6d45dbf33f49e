"""The pages: MyST Markdown, Sphinx's own theme, nothing fetched while building."""

from importlib.metadata import version as _version

project = "minewatch"
author = "The minewatch contributors"
copyright = "the minewatch contributors; Apache-2.0"
version = release = _version("minewatch")

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {"description": "from a polygon to a site inventory over time"}
