"""The meaning of the source that each rule version stands for, as hashes.

`python -m tests.unit.store.rule_sources` (or `make rule-hashes`) writes the table anew: after a
version was raised, or when what changed leaves every result the same.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import minewatch
from minewatch.detect import get_detector
from minewatch.store.rule_versions import DETECTOR_ROOTS, RULE_VERSIONS

PACKAGE = Path(minewatch.__file__).parent
TABLE = Path(__file__).with_name("rule_hashes.json")
UNDECIDING = (
    "minewatch.errors", "minewatch.files", "minewatch.redaction", "minewatch.settings",
    "minewatch.addresses", "minewatch.http_deadlines", "minewatch.runtime", "minewatch.store",
    "minewatch.model.progress",
)  # fmt: skip
"""Modules that say, keep or carry, and decide no value."""

Table = dict[str, dict[str, Any]]
Read = Callable[[str], str]


def read_source(module: str) -> str:
    """The source of a module of minewatch, by its whole name."""
    return path_of(module).read_text("utf-8")


def path_of(module: str) -> Path:
    """The file of a module, or of a package's `__init__`."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def current_table(read: Read = read_source) -> Table:
    """Kind to its version and the hash of each module that decides it."""
    roots = {kind: (rules.version, rules.roots) for kind, rules in RULE_VERSIONS.items()}
    for name, modules in DETECTOR_ROOTS.items():
        roots[f"detector {name}"] = (get_detector(name).version, modules)
    return {
        kind: {
            "version": version,
            "modules": {
                module: hash_meaning(read(module))
                for module in sorted(modules_below((f"minewatch.{r}" for r in names), read))
            },
        }
        for kind, (version, names) in roots.items()
    }


def changes(before: Table, now: Table) -> list[str]:
    """What changed without a new version, or is not in the table yet; each with the mend."""
    found = []
    for kind, entry in now.items():
        known = before.get(kind, {"version": 0, "modules": {}})
        names = sorted({*known["modules"], *entry["modules"]})
        changed = [n for n in names if known["modules"].get(n) != entry["modules"].get(n)]
        where = "Detector.version" if kind.startswith("detector ") else "RULE_VERSIONS"
        if entry["version"] != known["version"]:
            found.append(
                f"{kind}: version {known['version']} is now {entry['version']}: `make rule-hashes`"
            )
        elif changed:
            found.append(
                f"{kind}: {', '.join(changed)} changed. When equal input may give another "
                f"result, raise the version of {kind!r} ({where}), then `make rule-hashes`; when "
                "results are provably the same, only `make rule-hashes`"
            )
    return found


def hash_meaning(source: str) -> str:
    """Hash of what a module does: comments, docstrings and layout do not count."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_text(one)] or [ast.Pass()]  # type: ignore[attr-defined]
    return hashlib.sha256(_dump(tree).encode()).hexdigest()[:16]


def _dump(tree: ast.Module) -> str:
    """The tree as Python 3.11 writes it, whichever Python runs."""
    shows_empty = {"show_empty": True} if sys.version_info >= (3, 13) else {}
    return ast.dump(tree, **shows_empty).replace(", type_params=[]", "")  # a field since 3.12


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def modules_below(roots: Iterator[str], read: Read = read_source) -> set[str]:
    """Modules, and all of minewatch that they import and that decides something."""
    found, waiting = set[str](), list(roots)
    while waiting:
        module = waiting.pop()
        if module not in found and not module.startswith(UNDECIDING):
            found.add(module)
            waiting.extend(_imported(ast.parse(read(module))))
    return found


def _imported(tree: ast.Module) -> set[str]:
    """Modules of minewatch that a module takes something from, not counting types alone."""
    found, packages, used = set[str](), dict[str, str](), _used(tree)
    for node in _running(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names if one.name.startswith("minewatch.")}
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("minewatch"):
            for one in node.names:
                if (one.asname or one.name) not in used:
                    continue
                home = _home(str(node.module), one.name)
                is_package = home == f"{node.module}.{one.name}"
                if is_package and path_of(home).name == "__init__.py":
                    packages[one.asname or one.name] = home
                else:
                    found.add(home)
    for node in ast.walk(tree):  # of `from minewatch import cube` only what is used of it
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            package = packages.get(node.value.id)
            if package:
                found.add(_home(package, node.attr))
    return found


def _used(tree: ast.Module) -> set[str]:
    """Names that running code uses, those of annotations left out."""
    waiting: list[ast.AST] = [tree]
    found = set[str]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns"):
                waiting += [v for v in (value if isinstance(value, list) else [value])
                            if isinstance(v, ast.AST)]  # fmt: skip
    return found


def _home(module: str, name: str) -> str:
    """The module in which a name that is imported from another is defined."""
    path = path_of(module)
    if path.name != "__init__.py":
        return module
    if path_of(f"{module}.{name}").exists():
        return f"{module}.{name}"
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("minewatch"):
            for one in node.names:
                if (one.asname or one.name) == name:
                    return _home(str(node.module), one.name)
    return module


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those below `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")):
            yield node
            yield from _running(node)


if __name__ == "__main__":
    TABLE.write_text(json.dumps(current_table(), indent=1, sort_keys=True) + "\n", "utf-8")
