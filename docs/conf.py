"""The pages: MyST Markdown and the notebooks; nothing is fetched while building.

Notebooks are built as they lie in `notebooks/`. With `MINEWATCH_DOCS_EXECUTE=1` (`make docs`) they
are run first, once per change of their text; otherwise their cells are shown without outputs,
because the tests run them apart.
"""

import os
import shutil
from importlib.metadata import version as _version
from pathlib import Path

_HERE = Path(__file__).parent
_NOTEBOOKS = _HERE / "notebooks"
shutil.rmtree(_NOTEBOOKS, ignore_errors=True)
shutil.copytree(_HERE.parent / "notebooks", _NOTEBOOKS, ignore=shutil.ignore_patterns(".*"))

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
]
exclude_patterns = ["_build"]

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
nb_execution_mode = "cache" if os.environ.get("MINEWATCH_DOCS_EXECUTE") else "off"
nb_execution_timeout = 300
nb_execution_raise_on_error = True

autosummary_generate = True
templates_path = ["_templates"]
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = f"minewatch {version}"
html_theme_options = {"navigation_with_keys": True}
