"""What a process worked out before, for whoever asks the same again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
MOST = 8
"""Results of a function, and packs, that a process keeps."""


def kept(others: Callable[..., object]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function whose latest results are kept: for the very same first argument, with the rest equal, as `others` says it."""

    def keeping(make: Callable[P, T]) -> Callable[P, T]:
        found: list[tuple[object, object, T]] = []

        @wraps(make)
        def again(*args: P.args, **kwargs: P.kwargs) -> T:
            rest = others(*args[1:], **kwargs)
            for i, (first, other, result) in enumerate(found):
                if first is args[0] and other == rest:
                    found.insert(0, found.pop(i))
                    return result
            result = make(*args, **kwargs)
            found.insert(0, (args[0], rest, result))
            del found[MOST:]
            return result

        return again

    return keeping
