"""What is said of a rule that is not met, and of the rule itself: in one language, with the record's values."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookback.judging.reasons import Reasons
from lookback.judging.trial import Trial
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack
from lookback.packs.sentences import Sentences

PACK = """
pack: said
version: "1"
outcomes: [{outcome: pass}, {outcome: bad}]
params: {limit: {type: integer, default: 7, title: {en: Limit}}}
"""
RECORDS = """
tables:
  units:
    key: id
    fields:
      id: {type: text}
      five: {type: integer, title: {en: Five}}
      six: {type: integer, title: {en: Six}}
      no_six: {type: integer, title: {en: No six at all}}
"""
SAID = {  # what a rule requires -> why it is unmet, and what it asks
    "five in (1, -2)": ("five is 5, should be one of -2, 1", "“Five” is one of -2, 1"),
    "five in (:limit, 1)": ("five is 5, should be one of 7, 1", "“Five” is one of 7 (Limit), 1"),
    "five in (six, 1)": ("five is 5, should be one of six (6), 1", "“Five” is one of “Six”, 1"),
    "five not in (six - 1, -:limit)": ("five is 5, should be none of six - 1 (5), -7", "“Five” is none of “Six - 1”, -7"),
    "five > six + no_six": (
        "six + no_six is 6, should be below five (5)",
        "“Six + No six at all” is below “Five”",  # in which no title stands in another
    ),
    "five between :limit and six": ("five is 5, should be between 7 and six (6)", "“Five” is between 7 (Limit) and “Six”"),
}


@pytest.mark.parametrize("require", SAID)
def test_what_a_value_is_held_against_is_said_as_the_record_has_it(require: str, tmp_path: Path) -> None:
    rule = f"rules: [{{rule: r, for: units, title: {{en: T}}, require: '{require}', otherwise: bad}}]\n"
    for name, text in (("pack", PACK), ("records", RECORDS), ("1.rules", rule)):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    pack = check_pack(read_pack(tmp_path))
    got = Trial(pack, "reference", "en").judge({"units": [{"id": "U", "five": 5, "six": 6, "no_six": 0}]})
    found = got["units", "U"].reasons["r"], Sentences(pack, "en").condition(pack.rules[0], pack.rules[0].require)
    assert found == SAID[require]


def test_of_a_situation_it_is_said_that_one_or_another_is_blank(tmp_path: Path) -> None:
    rule = "rules: [{rule: r, for: units, title: {en: T}, require: five >= six, otherwise: bad}]\n"
    for name, text in (("pack", PACK), ("records", RECORDS), ("1.rules", rule)):
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    pack = check_pack(read_pack(tmp_path))
    said = {lang: Reasons(pack, lang).general(pack.rules[0], ("u",)) for lang in ("en", "zh")}
    assert said["en"].startswith("Five: blank, or Six: blank, or ")
    assert "空白，或者" in said["zh"]
