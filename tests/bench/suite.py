"""All benchmarks by name."""

from __future__ import annotations

from collections.abc import Mapping

from . import job, loading, science
from .case import Case

CASES: Mapping[str, Case] = {**loading.CASES, **science.CASES, **job.CASES}
MAKERS = {
    **dict.fromkeys(loading.CASES, loading.make_files), **job.MAKERS
}  # fmt: skip
"""What writes the files of a benchmark."""
