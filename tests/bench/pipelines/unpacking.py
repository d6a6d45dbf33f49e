"""The limit: every block of the same files, unpacked by libdeflate, on two threads."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import deflate

from minewatch.cube.cog_header import parse_cog

from .shared import asked, scenes_of


def unpack(path: Path) -> int:
    """Bytes of the pixels of a file."""
    data = path.read_bytes()
    head = parse_cog(data)
    places = zip(head.image.offsets.flat, head.image.counts.flat, strict=True)
    return sum(
        len(deflate.zlib_decompress(data[at : at + size], head.image.block_bytes))
        for at, size in places
    )


def main() -> None:
    """Unpack all bands and the mask of all scenes."""
    archive, _ = asked()
    paths = [Path(asset.get_absolute_href()) for s in scenes_of(archive)
             for asset in s.assets.values() if asset.href.endswith(".tif")]  # fmt: skip
    begun, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(2) as pool:
        sum(pool.map(unpack, paths, chunksize=8))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu}))  # noqa: T201 - no imports in it


if __name__ == "__main__":
    main()
