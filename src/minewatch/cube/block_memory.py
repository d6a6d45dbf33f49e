"""Unpacked blocks of files that neighbouring chunks share."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]


class Block(NamedTuple):
    """A block of a file: its bytes, and where its first pixel lies."""

    start: int
    size: int
    row: int
    col: int


Unpack = Callable[[list[Block]], Iterator[tuple[Block, Pixels]]]
_Key = tuple[str, Block]


class BlockCache:
    """The blocks used last, up to a number of bytes; one that several want is made once.

    Parameters
    ----------
    most_bytes
        Bytes of pixels kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._kept: OrderedDict[_Key, Future[Pixels]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(
        self, address: str, blocks: list[Block], unpack: Unpack
    ) -> Iterator[tuple[Block, Pixels]]:
        """Blocks of a file, of which those not kept are unpacked now, unless another thread does.

        Parameters
        ----------
        address
            The file.
        blocks
            What is wanted of it.
        unpack
            Makes blocks; called with those that are missing.
        """
        with self._lock:
            missing = [block for block in blocks if (address, block) not in self._kept]
            wanted = {block: self._kept.setdefault((address, block), Future()) for block in blocks}
            for block in blocks:
                self._kept.move_to_end((address, block))
        try:
            for block, pixels in unpack(missing) if missing else ():
                wanted[block].set_result(pixels)
                self._keep((address, block), pixels.nbytes)
        except BaseException as error:
            self._give_up(address, {block: wanted[block] for block in missing}, error)
            raise
        # Others are waited for only when nobody waits for this thread.
        for block in blocks:
            yield block, wanted[block].result()

    def _keep(self, key: _Key, size: int) -> None:
        with self._lock:
            if key in self._kept:
                self._bytes += size
            while self._bytes > self.most_bytes:
                oldest = next(k for k, future in self._kept.items() if future.done())
                self._bytes -= self._kept.pop(oldest).result().nbytes

    def _give_up(
        self, address: str, blocks: Mapping[Block, Future[Pixels]], error: BaseException
    ) -> None:
        """Forget blocks that will not come; one that gave way may be another thread's by now."""
        with self._lock:
            for block, future in blocks.items():
                if not future.done():
                    del self._kept[address, block]
                    future.set_exception(error)


def blocks_under(
    offsets: NDArray[np.int64],
    counts: NDArray[np.int64],
    block: tuple[int, int],
    *,
    at: tuple[int, int],
    shape: tuple[int, int],
) -> list[Block]:
    """The blocks under a window that hold anything, in the order of the file.

    Parameters
    ----------
    offsets, counts
        First byte and bytes of every block, dims (row of blocks, column of blocks).
    block
        Rows and columns of a block.
    at, shape
        First row and column of the window, and how many.
    """
    (high, wide), (top, left), (rows, cols) = block, at, shape
    return sorted(
        Block(int(offsets[row, col]), int(counts[row, col]), row * high, col * wide)
        for row in range(top // high, (top + rows - 1) // high + 1)
        for col in range(left // wide, (left + cols - 1) // wide + 1)
        if counts[row, col]
    )
