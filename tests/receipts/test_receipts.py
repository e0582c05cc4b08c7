"""Receipts: what proves a unit's verdict is accepted with the root alone, and nothing that was changed is; nothing else leaks."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from screen import ROOT, Lookback
from strategies import depths

import lookback as engine
from lookback.receipts import versions as made_with
from lookback.receipts.canonical import canonical, parsed
from lookback.receipts.receipt import opened, receipt
from lookback.receipts.secret import Secret, read_secret
from lookback.receipts.tree import root_of
from lookback.reviews.folder import Review, open_review, sha256_of, write_summary

PACK, RECORDS = ROOT / "tests/tiny/pack", ROOT / "tests/tiny/records"
SECRET = Secret(bytes(range(32)), sign=True)
UNITS = ("U1", "U2", "U3", "U4", "U5")


@dataclass(frozen=True)
class Signed:
    review: Review
    secret: Path

    @property
    def folder(self) -> Path:
        return self.review.folder

    @property
    def root(self) -> str:
        return str(self.review.summary["receipts"]["root"])


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """The tiny review, with a signed root; its secret in a file."""
    folder = tmp_path_factory.mktemp("signed")
    secret = folder / "secret"
    secret.touch(0o600)
    secret.write_text(f"lookback-secret-1 {SECRET.value.hex()}\n")
    engine.check(RECORDS, PACK, out=folder / "review", lang="en", secret=SECRET)
    return Signed(open_review(folder / "review"), secret)


@pytest.fixture
def another(signed: Signed, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(signed.folder, tmp_path / "another"))


def proves(written: bytes, root: str) -> bool:
    found = opened(written)
    return found is not None and found.root.hex() == root and found.signed_by(bytes.fromhex(SECRET.key))


# --------------------------------------------------------------------------------------------------------- receipts


@pytest.mark.parametrize("unit", UNITS)
def test_a_units_receipt_is_proven_by_the_root_and_by_the_key(unit: str, signed: Signed) -> None:
    written = receipt(signed.review, unit, SECRET)
    found = opened(written)
    assert found is not None
    assert (found.verdict["unit"], found.root.hex()) == (unit, signed.root)
    assert proves(written, signed.root)


def test_a_receipt_says_what_the_review_says(signed: Signed) -> None:
    found = opened(receipt(signed.review, "U3", SECRET))
    assert found is not None
    said = {"clause": None, "findings": 1, "outcome": "make_up", "status": "unmet"}
    assert found.verdict == {
        "day": "2005-09-30",
        "findings": [{**said, "rule": "issues-dealt-with"}, {**said, "rule": "not-overdue"}],
        "pack": signed.review.summary["pack"],
        "params": {"as_of": "2005-09-30", "complaint_limit": 3, "satisfied_share": "0.6"},
        "score": 8,
        "unit": "U3",
        "units": 5,
        "verdict": "make_up",
    }


@depths(3, 255)
def test_a_receipt_with_any_byte_changed_is_refused(examples: int, signed: Signed) -> None:
    written = receipt(signed.review, "U3", SECRET)
    for place in range(len(written)):
        for value in (1, 32, 128) if examples == 3 else range(1, 256):
            changed = written[:place] + bytes([written[place] ^ value]) + written[place + 1 :]
            found = opened(changed)
            assert found is None or found.root.hex() != signed.root, (place, value)


def test_a_receipt_that_says_the_same_in_other_bytes_is_refused(signed: Signed) -> None:
    written = receipt(signed.review, "U3", SECRET)
    said = json.loads(written)
    others = [json.dumps(said).encode(), json.dumps(said, indent=1).encode(), written + b"\n", written[:-1], b" " + written]
    others += [written.replace(b'"score":8', b'"score":8,"score":8'), written.replace(b'"score":8', b'"score":9,"score":8')]
    others += [written.replace(b"U3", rb"U\u0033"), written.decode().encode("utf-16"), b"", b"{}\n", b"[" * 100_000, b"1e999\n"]
    others += [written[:place] + b" " + written[place:] for place in range(len(written))]
    others += [written[:place] + written[place + 1 :] for place in range(len(written))]
    assert [other for other in others if opened(other) is not None] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score", 0),
        ("verdict", "pass"),
        ("findings", []),
        ("unit", "U1"),
        ("units", 4),
        ("units", 6),
        ("day", "2005-10-01"),
        ("params", {}),
    ],
)
def test_a_forger_who_mends_the_receipts_own_hash_gets_no_further(name: str, value: object, signed: Signed) -> None:
    said = json.loads(receipt(signed.review, "U3", SECRET))
    del said["sha256"]
    said["verdict"][name] = value
    forged = canonical({**said, "sha256": sha256(canonical(said)).hexdigest()}) + b"\n"
    assert not proves(forged, signed.root)


def test_a_receipt_of_another_root_key_or_form_is_told(signed: Signed, lookback: Lookback, tmp_path: Path) -> None:
    file = tmp_path / "U3.json"
    made = lookback("receipt", signed.folder, "Willowbank Works Bureau", "--secret", signed.secret, "-o", file)
    assert (made.code, made.err) == (0, f"receipt written to {file}\n")
    assert file.read_bytes() == receipt(signed.review, "U3", SECRET)
    for given in (("--root", signed.root), ("--key", SECRET.key), ("--root", signed.root.upper(), "--key", SECRET.key)):
        assert lookback("verify", file, *given).code == 0
    run = lookback("verify", file, "--root", signed.root)
    assert run.out.splitlines() == [
        f"the receipt of U3 is one of 5 under the root {signed.root}",
        "verdict: make_up, score 8 (tiny 1.0, on 2005-09-30)",
        "  issues-dealt-with: unmet, make_up × 1",
        "  not-overdue: unmet, make_up × 1",
    ]
    assert json.loads(lookback("verify", file, "--root", signed.root, "--json").out)["sound"]
    other = "0" * 64
    assert lookback("verify", file, "--root", other).mistakes() == ["receipt-of-other-root"]
    assert lookback("verify", file, "--key", other).mistakes() == ["receipt-of-other-key"]
    assert lookback("verify", file).mistakes() == ["root-or-key"]
    assert lookback("verify", file, "--root", "12").mistakes() == ["not-a-hash"]
    assert lookback("verify", file, "--root", other, "--inputs", RECORDS).mistakes() == ["not-of-a-receipt"]
    file.write_bytes(file.read_bytes().replace(b'"score":8', b'"score":0'))
    spoilt = lookback("verify", file, "--root", signed.root, lang="zh")
    assert (spoilt.code, spoilt.mistakes()) == (2, ["receipt-changed"])
    assert json.loads(lookback("verify", file, "--root", signed.root, "--json").out) == {"sound": False, "why": "receipt-changed"}


def test_a_receipt_holds_nothing_of_other_units_but_salted_hashes(signed: Signed) -> None:
    """Not even who knows all other verdicts finds which hash is whose, without the secret."""
    written = receipt(signed.review, "U3", SECRET).decode()
    assert [unit for unit in UNITS if unit in written] == ["U3"]
    assert [word for word in ("Willowbank", "I06", "Road repairs", "2005-09-15") if word in written] == []
    others = {canonical(json.loads(receipt(signed.review, unit, SECRET))["verdict"]) for unit in UNITS if unit != "U3"}
    salt = json.loads(written)["salt"]
    guesses = [{"verdict": parsed(verdict), **salted} for verdict in others for salted in ({}, {"salt": salt}, {"salt": ""})]
    assert not {sha256(b"\0" + canonical(guess)).hexdigest() for guess in guesses} & set(json.loads(written)["path"])


def test_the_salt_of_a_unit_is_another_where_its_verdict_is(signed: Signed) -> None:
    """Else the receipt of one review would let its neighbours try out the verdict of the next."""
    one, other = b'{"score":0,"unit":"U3"}', b'{"score":8,"unit":"U3"}'
    assert SECRET.salt(one) == SECRET.salt(one) != SECRET.salt(other) != Secret(bytes(32)).salt(other)


def test_the_root_rests_on_the_secret_and_not_on_the_order_of_the_records(signed: Signed, tmp_path: Path) -> None:
    records = Path(shutil.copytree(RECORDS, tmp_path / "records"))
    for file in records.iterdir():
        head, *rows = file.read_text("utf-8").splitlines(keepends=True)
        file.write_text(head + "".join(reversed(rows)), "utf-8")
    with (
        engine.check(records, PACK, lang="zh", secret=SECRET) as turned,
        engine.check(RECORDS, PACK, secret=Secret(bytes(32))) as other,
    ):
        assert turned.summary["receipts"] == signed.review.summary["receipts"]
        assert other.summary["receipts"]["root"] != signed.root
        assert other.summary["receipts"].keys() == {"root", "units"}


def test_what_does_not_count_for_a_unit_is_not_in_its_receipt(tmp_path: Path) -> None:
    pack = Path(shutil.copytree(PACK, tmp_path / "pack"))
    rules = (pack / "1-tiny.rules.yaml").read_text("utf-8")
    for old, new in (
        ("verdict = 'make_up'", "unmet('not-overdue')"),
        ("verdict = 'explain'", "unmet('explained-to-the-public')"),
        ("rule: status-known\n", "rule: status-known\n    not_counted: {because: {en: It is the group's.}}\n"),
    ):
        rules = rules.replace(old, new)
    (pack / "1-tiny.rules.yaml").write_text(rules, "utf-8")
    engine.check(RECORDS, pack, out=tmp_path / "review", secret=SECRET)
    review = open_review(tmp_path / "review")
    found = opened(receipt(review, "U5", SECRET))
    assert found is not None
    assert "status-known" in review.findings["rule"].to_pylist()
    assert "status-known" not in {of["rule"] for of in found.verdict["findings"]}


def test_units_that_were_not_judged_get_receipts_too(tmp_path: Path) -> None:
    """Keys and texts of all kinds, a unit without a key, a key with what JSON escapes."""
    records = Path(shutil.copytree(RECORDS, tmp_path / "records"))
    with (records / "units.csv").open("a", encoding="utf-8") as stream:
        stream.write(',No key,agency,5,2005-09-16,2005-08-22,10,9\n"U""\\\x7f\t单位😀",Odd,agency,5,2005-09-16,2005-08-22,10,9\n')
    engine.check(records, PACK, out=tmp_path / "review", secret=SECRET)
    review = open_review(tmp_path / "review")
    keys = [key or place for key, place in zip(*(review.verdicts[c].to_pylist() for c in ("unit_id", "_place")), strict=True)]
    assert len(keys) == 7
    found = {unit: opened(receipt(review, unit, SECRET)) for unit in keys}
    assert all(one is not None and one.root.hex() == review.summary["receipts"]["root"] for one in found.values())
    assert [one.verdict["verdict"] for one in found.values() if one is not None][-1] == "not judged"
    assert [one.verdict["unit"] for one in found.values() if one is not None] == keys


# ---------------------------------------------------------------------------------------------------------- reviews


def edited(folder: Path, *, mend: bool) -> None:
    """One cell of verdicts.parquet changed; `mend`: and its hashes, as somebody would who means it."""
    file = folder / "verdicts.parquet"
    with duckdb.connect() as warehouse:
        changed = "CASE WHEN unit_id = 'U5' THEN score - 1 ELSE score END AS score"
        rows = warehouse.execute(f"SELECT * REPLACE ({changed}) FROM read_parquet('{file}')").to_arrow_table()
        warehouse.execute(f"COPY rows TO '{file}' (FORMAT parquet)")
        assert rows.num_rows == 5
    if mend:
        summary = json.loads((folder / "review.json").read_text("utf-8"))
        del summary["sha256"]
        summary["files"]["verdicts.parquet"] = sha256_of(file)
        write_summary(folder, json.dumps(summary, ensure_ascii=False, indent=2))


def test_a_review_with_one_changed_cell_is_told(another: Path, lookback: Lookback) -> None:
    edited(another, mend=False)
    run = lookback("verify", another)
    assert (run.code, run.err.splitlines()[1]) == (2, "  changed: verdicts.parquet")


def test_a_review_with_one_changed_cell_and_mended_hashes_is_told(another: Path, signed: Signed, lookback: Lookback) -> None:
    edited(another, mend=True)
    assert lookback("verify", another).code == 0
    by_root = lookback("verify", another, "--root", signed.root, "--secret", signed.secret)
    assert by_root.code == 2
    assert by_root.err.startswith("error: its verdicts give another root than it names")
    again = lookback("verify", another, "--inputs", RECORDS)
    assert again.code == 2
    assert again.err.splitlines()[1:] == ["  not the same: verdicts.parquet"]
    assert lookback("receipt", another, "U1", "--secret", signed.secret).mistakes() == ["other-secret"]


def test_a_review_made_again_is_the_same_to_the_byte(
    signed: Signed, lookback: Lookback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proven = ("--root", signed.root, "--key", SECRET.key, "--secret", signed.secret)
    run = lookback("verify", signed.folder, *proven, "--inputs", RECORDS)
    made = ", ".join(f"{name} {version}" for name, version in made_with.versions().items())
    assert run.code == 0
    assert run.out.splitlines()[1:] == [
        f"its root is the one that was given: {signed.root}",
        f"its verdicts give the root that it names: {signed.root}",
        f"its root was signed with the key {SECRET.key}",
        f"made again, all 16 files are the same to the byte; made with these versions: {made}",
    ]
    records = Path(shutil.copytree(RECORDS, tmp_path / "records"))
    (records / "units.csv").write_text((records / "units.csv").read_text("utf-8").replace(",67\n", ",66\n"), "utf-8")
    monkeypatch.setattr(made_with, "VERSION", "9.9")
    other = json.loads(lookback("verify", signed.folder, "--inputs", records, "--json").out)
    assert not other["sound"]
    assert other["other_inputs"] == ["units.csv"]
    assert {"verdicts.parquet", "records/units.parquet", "review.json"} == {*other["differing"]}
    assert other["other_versions"] == {"lookback": [engine.VERSION, "9.9"]}


def test_what_does_not_go_together_is_refused(signed: Signed, lookback: Lookback, tmp_path: Path) -> None:
    engine.check(RECORDS, PACK, out=tmp_path / "plain")
    assert lookback("verify", signed.folder, "--roster", "units.csv").mistakes() == ["inputs-first"]
    assert lookback("verify", tmp_path / "plain", "--root", signed.root).mistakes() == ["no-root"]
    assert lookback("receipt", tmp_path / "plain", "U1", "--secret", signed.secret).mistakes() == ["no-root"]
    assert lookback("receipt", signed.folder, "U9", "--secret", signed.secret).mistakes() == ["no-such-unit"]
    assert lookback("check", RECORDS, "--pack", PACK, "--sign").mistakes() == ["sign-needs-secret"]


# ----------------------------------------------------------------------------------------------------------- secrets


def test_a_secret_is_new_each_time_and_only_its_owner_may_read_it(tmp_path: Path, lookback: Lookback) -> None:
    assert lookback("secret", "new", tmp_path / "of" / "one").mistakes() == ["cannot-write"]
    (tmp_path / "of").mkdir()
    for name in ("one", "other"):
        assert lookback("secret", "new", tmp_path / "of" / name).code == 0
    one, other = (read_secret(tmp_path / "of" / name) for name in ("one", "other"))
    assert one != other
    assert one.value.hex() not in repr(one)
    assert (tmp_path / "of" / "one").stat().st_mode & 0o777 == 0o600
    assert lookback("secret", "new", tmp_path / "of" / "one").mistakes() == ["secret-exists"]
    assert read_secret(tmp_path / "of" / "one") == one
    assert lookback("secret", "key", tmp_path / "of" / "one").out == f"{one.key}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no such rights")
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o601])
def test_a_secret_that_others_may_read_is_refused(mode: int, tmp_path: Path, lookback: Lookback) -> None:
    lookback("secret", "new", tmp_path / "secret")
    os.chmod(tmp_path / "secret", mode)
    run = lookback("check", RECORDS, "--pack", PACK, "--secret", tmp_path / "secret", "-o", tmp_path / "review")
    assert (run.code, run.mistakes()) == (2, ["secret-open"])
    assert not (tmp_path / "review").exists()


@pytest.mark.parametrize("written", ["", "lookback-secret-1 12\n", "x" * 5000])
def test_what_is_no_secret_is_refused(written: str, tmp_path: Path, lookback: Lookback) -> None:
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text(written)
    assert lookback("secret", "key", tmp_path / "secret").mistakes() == ["no-secret"]
    assert lookback("secret", "key", tmp_path / "none").mistakes() == ["cannot-read-secret"]


def test_without_the_extra_receipts_are_given_and_signing_names_it(
    signed: Signed, lookback: Lookback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [*(name for name in sys.modules if name.split(".")[0] == "cryptography"), "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    written = receipt(signed.review, "U3", SECRET)
    (tmp_path / "U3.json").write_bytes(written)
    assert lookback("verify", tmp_path / "U3.json", "--root", signed.root).code == 0
    check = ("check", RECORDS, "--pack", PACK, "--secret", signed.secret)
    for run in (lookback("secret", "key", signed.secret), lookback(*check, "--sign", "-o", tmp_path / "review")):
        assert (run.code, run.mistakes()) == (2, ["no-extra-sign"])
        assert "lookback[sign]" in run.err
    assert not (tmp_path / "review").exists()
    assert lookback(*check).code == 0


def test_the_root_of_no_units_is_that_of_an_empty_tree() -> None:
    assert root_of([]) == sha256().digest()
