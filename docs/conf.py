"""The pages: MyST Markdown and the notebooks; nothing is fetched while building.

Notebooks are built as they lie in `notebooks/`, and the gallery from its scripts. With
`MINEWATCH_DOCS_EXECUTE=1` (`make docs`) they are run first, once per change of their text;
otherwise they are shown without outputs, because the tests run them apart.
"""

import os
import shutil
from importlib.metadata import version as _version
from pathlib import Path

_HERE = Path(__file__).parent
_NOTEBOOKS = _HERE / "notebooks"
shutil.rmtree(_NOTEBOOKS, ignore_errors=True)
shutil.copytree(_HERE.parent / "notebooks", _NOTEBOOKS, ignore=shutil.ignore_patterns(".*"))

_EXECUTE = bool(os.environ.get("MINEWATCH_DOCS_EXECUTE"))
_DEMO = _HERE / "gallery" / "demo"
if _EXECUTE and not _DEMO.is_symlink():
    _DEMO.symlink_to(_HERE.parent / "demo")  # scripts of the gallery run beside it

project = "minewatch"
author = "The minewatch contributors"
copyright = "the minewatch contributors; Apache-2.0"
version = release = _version("minewatch")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = [
    "_build",
    "gallery",
    *(f"gallery-pages/*.{kind}" for kind in ("ipynb", "py", "json", "zip")),
]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
nb_execution_mode = "cache" if _EXECUTE else "off"
nb_execution_timeout = 300
nb_execution_raise_on_error = True

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "gallery-pages",
    "plot_gallery": _EXECUTE,
    "abort_on_example_error": True,
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "write_computation_times": False,
    "show_signature": False,
    "min_reported_time": 1e9,
}

autosummary_generate = True
templates_path = ["_templates"]
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_js_files = ["pages.js"]
html_title = f"minewatch {version}"
html_theme_options = {"navigation_with_keys": True}
