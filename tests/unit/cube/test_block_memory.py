"""Blocks that threads share: one that fails takes no block from another."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from minewatch.cube.block_memory import Block, BlockCache

FIRST, SECOND = Block(0, 10, 0, 0), Block(10, 10, 0, 16)
PIXELS = np.ones((16, 16), np.uint16)


def test_a_read_that_fails_leaves_blocks_alone_that_another_thread_makes_by_now():
    cache, has_begun, may_end = BlockCache(0), threading.Event(), threading.Event()

    def slow(_missing):
        has_begun.set()
        may_end.wait(10)
        yield FIRST, PIXELS

    with ThreadPoolExecutor(1) as pool:

        def failing(_missing):
            yield FIRST, PIXELS  # gives way at once, since nothing is kept
            running.append(pool.submit(lambda: list(cache.get("a", [FIRST], slow))))
            has_begun.wait(10)
            raise OSError("cut")

        running = []
        with pytest.raises(OSError, match="cut"):
            list(cache.get("a", [FIRST, SECOND], failing))
        may_end.set()
        assert [block for block, _ in running[0].result(10)] == [FIRST]
