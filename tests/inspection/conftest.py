"""A small office for the visits: 40 units of four regions, each with its reports; a pack that asks inspectors, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from builders import pack_of
from strategies import write_pack

import lookback

BECAUSE = {"optional": {"because": {"en": "Only units that were visited have it.", "zh": "只有检查过的单位才有。"}}}
TEXT, NUMBER = {"type": "text"}, {"type": "integer"}
TABLES = {
    "offices": {
        "key": "code",
        "label": "called",
        "fields": {
            "code": TEXT,
            "called": TEXT,
            "district": {"type": "text", "title": {"en": "District", "zh": "片区"}},
            "sort": {
                "type": "choice",
                "choices": {"school": {"en": "School", "zh": "学校"}, "clinic": {"en": "Clinic", "zh": "诊所"}},
            },
            "gaps": NUMBER,
        },
    },
    "looks": {
        "key": "look",
        "belongs_to": "offices",
        **BECAUSE,
        "fields": {"look": TEXT, "code": TEXT, "gaps_seen": {**NUMBER, "by": "inspector", **BECAUSE}},
    },
}
RULES = (
    {"rule": "no-gaps", "for": "offices", "require": "gaps <= 0", "weight": 3},
    {"rule": "few-gaps", "for": "offices", "require": "gaps <= 4", "weight": 5},
    {
        "rule": "as-reported",
        "for": "offices",
        "when": "worst_seen is not null",
        "require": "worst_seen <= 0",
        "otherwise": "explain",
    },
)
FACTS = (
    {"fact": "worst_seen", "of": "offices", "from": "looks", "value": "max(gaps_seen) filter (where gaps_seen is not null)"},
)
Offices = Mapping[str, tuple[str, str, str]]


def offices(n: int = 40) -> dict[str, tuple[str, str, str]]:
    """Code -> district, sort, gaps: two of five have some."""
    return {
        f"O{i:02d}": ("东西南北"[i % 4], ("school", "clinic")[i % 3 == 0], str((i * 7) % 9 if i % 5 < 2 else 0)) for i in range(n)
    }


@pytest.fixture(scope="session")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., lookback.Review]:
    """`reviewed(looks=[(code, gaps_seen)], units=…, keyless=…)`: a review of the offices, in a folder of its own."""
    pack = tmp_path_factory.mktemp("pack") / "visits"
    write_pack(pack_of(TABLES, RULES, FACTS), pack)

    def review(looks: Iterable[tuple[str, int | str]] = (), units: Offices | None = None, keyless: int = 0) -> lookback.Review:
        data: Path = tmp_path_factory.mktemp("offices")
        rows = ["code,called,district,sort,gaps"]
        rows += [f"{code},Office {code},{','.join(rest)}" for code, rest in (units or offices()).items()]
        rows += [f",Without a code {i},东,school,0" for i in range(keyless)]
        (data / "offices.csv").write_text("\n".join(rows) + "\n", "utf-8")
        seen = ["look,code,gaps_seen", *(f"L{i},{code},{gaps}" for i, (code, gaps) in enumerate(looks))]
        (data / "looks.csv").write_text("\n".join(seen) + "\n", "utf-8")
        return lookback.check(data, str(pack), lang="en", out=data / "review")

    return review


@pytest.fixture(scope="session")
def before(reviewed: Callable[..., lookback.Review]) -> lookback.Review:
    """The offices before anybody is visited."""
    return reviewed()
