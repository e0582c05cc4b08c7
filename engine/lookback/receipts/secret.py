"""The office's secret: a file that only its owner may read, 32 bytes of chance. What is derived from it:

    salt   of a unit, without which nobody can try out what stands behind a hash: HMAC-SHA-256 of its key and verdict. With that
           of the key alone whoever has the receipt of one review could try out the unit's verdict in the next, whose hash stands
           in its neighbour's receipt.
    key    for signatures, Ed25519: HMAC-SHA-256 of a fixed text is its seed. Signing needs `cryptography`, an extra.

Nothing of it is chance, or the time: the same review gives the same root and the same signature.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lookback.words.errors import OutputError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

EXTRA = "lookback[sign]"
_WRITTEN = re.compile(rb"lookback-secret-1 ([0-9a-f]{64})\s*")
_MOST = 200
_SALT, _KEY, _ROOT = b"salt/v1\n", b"ed25519/v1\n", b"lookback-root/v1\n"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Secret:
    """`sign`: whether roots are signed."""

    value: bytes = field(repr=False)
    sign: bool = False

    def salt(self, verdict: bytes) -> str:
        """`verdict`: canonical, the unit's key with it."""
        return hmac.digest(self.value, _SALT + verdict, "sha256").hex()

    @property
    def key(self) -> str:
        """The public key, 64 hexadecimal digits. Raises UsageError where `cryptography` is not installed."""
        return self._key().public_key().public_bytes_raw().hex()

    def signature(self, root: bytes) -> str:
        """Of a root, 128 hexadecimal digits. Raises UsageError where `cryptography` is not installed."""
        return self._key().sign(_ROOT + root).hex()

    def _key(self) -> Ed25519PrivateKey:
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        except ImportError as error:
            raise UsageError("no-extra-sign", extra=EXTRA) from error
        return Ed25519PrivateKey.from_private_bytes(hmac.digest(self.value, _KEY, "sha256"))


def signed_by(key: bytes, root: bytes, signature: bytes) -> bool:
    """Whether a root was signed by who has this public key. Raises UsageError where `cryptography` is not installed."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise UsageError("no-extra-sign", extra=EXTRA) from error
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _ROOT + root)
    except (InvalidSignature, ValueError):
        return False
    return True


def chance() -> str:
    return secrets.token_hex(32)


def new_secret(file: Path) -> None:
    """A secret in a new file, which its owner alone may read. Raises UsageError where there is a file already: whoever loses a
    secret can give no more receipts of the reviews that were made with it. Raises OutputError."""
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError("secret-exists", file=str(file)) from error
    except OSError as error:
        raise OutputError("cannot-write", why=str(error)) from error
    try:
        with os.fdopen(opened, "wb") as stream:
            stream.write(f"lookback-secret-1 {chance()}\n".encode())
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        file.unlink(missing_ok=True)
        raise OutputError("cannot-write", why=str(error)) from error


def read_secret(file: str | Path, *, sign: bool = False) -> Secret:
    """Raises UsageError where there is no secret, or others than its owner may read the file."""
    try:
        with open(file, "rb") as stream:
            open_to_others = sys.platform != "win32" and os.fstat(stream.fileno()).st_mode & _OTHERS
            written = b"" if open_to_others else stream.read(_MOST)
    except OSError as error:
        raise UsageError("cannot-read-secret", file=str(file), why=error.strerror) from error
    if open_to_others:
        raise UsageError("secret-open", file=str(file))
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise UsageError("no-secret", file=str(file))
    return Secret(bytes.fromhex(found[1].decode()), sign)
