"""A review, a unit and the secret -> its receipt; a receipt -> the root that it proves the verdict by.

A receipt is one line of canonical JSON: the unit's verdict and salt, its place among the leaves and the path from there to the
root, the signature where the root was signed, and its own hash, which shows damage, not a forger: what a forger cannot change
is what the root holds. Nothing else is needed, lookback neither: `docs/inspection.md` says how it is reckoned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from lookback.place import temporary
from lookback.receipts.canonical import canonical, parsed
from lookback.receipts.leaves import entry, leaf_of, root_with, verdicts_of
from lookback.receipts.secret import Secret, signed_by
from lookback.receipts.tree import leaf, path_of, root_by, root_of
from lookback.reviews.folder import Review, reading, unjudged, verdict_of
from lookback.warehouse.duckdb import DuckDB
from lookback.words.errors import UsageError

KIND = "receipt/v1"
_NEEDED = {"lookback", "path", "place", "salt", "sha256", "verdict"}
_HASH, _SIGNATURE = re.compile("[0-9a-f]{64}"), re.compile("[0-9a-f]{128}")
MOST = 1_000_000
"""Bytes: a longer file is no receipt."""
_READ = ("verdicts.parquet", "findings.parquet", "pack/")


def receipt(review: Review, unit: str, secret: Secret) -> bytes:
    """A unit's receipt. `unit`: its key, its label where only one has it, or the place of one without a key.

    Raises UsageError where there is no such unit, the review was made without a secret or with another, or its files are not as
    they were written.
    """
    stated = stated_of(review)
    review.require(*_READ)
    pack = review.pack()
    with temporary() as work, closing(DuckDB(Path(work))) as warehouse, reading(review.folder):
        place = unjudged(review, unit)
        row = verdict_of(review.folder, pack, unit, warehouse) if place is None else place
        called = row.get("_place") or str(row[pack.tables[pack.root].key])
        leaves, its = list[bytes](), b""
        for other, verdict in verdicts_of(review.folder, pack, review.summary, warehouse):
            leaves.append(leaf_of(verdict, secret))
            if other == called:
                its = verdict
    leaves.sort()
    if root_of(leaves).hex() != stated["root"]:
        raise UsageError("other-secret", folder=str(review.folder))
    at = leaves.index(leaf_of(its, secret))
    signed = {"signature": stated["signature"]} if "signature" in stated else {}
    path = [hash.hex() for hash in path_of(leaves, at)]
    said = {"lookback": KIND, "verdict": parsed(its), "salt": secret.salt(its), "place": at, "path": path, **signed}
    return canonical({**said, "sha256": sha256(canonical(said)).hexdigest()}) + b"\n"


def stated_of(review: Review) -> Mapping[str, Any]:
    """What review.json says of the root. Raises UsageError where the review was made without a secret."""
    stated = review.summary.get("receipts")
    if not isinstance(stated, dict):
        raise UsageError("no-root", folder=str(review.folder))
    return stated


def reckoned(review: Review, secret: Secret) -> str:
    """The root of a review's files as they are now. Raises UsageError."""
    with temporary() as work, closing(DuckDB(Path(work))) as warehouse, reading(review.folder):
        root: str = root_with(review.folder, review.pack(), review.summary, Secret(secret.value), warehouse)["root"]
        return root


@dataclass(frozen=True)
class Receipt:
    """`verdict`: what it says of the unit; `root`: what its path leads to; `signature`: of the root."""

    verdict: Mapping[str, Any]
    root: bytes
    signature: bytes | None

    def signed_by(self, key: bytes) -> bool:
        """Raises UsageError where `cryptography` is not installed."""
        return self.signature is not None and signed_by(key, self.root, self.signature)


def opened(written: bytes) -> Receipt | None:
    """A receipt, None where these bytes are none as `receipt` wrote it. Whether it proves anything says who knows the root."""
    try:
        said = parsed(written.removesuffix(b"\n"))
    except ValueError:
        return None
    if not written.endswith(b"\n") or not isinstance(said, dict) or said.keys() - {"signature"} != _NEEDED:
        return None
    rest = {name: value for name, value in said.items() if name != "sha256"}
    path, verdict, signature = said["path"], said["verdict"], said.get("signature")
    sound = said["lookback"] == KIND and said["sha256"] == sha256(canonical(rest)).hexdigest()
    sound = sound and isinstance(path, list) and all(_is(_HASH, hash) for hash in (*path, said["salt"]))
    sound = sound and ("signature" not in said or _is(_SIGNATURE, signature))
    sound = sound and isinstance(verdict, dict) and all(type(n) is int for n in (said["place"], verdict.get("units")))
    if not sound:
        return None
    of = leaf(entry(said["salt"], canonical(verdict)))
    root = root_by(of, said["place"], verdict["units"], [bytes.fromhex(hash) for hash in path])
    return None if root is None else Receipt(verdict, root, bytes.fromhex(signature) if signature is not None else None)


def _is(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None
