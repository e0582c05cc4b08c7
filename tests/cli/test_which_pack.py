"""Which pack a command takes: --pack, the folder one stands in, LOOKBACK_PACK, lookback.toml, the built-in one, in this order."""

from __future__ import annotations

from pathlib import Path

import pytest
from screen import Lookback

PACK = """\
pack: {name}
version: "1"
outcomes: [{{outcome: fine}}, {{outcome: bad}}]
"""
RECORDS = "tables: {shops: {key: shop_no, fields: {shop_no: {type: text}, name: {type: text}}}}\n"
RULES = "rules: [{rule: named, for: shops, title: {en: Named}, require: name is not null, otherwise: bad}]\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOKBACK_PACK", raising=False)
    for name in ("by-folder", "by-variable", "by-file", "by-name"):
        Path(name).mkdir()
        Path(name, "pack.yaml").write_text(PACK.format(name=name))
        Path(name, "records.yaml").write_text(RECORDS)
        Path(name, "1.rules.yaml").write_text(RULES)
    Path("shops.csv").write_text("shop_no,name\nU1,One\nU2,\n")


def test_each_way_comes_before_the_next_and_the_first_line_says_which(
    lookback: Lookback, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path("shops.csv").absolute()
    assert lookback("check", data, "--top", 0).out == ""  # which the built-in pack does not know
    Path("lookback.toml").write_text('pack = "by-file"\n')
    by_file = lookback("check", data, "--top", 0)
    assert by_file.out.startswith("by-file 1\n")
    assert by_file.first == "pack by-file (by lookback.toml; --pack names another)"
    monkeypatch.setenv("LOOKBACK_PACK", str(Path("by-variable").absolute()))
    by_variable = lookback("check", data, "--top", 0)
    assert by_variable.out.startswith("by-variable 1\n")
    assert by_variable.first.endswith("by-variable (by LOOKBACK_PACK; --pack names another)")
    monkeypatch.chdir("by-folder")
    by_folder = lookback("check", data, "--top", 0)
    assert by_folder.out.startswith("by-folder 1\n")
    assert by_folder.first == "pack by-folder (the folder you are in; --pack names another)"
    assert lookback("rules", "list").first == by_folder.first
    by_name = lookback("check", data, "--top", 0, "--pack", "../by-name")
    assert by_name.out.startswith("by-name 1\n")
    assert "--pack names another" not in by_name.err


def test_what_lies_beside_the_records_chooses_no_rules(lookback: Lookback) -> None:
    Path("handed-in").mkdir()
    Path("handed-in/lookback.toml").write_text('pack = "by-file"\n')
    Path("handed-in/shops.csv").write_text(Path("shops.csv").read_text())
    assert lookback("check", "handed-in", "--top", 0).out == ""
    said = lookback("check", "handed-in", "--top", 0, "--config", "handed-in/lookback.toml")
    assert said.first.startswith("pack by-file (by lookback.toml")


def test_records_of_another_pack_are_told_with_the_pack_and_the_ways_on(lookback: Lookback) -> None:
    told = lookback("check", "shops.csv").err.splitlines()[-1]
    assert told == (
        "help: name it, as in units=shops.csv; or they are none of the pack lookback-2005: name theirs with --pack,"
        " or draft one for them: lookback new my-pack shops.csv"
    )


def test_a_file_of_options_takes_every_option_by_its_name(lookback: Lookback) -> None:
    Path("lookback.toml").write_text(
        'pack = "by-file"\n[check]\nformat = "json"\ntop = 0\nfail-on = "bad:10%"\n[rules.list]\nformat = "json"\n'
    )
    run = lookback("check", "shops.csv")
    assert (run.code, run.out[0]) == (1, "{")
    assert lookback("check", "shops.csv", "--format", "csv", "--fail-on", "bad:90%").code == 0  # the command line goes before it
    assert lookback("rules", "list").out.startswith("{")


def test_an_unknown_name_in_it_is_told_with_its_place_and_a_proposal(lookback: Lookback) -> None:
    Path("lookback.toml").write_text('pak = "by-file"\n[chek]\ntop = 1\n[rules.test]\ncoverag = true\n')
    run = lookback("check", "shops.csv")
    assert run.code == 2
    assert run.mistakes() == ["config-no-option", "config-no-command", "config-no-option"]
    assert [line.split()[-1] for line in run.err.splitlines() if line.lstrip().startswith("--> ")] == [
        "lookback.toml:1:1",
        "lookback.toml:2:2",
        "lookback.toml:5:1",
    ]
    assert [line for line in run.err.splitlines() if line.startswith("help: ")] == [
        "help: did you mean `pack`?",
        "help: did you mean `check`?",
        "help: did you mean `coverage`?",
    ]


def test_a_file_of_options_that_is_none_is_told(lookback: Lookback) -> None:
    Path("lookback.toml").write_text("pack = \n")
    assert lookback("check", "shops.csv").mistakes() == ["config-unreadable"]
    assert lookback("check", "shops.csv", "--config", "nowhere.toml").code == 2
