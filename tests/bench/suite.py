"""All benchmarks by name."""

from __future__ import annotations

from collections.abc import Mapping

from . import blocks, job, loading, science
from .case import Case

CASES: Mapping[str, Case] = {
    **loading.CASES, **blocks.CASES, **science.CASES, **job.CASES
}  # fmt: skip
MAKERS = {
    **dict.fromkeys(loading.CASES, loading.make_files), **blocks.MAKERS, **job.MAKERS
}  # fmt: skip
"""What writes the files of a benchmark."""
