"""A review and a secret -> its leaves, one a unit, and their root.

A leaf's entry is canonical JSON: the unit's verdict, and a salt.

    {"salt": "9c…", "verdict": {"day": "2005-09-30", "findings": [{"clause": "N1.4", "findings": 2, "outcome": "make_up",
     "rule": "not-overdue", "status": "unmet"}], "pack": {"name": …, "sha256": …, "version": …}, "params": {…}, "score": 8,
     "unit": "U3", "units": 5, "verdict": "make_up"}}

Its findings are those of the unit and of what is below it that count for it, how many of each rule, status and outcome; neither
the records nor what stands in them. `units` is how many leaves the tree has. The leaves stand in the order of their hashes, so
that the place of one says nothing of it, and another order of the records gives the same root.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from lookback.language.types import in_json
from lookback.packs.checked import CheckedPack
from lookback.packs.params import REVIEW_DAY
from lookback.receipts.canonical import canonical
from lookback.receipts.secret import Secret
from lookback.receipts.tree import leaf, root_of
from lookback.reviews.folder import called_sql
from lookback.warehouse.duckdb import DuckDB, literal, path_literal

_AT_ONCE = 10_000


def verdicts_of(folder: Path, pack: CheckedPack, summary: Mapping[str, Any], warehouse: DuckDB) -> Iterator[tuple[str, bytes]]:
    """Every unit, as it is called, and its canonical verdict. `summary`: review.json, of which it takes pack and parameters."""
    verdicts, findings = (f"read_parquet({path_literal(folder / f'{name}.parquet')})" for name in ("verdicts", "findings"))
    known = {name for name, *_ in warehouse.rows(f"DESCRIBE FROM {verdicts}")}
    apart = {rule.id for rule in pack.rules if pack.not_counted(rule) is not None}
    kinds = [
        (*kind, *_said(*kind))
        for kind in warehouse.rows(f"SELECT DISTINCT rule, clause, status, outcome FROM {findings} ORDER BY ALL")
        if kind[0] not in apart
    ]
    values = [f"({n}, {', '.join('NULL' if text is None else literal(text) for text in kind)})" for n, kind in enumerate(kinds)]
    columns = "n, rule, clause, status, outcome, before, after"
    nothing = "(NULL::BIGINT, '', '', '', '', '', '')"
    warehouse.create("receipt_kinds", f"FROM (VALUES {', '.join(values) or nothing}) AS k({columns})")
    same = " AND ".join(f"f.{column} IS NOT DISTINCT FROM k.{column}" for column in ("rule", "clause", "status", "outcome"))
    counted = f"SELECT f.unit, k.n, count(*) AS times FROM {findings} f JOIN receipt_kinds k ON {same} GROUP BY ALL"
    listed = "string_agg(concat(before, times, after), ',' ORDER BY n)"
    of_units = f"SELECT unit, {listed} AS found FROM ({counted}) JOIN receipt_kinds USING (n) GROUP BY unit"
    units = f"SELECT {called_sql(pack.tables[pack.root], known)} AS unit, verdict, score FROM {verdicts}"
    params = json.loads(in_json(dict(summary["params"]), str), parse_float=Decimal)
    header = canonical({"pack": summary["pack"], "params": params}).decode()[1:-1]
    total = warehouse.rows(f"SELECT count(*) FROM {verdicts}")[0][0]
    before, middle = f'{{"day":{_text(params.get(REVIEW_DAY))},"findings":[', f"],{header},"
    after = f',"units":{total},"verdict":'
    found = warehouse.run(f"SELECT u.*, coalesce(w.found, '') FROM ({units}) u LEFT JOIN ({of_units}) w USING (unit)")
    while rows := found.fetchmany(_AT_ONCE):
        for unit, verdict, score, of in rows:
            points = "null" if score is None else score
            said = f'{before}{of}{middle}"score":{points},"unit":{_text(unit)}{after}{_text(verdict)}}}'
            yield unit, said.encode()


_text = json.JSONEncoder(ensure_ascii=False).encode
"""A text or null in canonical JSON."""


def _said(rule: str, clause: str | None, status: str, outcome: str) -> tuple[str, str]:
    """A finding in canonical JSON, before and after the number that says how many."""
    before = f'{{"clause":{_text(clause)},"findings":'
    return before, f',"outcome":{_text(outcome)},"rule":{_text(rule)},"status":{_text(status)}}}'


def entry(salt: str, verdict: bytes) -> bytes:
    return b'{"salt":"%b","verdict":%b}' % (salt.encode(), verdict)


def leaf_of(verdict: bytes, secret: Secret) -> bytes:
    return leaf(entry(secret.salt(verdict), verdict))


def root_with(folder: Path, pack: CheckedPack, summary: Mapping[str, Any], secret: Secret, warehouse: DuckDB) -> dict[str, Any]:
    """What review.json says of the receipts of a review: the root of its units, how many these are, and with a secret that signs
    the signature and the public key."""
    leaves = sorted(leaf_of(verdict, secret) for _, verdict in verdicts_of(folder, pack, summary, warehouse))
    root = root_of(leaves)
    signed = {"key": secret.key, "signature": secret.signature(root)} if secret.sign else {}
    return {"root": root.hex(), "units": len(leaves), **signed}
