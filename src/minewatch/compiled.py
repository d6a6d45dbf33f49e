"""What numba compiles: passes over arrays, once for a machine and kept there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

KERNELS: dict[Any, tuple[str, ...]] = {}
"""Every kernel that was imported, and the kinds of arguments it meets in a job."""

# A division by zero gives what is thrown away anyway: asking each time costs more than it gives.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def part(function: Function) -> Function:
    """Decorator of what only kernels call: it is compiled with each of them."""
    made: Function = numba.njit(**_OPTIONS | {"no_cpython_wrapper": True})(function)
    return made


def kernel(*signatures: str) -> Callable[[Function], Function]:
    """Decorator of a function that numba compiles when it is first called, or before that.

    Parameters
    ----------
    *signatures
        Kinds of arguments it meets in a job, as numba writes them: `"uint16[:,::1], int64"`. These
        `runtime.warmup` can compile before they are needed; any other is compiled when met.
    """

    def compiled(function: Function) -> Function:
        try:
            made: Function = numba.njit(cache=True, **_OPTIONS)(function)
        except RuntimeError:  # nowhere to keep it: no folder can be written
            made = numba.njit(**_OPTIONS)(function)
        KERNELS[made] = tuple(f"({signature},)" for signature in signatures)
        return made

    return compiled
