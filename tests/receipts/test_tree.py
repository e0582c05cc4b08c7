"""The Merkle tree, held against the vectors of certificate-transparency (RFC 6962) and tried on every place of small trees."""

from __future__ import annotations

import pytest

from lookback.receipts.tree import leaf, path_of, root_by, root_of

ENTRIES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_of([leaf(bytes.fromhex(entry)) for entry in ENTRIES[:size]]).hex() == ROOTS[size]


def test_every_leaf_is_proven_at_its_place_and_at_no_other() -> None:
    for size in range(1, 18):
        leaves = [leaf(bytes([n])) for n in range(size)]
        root = root_of(leaves)
        for place in range(size):
            path = path_of(leaves, place)
            proven = [other for other in range(-1, size + 1) if root_by(leaves[place], other, size, path) == root]
            assert proven == [place]
            assert root_by(leaves[place], place, size, path[:-1]) != root or not path
            assert root_by(leaves[place], place, size, [*path, leaves[0]]) != root


def test_a_node_is_no_leaf() -> None:
    left, right = leaf(b"a"), leaf(b"b")
    assert leaf(left + right) != root_of([left, right])
