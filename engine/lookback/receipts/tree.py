"""The Merkle tree of RFC 6962: many leaves -> one root; of one leaf the path that leads there.

    leaf  SHA-256 of a byte 0 and the entry        node  SHA-256 of a byte 1 and its two children

so that no entry can pass for a node. Hashes are 32 bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _above(level: Sequence[bytes]) -> list[bytes]:
    """The next level: a node of every two; one that is left over goes up as it is."""
    nodes = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return [*nodes, level[-1]] if len(level) % 2 else nodes


def root_of(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256().digest()
    while len(leaves) > 1:
        leaves = _above(leaves)
    return leaves[0]


def path_of(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """What the leaf at a place has to be put together with, from below."""
    path = []
    while len(leaves) > 1:
        if place ^ 1 < len(leaves):
            path.append(leaves[place ^ 1])
        leaves, place = _above(leaves), place // 2
    return path


def root_by(leaf: bytes, place: int, leaves: int, path: Sequence[bytes]) -> bytes | None:
    """The root of a tree of so many leaves in which this one stands at a place, by its path; None where there is no such place,
    or its path is longer or shorter (RFC 9162, 2.1.3.2)."""
    if not 0 <= place < leaves:
        return None
    last, found = leaves - 1, leaf
    for other in path:
        if last == 0:
            return None
        if place % 2 or place == last:
            found = _node(other, found)
            while not place % 2 and place:
                place, last = place // 2, last // 2
        else:
            found = _node(found, other)
        place, last = place // 2, last // 2
    return found if last == 0 else None
