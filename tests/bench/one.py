"""`python -m tests.bench.one CASE WAY FOLDER WHERE SCALE ANSWER`: one way, once, here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.bench.case import Setup, time_once
from tests.bench.suite import CASES

if __name__ == "__main__":
    case, way, folder, where, scale, answer = sys.argv[1:]
    setup = Setup(folder=Path(folder), where=where, scale=float(scale))
    work, repeats = CASES[case].ways[way](setup), CASES[case].repeats
    print(json.dumps(time_once(work, setup, Path(answer), repeats=repeats)))  # noqa: T201
