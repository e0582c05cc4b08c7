"""What a process keeps: given again only for the same thing, and only so much of it; packs whose files changed are read anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from screen import ROOT

from lookback.notions import kept as keeping
from lookback.notions.kept import kept
from lookback.packs.check import check_pack
from lookback.packs.read import read_pack
from lookback.words.errors import PackError

MOST = 5


def test_a_result_is_kept_for_the_same_object_and_equal_others_and_the_oldest_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "MOST", MOST)
    made: list[int] = []

    @kept(lambda other: other)
    def make(first: list[int], other: object) -> int:
        made.append(len(made))
        return made[-1]

    one, equal = [1], [1]
    assert [make(one, "a"), make(one, "a"), make(equal, "a"), make(one, "b")] == [0, 0, 1, 2]
    for n in range(MOST):
        make(one, n)
    assert make(one, MOST - 1) == MOST + 2
    assert make(one, "a") == MOST + 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "rules" / "lookback-2005", tmp_path / "pack"))


def test_a_pack_that_is_as_it_was_is_read_and_checked_once_and_each_setting_by_itself(folder: Path) -> None:
    pack = read_pack(folder)
    assert read_pack(folder) is pack
    assert check_pack(pack) is check_pack(pack, {})
    other = check_pack(pack, {"make_up_issues_allowed": 1})
    assert (other.params["make_up_issues_allowed"], check_pack(pack).params["make_up_issues_allowed"]) == (1, 0)


@pytest.mark.parametrize("what", ["a rule", "a file more", "a file less", "a paper", "a mistake"])
def test_a_pack_of_which_a_file_changed_is_read_anew(folder: Path, what: str) -> None:
    pack, rules = read_pack(folder), sorted(folder.glob("*.rules.yaml"))
    if what == "a mistake":
        rules[0].write_text("rules: [", "utf-8")
        with pytest.raises(PackError):
            read_pack(folder)
        return
    if what == "a rule":
        rules[0].write_text(rules[0].read_text("utf-8") + "\n# looked at\n", "utf-8")
    elif what == "a file more":
        (folder / "99-more.rules.yaml").write_text("rules: []\n", "utf-8")
    elif what == "a file less":
        rules[-1].unlink()
    else:
        (folder / "papers" / "another.md").write_text("unit {{ unit.unit_id }}\n", "utf-8")
    assert read_pack(folder) is not pack
