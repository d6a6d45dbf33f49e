"""Thousands of reads from a server that fails in every way: no pixel is wrong unreported.

`python -m tests.real.test_faulty_reads READS RATE` prints the figures for docs/reliability.md.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from tests.range_server import EVERY_FAULT, RangeServer, serving
from tests.unit.cube.conftest import NORTH, WEST, Archive

from minewatch.cube import BlockStore, RangeReader
from minewatch.errors import ReadError
from minewatch.model import Asset
from minewatch.settings import Settings

FILES, SIDE, WINDOW = 24, 512, 96
EAGER = Settings(http_timeout_s=0.5, http_retries=4, http_backoff_s=0.0, http_max_wait_s=0.01)


@dataclass
class Outcome:
    """What became of many reads."""

    reads: int = 0
    wrong: list[str] = field(default_factory=list)
    """Reads that gave other pixels and no error: none may be."""
    failed: list[tuple[int, int, int]] = field(default_factory=list)
    """File, row and column of reads that were reported as not observed."""
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass
class Case:
    """Files of noise behind a server."""

    assets: list[Asset]
    truth: list[np.ndarray]
    archive: Archive

    @classmethod
    def write(cls, folder: Path, url: str) -> Case:
        archive, rng = Archive(folder), np.random.default_rng(5)
        archive.url = url
        truth = [rng.integers(1, 9999, (SIDE, SIDE)).astype(np.uint16) for _ in range(FILES)]
        assets = [
            replace(
                archive.cog(f"{n}.tif", pixels, predictor="yes" if n % 2 else "no"), nodata=0,
                shape=(SIDE, SIDE), transform=tuple(Affine(10, 0, WEST, 0, -10, NORTH))[:6],
            )
            for n, pixels in enumerate(truth)
        ]  # fmt: skip
        return cls(assets, truth, archive)

    def read(
        self, reader: RangeReader, places: list[tuple[int, int, int]], threads: int
    ) -> Outcome:
        """Windows of files, some at once."""
        outcome, lock = Outcome(), threading.Lock()

        def one(place: tuple[int, int, int]) -> None:
            number, row, col = place
            grid = self.archive.geobox(WINDOW, WINDOW, west=WEST + 10 * col, north=NORTH - 10 * row)
            try:
                pixels = reader.read(self.assets[number], grid, band="red")
            except ReadError as error:
                with lock:
                    outcome.failed.append(place)
                    outcome.reasons[error.problem.partition(" cannot be read: ")[2][:40]] += 1
                return
            expected = self.truth[number][row : row + WINDOW, col : col + WINDOW]
            if not np.array_equal(pixels, expected):
                with lock:
                    outcome.wrong.append(f"{place}")

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(one, places))
        outcome.reads = len(places)
        return outcome


def attack(
    folder: Path, server: RangeServer, *, reads: int, rate: float, threads: int = 8
) -> tuple[Outcome, Outcome, dict[str, float]]:
    """What becomes of reads under faults, then of those that failed once the server is well."""
    dice = random.Random(reads)
    case = Case.write(folder, server.url)
    places = [
        (dice.randrange(FILES), dice.randrange(SIDE - WINDOW), dice.randrange(SIDE - WINDOW))
        for _ in range(reads)
    ]
    server.rate, server.dice = rate, random.Random(f"{reads} {rate}")
    began = time.monotonic()
    store = BlockStore(folder / "cache", 1 << 30)
    outcome, memory = Outcome(), []
    for at in range(0, reads, 50):  # a reader each: headers are asked for again and again
        reader = RangeReader(EAGER, store=store if at % 100 else None, cache_bytes=0)
        part = case.read(reader, places[at : at + 50], threads)
        outcome.reads += part.reads
        outcome.wrong += part.wrong
        outcome.failed += part.failed
        outcome.reasons += part.reasons
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    took = time.monotonic() - began
    server.rate = 0.0
    asked = len(server.requests)
    again = case.read(RangeReader(EAGER, store=store, cache_bytes=0), outcome.failed, threads)
    kept = case.read(RangeReader(EAGER, store=store, cache_bytes=0), places[:500], threads)
    assert not kept.wrong, "what is kept on disk is right"
    figures = {
        "seconds": took,
        "faults": float(server.given.total()),
        "kinds": float(len(server.given)),
        "requests": float(asked),
        "MiB gained after the first tenth": memory[-1] - memory[len(memory) // 10],
        "requests of the second pass": float(len(server.requests) - asked),
    }
    return outcome, again, figures


@pytest.mark.timeout(280)
@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_no_pixel_is_wrong_unreported_and_a_second_pass_mends_the_rest(
    tmp_path: Path, rate: float
) -> None:
    with serving(tmp_path) as server:
        outcome, again, figures = attack(tmp_path, server, reads=600, rate=rate)
        assert outcome.wrong == []
        assert again.wrong == []
        assert again.failed == []
        assert again.reads == len(outcome.failed) < outcome.reads * rate
        assert figures["faults"] > 600 * rate
        assert figures["kinds"] > len(EVERY_FAULT) / 2


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, serving(Path(place)) as alone:
        first, second, measured = attack(
            Path(place), alone, reads=int(sys.argv[1]), rate=float(sys.argv[2])
        )
        for name, part in (("first pass", first), ("second pass", second)):
            wrong, failed = len(part.wrong), len(part.failed)
            print(f"{name}: {part.reads} reads, {wrong} wrong unreported, {failed} reported")  # noqa: T201
        print(measured, first.reasons.most_common(8))  # noqa: T201
