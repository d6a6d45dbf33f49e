"""Names of a package that are brought when they are first asked for, so that starting costs little.

The one list of them is what the package imports for type checkers: the block below
`if TYPE_CHECKING:` in its `__init__.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_IMPORT = re.compile(r"^    from ([\w.]+) import (?:\(([^)]*)\)|(.+))$", re.MULTILINE)


def attach(package: str, file: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package.

    Parameters
    ----------
    package, file
        `__name__` and `__file__` of its `__init__.py`.
    """
    homes: dict[str, tuple[str, str]] = {}

    def bring(name: str) -> Any:
        if not homes:
            homes.update(_homes(Path(file).read_text("utf-8")))
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, inside = homes[name]
        return getattr(import_module(home), inside)

    return bring


def _homes(source: str) -> dict[str, tuple[str, str]]:
    """Name to the module it comes from, and what it is called there."""
    homes = {}
    for home, many, few in _IMPORT.findall(source):
        for entry in re.split(r"[,\n]", re.sub(r"#.*", "", many or few)):
            words = entry.split()
            if words:
                homes[words[-1]] = home, words[0]
    return homes
