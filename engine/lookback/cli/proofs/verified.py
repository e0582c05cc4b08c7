"""What `lookback verify` does with a receipt; and of a review with its root, its signature, and the records it was made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookback.cli._base import COULD_NOT_RUN, DONE, echo
from lookback.words import say


def hash_of(text: str | None) -> bytes | None:
    """A root or a key as it is typed. Raises UsageError."""
    from lookback.words.errors import UsageError

    if text is None:
        return None
    digits = text.strip()
    if re.fullmatch("[0-9a-fA-F]{64}", digits) is None:
        raise UsageError("not-a-hash", text=text)
    return bytes.fromhex(digits)


def verify_receipt(file: Path, root: str | None, key: str | None, form: str, lang: str) -> int:
    """A receipt against the root, or the key that it was signed with, or both. Raises UsageError where neither is given."""
    from lookback.language.types import in_json
    from lookback.receipts.receipt import MOST, opened
    from lookback.words.errors import UsageError

    expected, signer = hash_of(root), hash_of(key)
    if expected is None and signer is None:
        raise UsageError("root-or-key")
    with file.open("rb") as stream:
        found = opened(stream.read(MOST))
    why = None
    if found is None:
        why = "receipt-changed"
    elif expected is not None and found.root != expected:
        why = "receipt-of-other-root"
    elif signer is not None and found.signature is None:
        why = "receipt-not-signed"
    elif signer is not None and not found.signed_by(signer):
        why = "receipt-of-other-key"
    if form == "json":
        proven = {"verdict": found.verdict, "root": found.root.hex()} if found is not None and why is None else {"why": why}
        echo(in_json({"sound": why is None, **proven}))
    elif why is not None:
        echo(f"{say(lang, 'error')}[{why}]: {say(lang, why, file=file, root=found.root.hex() if found else '')}", err=True)
    elif found is not None:
        said = found.verdict
        by = "verify.receipt-by-root" if expected is not None else "verify.receipt-by-key"
        echo(say(lang, by, unit=said["unit"], units=said["units"], root=found.root.hex(), key=key))
        run = {"pack": said["pack"]["name"], "version": said["pack"]["version"], "day": said["day"] or "–"}
        echo(say(lang, "verify.receipt-says", verdict=said["verdict"], score=said["score"], **run))
        for of in said["findings"]:
            clause = f" ({of['clause']})" if of["clause"] else ""
            echo(f"  {of['rule']}{clause}: {of['status']}, {of['outcome']} × {of['findings']}")
    return DONE if why is None else COULD_NOT_RUN


@dataclass
class Further:
    """What else was asked of a review. `said`: what holds, in sentences; `wrong`: what does not; `data`: both, for programs."""

    said: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def tell(self, holds: bool, name: str, sentence: str) -> None:
        (self.said if holds else self.wrong).append(sentence)
        self.data[name] = holds


def verify_root(folder: Path, root: str | None, key: str | None, secret: Path | None, further: Further, lang: str) -> None:
    """The root that review.json names: whether it is the one given, that of the verdicts as they are now, and signed."""
    from lookback.receipts.receipt import reckoned, stated_of
    from lookback.receipts.secret import read_secret, signed_by
    from lookback.reviews.folder import open_review

    expected, signer = hash_of(root), hash_of(key)
    if expected is None and signer is None and secret is None:
        return
    review = open_review(folder)
    stated = stated_of(review)
    if expected is not None:
        same = stated["root"] == expected.hex()
        further.tell(same, "root_named", say(lang, "verify.root-named" if same else "verify.root-other", root=stated["root"]))
    if secret is not None:
        now = reckoned(review, read_secret(secret))
        same = now == stated["root"]
        further.tell(same, "root_reckoned", say(lang, "verify.root-reckoned" if same else "verify.root-differs", root=now))
    if signer is not None:
        signed = "signature" in stated and signed_by(signer, bytes.fromhex(stated["root"]), bytes.fromhex(stated["signature"]))
        further.tell(signed, "signed", say(lang, "verify.signed" if signed else "verify.not-signed", key=signer.hex()))


def verify_again(folder: Path, inputs: Sequence[str], further: Further, lang: str, options: Mapping[str, Any]) -> None:
    """The review made again, of its own pack and parameters and of these records: whether each file is the same to the byte."""
    import lookback
    from lookback.place import temporary
    from lookback.receipts.versions import others
    from lookback.reviews.folder import SUMMARY, open_review, summary_of

    review = open_review(folder)
    then = dict(review.summary)
    with temporary() as work, review:
        out = Path(work) / "again"
        run = {"params": then["params"], "lang": then["language"], "decider": review.decider}
        lookback.check(inputs, review.folder / "pack", out=out, **run, **options).close()
        now = summary_of(out)
    made_with = then.get("versions") or {"lookback": then["lookback"]}
    differing = [name for name in sorted({*then["files"], *now["files"]}) if then["files"].get(name) != now["files"].get(name)]
    beside = {"versions", "files", "sha256", "receipts"}
    if any(then.get(name) != now.get(name) for name in ({*then, *now} - beside)):
        differing.append(SUMMARY)
    read = [{(of["file"], of["sheet"], of["table"]): of["sha256"] for of in said["inputs"]} for said in (then, now)]
    records = sorted({name for name, *_ in {*read[0], *read[1]}} if read[0].keys() != read[1].keys() else ())
    records = records or sorted({of[0] for of, hash in read[0].items() if read[1][of] != hash})
    newer = others(made_with)
    versions = ", ".join(f"{name} {version}" for name, version in made_with.items())
    count = {"n": len(now["files"]) + 1, "versions": versions}
    further.tell(not differing, "same", say(lang, "verify.differs" if differing else "verify.same", **count))
    further.data |= {"differing": differing, "other_inputs": records, "made_with": made_with, "other_versions": newer}
    if differing:
        further.wrong += [f"  {say(lang, 'verify.differing', name=name)}" for name in differing]
        further.wrong += [f"  {say(lang, 'verify.other-input', name=name)}" for name in records]
    told = [say(lang, "verify.other-version", name=name, then=old, now=new) for name, (old, new) in newer.items()]
    (further.wrong if differing else further.said).extend(f"  {line}" for line in told)
