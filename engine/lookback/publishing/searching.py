"""The finished files, searched for whatever is withheld.

In: files, the records of the review, what is public. Out: the first value that stands in a file and is withheld. It does not ask
the code that withholds: what is public it reads off the audience by itself, so that a mistake there is found here. A value that
stands in the pack, in lookback's own words or in files about nobody tells nothing; nor does a date or a number that stands in a
public field of any unit.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import re
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from urllib.parse import unquote

from lookback.language.types import Value, plain

LEAST, WORD = 4, 8
"""Characters of a value that is looked for; and of one that is looked for within words."""
MOST_WITHIN, MOST_BYTES = 5, 1 << 28
"""Archives within each other, and what one of them may hold."""
MONTHS = "january february march april may june july august september october november december".split()
FIRST_SERIAL = date(1899, 12, 30)
"""The day that a workbook counts from."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_THOUSANDS = re.compile(r"(?<=\d)[,' ](?=\d{3}(?!\d))")
_TAG = re.compile(r"<[^<>]*>")
_OF_CELLS = re.compile(r' (?:r|ref|spans|count|uniqueCount|sqref|topLeftCell|activeCell)="[^"]*"|(?<= t="s"><v>)\d+(?=</v>)')
"""Of a sheet: where its cells stand, and which of the texts that stand elsewhere they hold."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One spelling of a value, folded. `what`: where it stands in the records; `exact`: a date or number; `never`: it is personal
    or internal."""

    text: str
    what: str
    exact: bool
    never: bool

    def stands_in(self, text: str) -> bool:
        if self.text not in text:
            return False
        if self.exact or (self.text.isdecimal() and len(self.text) < WORD):
            zeros = "0*" if "." in self.text else ""
            return re.search(rf"(?<!\d)(?<!\d\.){re.escape(self.text)}{zeros}(?!\d)(?!\.\d*[1-9])", text) is not None
        if self.text.isascii() and len(self.text) < WORD:
            return re.search(rf"(?<![a-z0-9]){re.escape(self.text)}(?![a-z0-9])", text) is not None
        return True


def folded(text: str) -> str:
    """In one case and one width, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def needles_of(value: Value, what: str, never: bool) -> Iterator[Needle]:
    """The spellings of a value."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, date):
        texts, exact = _of_date(value), True
    elif isinstance(value, int | Decimal):
        texts, exact = [plain(value) if isinstance(value, Decimal) else str(value)], True
    else:
        texts, exact = [str(value)], False
    for text in dict.fromkeys(map(folded, texts)):
        if len(text) >= LEAST:
            yield Needle(text, what, exact, never)


def _of_date(day: date) -> list[str]:
    y, m, d, name = day.year, day.month, day.day, MONTHS[day.month - 1]
    found = [str((day - FIRST_SERIAL).days), f"{y:04d}{m:02d}{d:02d}", f"{y}年{m}月{d}日", f"{y}年{m:02d}月{d:02d}日"]
    for between in "-/. ":
        for month, of_month in ((f"{m:02d}", f"{d:02d}"), (str(m), str(d))):
            found += [
                between.join(parts)
                for parts in ((f"{y:04d}", month, of_month), (of_month, month, str(y)), (month, of_month, str(y)))
            ]
    for called in (name, name[:3]):
        found += [f"{d} {called} {y}", f"{called} {d}, {y}", f"{called} {d} {y}"]
    return found


# --------------------------------------------------------------------------------------------------------- what files say


@lru_cache(maxsize=128)
def texts_in(name: str, data: bytes, within: int = 0) -> tuple[str, ...]:
    """The texts of `_texts`, each once; those of files that are alike in many archives are kept."""
    return tuple(dict.fromkeys(_texts(name, data, within)))


def _texts(name: str, data: bytes, within: int) -> Iterator[str]:
    """Every text of a file, folded: as it is, without escapes and tags, of the members of archives, of what is packed in it."""
    yield folded(f"{name} {unquote(name)}")
    if within > MOST_WITHIN:
        return
    if data[:4] == b"PK\x03\x04" or data[:4] == b"PK\x05\x06":
        yield from _of_archive(data, within)
        return
    if (unpacked := _unpacked(data)) is not None:
        yield from texts_in("", unpacked, within + 1)
        return
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")
    if "<worksheet" in text[:400]:
        text = _OF_CELLS.sub("", text)
    yield from _spelt(text)
    for packed in _BASE64.findall(text):
        plain_ = packed.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            inner = base64.b64decode(plain_ + "=" * (-len(plain_) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        unpacked = _unpacked(inner)
        if unpacked is not None or inner[:2] == b"PK" or _is_text(inner):
            yield from texts_in("", inner if unpacked is None else unpacked, within + 1)


@lru_cache(maxsize=1 << 14)
def spelt(text: str) -> tuple[str, ...]:
    """A text folded, as it stands there and as whoever reads it sees it."""
    return tuple(dict.fromkeys(_spelt(text)))


def _spelt(text: str) -> Iterator[str]:
    seen = html.unescape(unquote(_UNICODE.sub(lambda found: chr(int(found[1], 16)), text)))
    for one in dict.fromkeys((text, seen, _TAG.sub("", seen), _TAG.sub(" ", seen), html.unescape(_TAG.sub("", text)))):
        of_one = folded(one)
        yield of_one
        if (joined := _THOUSANDS.sub("", of_one)) != of_one:
            yield joined


def _of_archive(data: bytes, within: int) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield folded(archive.comment.decode("utf-8", "replace"))
            for member in archive.infolist():
                yield folded((member.comment + b" " + member.extra).decode("utf-8", "replace"))
                if member.file_size <= MOST_BYTES:
                    yield from texts_in(member.filename, archive.read(member), within + 1)
    except zipfile.BadZipFile:
        yield folded(data.decode("utf-8", "replace"))


def _unpacked(data: bytes) -> bytes | None:
    """What is compressed, by gzip or zlib; None where nothing is."""
    try:
        if data[:2] == b"\x1f\x8b":
            return gzip.decompress(data)
        if len(data) > 2 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0:
            return zlib.decompressobj().decompress(data, MOST_BYTES)
    except (OSError, EOFError, zlib.error):
        return None
    return None


def _is_text(data: bytes) -> bool:
    try:
        return data.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


# ------------------------------------------------------------------------------------------------------------ the search


class Search:
    """Many needles, found in one pass over a text by their first letters. `known`: texts in which a value may stand, whoever it
    is of; `exactly`: those in which a date or number may; `blank`: what stands in files of nobody, as `texts_in` gives it."""

    def __init__(
        self, needles: Iterable[Needle], known: Iterable[str], exactly: Iterable[str], blank: Iterable[str] = ()
    ) -> None:
        self.blank = frozenset(blank)
        self.by_start: dict[str, dict[Needle, None]] = defaultdict(dict)
        for needle in needles:
            self.by_start[needle.text[:LEAST]][needle] = None
        self.known = "\n".join([*self.blank, *(spell for text in known for spell in spelt(text))])
        self.exactly = "\n".join(spell for text in exactly for spell in spelt(text))
        self.fine: dict[Needle, bool] = {}

    @property
    def size(self) -> int:
        return sum(map(len, self.by_start.values()))

    def leak(self, files: Mapping[str, bytes], public: Iterable[str], reckoned: Iterable[str] = ()) -> tuple[str, Needle] | None:
        """The first file in which a value stands that is withheld. `public`: texts of what these files are to tell; `reckoned`:
        texts whose dates and numbers are worked out from that."""
        of_files = "\n".join(spell for text in public for spell in spelt(text))
        worked_out = "\n".join(spell for text in reckoned for spell in spelt(text))
        for name, data in files.items():
            for text in texts_in(name, data):
                if text in self.blank:
                    continue
                for start in {text[i : i + LEAST] for i in range(len(text) - LEAST + 1)} & self.by_start.keys():
                    for needle in self.by_start[start]:
                        if not needle.stands_in(text) or self._is_known(needle) or needle.stands_in(of_files):
                            continue
                        if needle.exact and not needle.never and needle.stands_in(worked_out):
                            continue
                        return name, needle
        return None

    def _is_known(self, needle: Needle) -> bool:
        if needle not in self.fine:
            self.fine[needle] = needle.stands_in(self.known) or (needle.exact and needle.stands_in(self.exactly))
        return self.fine[needle]
