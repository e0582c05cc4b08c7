"""Writes invented units and issues, any number of them, for measuring.

    python -m benchmarks.generate --units 1000000 -o /tmp/records

writes `units.parquet` and `issues.parquet` (`--format csv`: `.csv`), five issues a unit on average. All fields of the tables
units and issues of the pack `benchmarks/pack` are there, typed as it declares them. With `--of lookback-2005` they are those of
the built-in pack, and `organisations` and `mechanisms` stand beside them.

One SQL query a table draws everything from hashes of (unit, issue, what is drawn, seed): no record depends on another, so it
streams, and the same seed gives the same records with the same version of DuckDB, whose hash it is. Each unit has a quality
between 0 and 1: below `OWING` it is in order, from there to `POOR` it owes an explanation to the public, above that it and its
issues have flaws and blanks. By the pack's default parameters about 60% of the units pass, 15% have to explain, 25% have to
make up. Fields that no rule reads are blank in 2% of the records, whatever the quality.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import duckdb

OWING, POOR = 0.60, 0.745

MACROS = """
create temp macro draw(id, what) as (hash(id, what, {seed}) % 1000000) / 1000000.0;
create temp macro pick(id, what, among) as among[1 + (hash(id, what, {seed}) % len(among))::bigint];
create temp macro between_(id, what, low, high) as low + (hash(id, what, {seed}) % (high - low + 1))::bigint;
create temp macro day(id, what, first, days) as first + (hash(id, what, {seed}) % days)::integer;
create temp macro flawed(id, what, share) as draw(id, what) < share;
create temp macro unless_blank(id, what, share, value) as case when draw(id, what || '?') >= share then value end;
"""

# What each unit's number decides: its quality q, the share p of flaws and b of blanks, and its number of issues n.
SEEDS = """
create temp table seeds as
select id, q, p, p / 3 as b,
       greatest(pick(id, 'n', [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8, 9, 10, 12]), (q >= {owing})::bigint) as n
from (select id, q, case when q < {poor} then 0.0001 else 0.06 + 0.3 * (q - {poor}) end as p
      from (select range as id, draw(range, 'quality') as q from range({units})))
"""

UNITS = """
select
    printf('U%07d', id + 1) as unit_id,
    concat_ws(' ', district, pick(id, 'name', ['Water Bureau', 'Works Bureau', 'Hospital', 'Library', 'Bus Company', 'School',
              'Housing Office', 'Grain Store', 'Weavers', 'Gardeners']), id + 1) as name,
    unless_blank(id, 'parent', 0.02, district || ' Committee') as parent_unit,
    unless_blank(id, 'region', 0.02, district) as region,
    unless_blank(id, 'kind', b, kind) as kind,
    unless_blank(id, 'batch', 0.02, 1::bigint) as batch,
    unless_blank(id, 'members', b, members) as members,
    unless_blank(id, 'mobile', b, mobile) as mobile_members,
    unless_blank(id, 'reached', b, mobile - (mobile > 0 and flawed(id, 'reached', p))::bigint) as mobile_members_reached,
    unless_blank(id, 'secretary', b, 'P-' || id % 100000) as secretary,
    unless_blank(id, 'by committee', b, not flawed(id, 'by committee', p)) as self_check_by_committee,
    unless_blank(id, 'done on', b, case when flawed(id, 'done on', p) then day(id, 'late', date '2005-10-01', 20)
                                        else day(id, 'done', date '2005-08-25', 37) end) as self_check_done_on,
    unless_blank(id, 'reported', b, n + flawed(id, 'reported', p / 2)::bigint) as issues_reported,
    unless_blank(id, 'required', b, orgs) as orgs_required,
    unless_blank(id, 'established', b, greatest(orgs - flawed(id, 'established', p)::bigint, 0)) as orgs_established,
    unless_blank(id, 'posts', b, posts) as leadership_posts,
    unless_blank(id, 'filled', b, posts - flawed(id, 'filled', p)::bigint) as leadership_posts_filled,
    unless_blank(id, 'weak', b, weak) as weak_orgs,
    unless_blank(id, 'weak rectified', b, weak - (weak > 0 and flawed(id, 'weak rectified', 2 * p))::bigint)
        as weak_orgs_rectified,
    unless_blank(id, 'weak working', b, greatest(weak - (weak > 0 and flawed(id, 'weak working', 4 * p))::bigint, 0))
        as weak_orgs_working,
    unless_blank(id, 'practices', b, not flawed(id, 'practices', p)) as practices_summed_up,
    unless_blank(id, 'plan on', b, day(id, 'plan', date '2005-07-25', 60)) as mechanism_plan_on,
    unless_blank(id, 'progress', b, case when flawed(id, 'progress', p) then 'none'
                                         else pick(id, 'stage', ['drafting', 'drafting', 'issued']) end) as mechanism_progress,
    unless_blank(id, 'commended', b, 1 + members // 30) as commended,
    unless_blank(id, 'activists', b, 1 + members // 20) as activists_trained,
    unless_blank(id, 'recruits', b, recruits) as recruits,
    unless_blank(id, 'individually', b, recruits - (recruits > 0 and flawed(id, 'individually', p))::bigint)
        as recruits_individually,
    unless_blank(id, 'forms', b, forms) as appraisal_forms,
    unless_blank(id, 'satisfied', b, (forms * case when flawed(id, 'satisfied', p) then 0.3 + 0.29 * draw(id, 'few')
                                                   else 0.7 + 0.28 * draw(id, 'most') end)::bigint) as appraisal_satisfied,
    unless_blank(id, 'second plan', b, not flawed(id, 'second plan', p)) as second_batch_plan,
    unless_blank(id, 'second stage', b, pick(id, 'stage of second', ['preparation', 'study', 'study', 'appraisal']))
        as second_batch_stage
from (select *, case when kind in ('village', 'community', 'private_enterprise', 'social_organisation')
                     then between_(id, 'mobile', 0, 12) else 0 end as mobile
      from (select *,
                pick(id, 'district', ['Willowbank', 'Heron Lane', 'Millbrook', 'Stonebridge', 'Alder Hill', 'Reedmouth'])
                    as district,
                pick(id, 'kind', ['agency', 'agency', 'agency', 'enterprise', 'enterprise', 'institution', 'institution',
                     'university', 'village', 'village', 'community', 'community', 'private_enterprise', 'social_organisation'])
                    as kind,
                between_(id, 'members', 8, 180) as members, between_(id, 'orgs', 1, 9) as orgs,
                between_(id, 'posts', 3, 8) as posts, pick(id, 'weak', [0, 0, 0, 0, 1, 1, 2, 3])::bigint as weak,
                between_(id, 'recruits', 0, 4) as recruits,
                pick(id, 'forms', [0, 40, 60, 80, 100, 120, 150, 200])::bigint as forms
            from seeds))
"""

# From the inside: an issue's number, then its scope, then the state that its unit's quality allows, then the rest.
ISSUES = """
select
    printf('U%07d-%02d', id + 1, nth + 1) as issue_id,
    printf('U%07d', id + 1) as unit_id,
    unless_blank(no, 'title', 0.02, pick(no, 'title', ['Study meetings are often put off', 'Too few counters',
        'Street lights are out', 'Fees are not posted', 'Yards flood when it rains', 'Aid is paid late', 'Duty rota is not kept',
        'Minutes are missing', 'Members rarely meet the public', 'Compensation is not settled', 'Jobs are filled slowly',
        'Too many meetings'])) as title,
    unless_blank(no, 'scope', b, scope) as scope,
    unless_blank(no, 'found', case when state = 'not_started' then b else 0.02 end, found_on) as found_on,
    unless_blank(no, 'source', 0.02, pick(no, 'source', ['self_check', 'self_check', 'visit', 'public'])) as source,
    unless_blank(no, 'status', b, state) as status,
    unless_blank(no, 'can be', b, case when state in ('solved', 'blocked') or not touches_public then state <> 'blocked'
                                       else flawed(no, 'can be', p) end) as can_be_solved,
    unless_blank(no, 'causes', case when to_revise then p else 0.02 end, 'Causes written down on ' || found_on) as causes,
    unless_blank(no, 'measures', case when touches_public and state <> 'solved' then p else 0.02 end,
                 'Measures of section ' || between_(no, 'section', 1, 40)) as measures,
    case when to_revise and not flawed(no, 'revised', p) then day(no, 'revised', found_on + 5, 25) end as measures_revised_on,
    unless_blank(no, 'deadline', case when state = 'solved' then 0.02 else b end,
                 case when flawed(no, 'deadline', p) then day(no, 'overdue', date '2005-09-01', 29)
                      else day(no, 'deadline', found_on + 75, 15) end) as deadline,
    unless_blank(no, 'unit', case when state = 'solved' then 0.02 else p / 2 end,
                 pick(no, 'unit', ['General Office', 'Billing Section', 'Works Section', 'Finance', 'Personnel', 'Service Hall']))
        as responsible_unit,
    unless_blank(no, 'person', case when state = 'solved' then 0.02 else p / 2 end, 'P-' || between_(no, 'person', 1, 99999))
        as responsible_person,
    case when state = 'solved' then unless_blank(no, 'solved', 0.02, solved_on) end as solved_on,
    case when state = 'solved' and not flawed(no, 'followed', p) then day(no, 'followed', solved_on + 3, 12) end
        as followed_up_on,
    unless_blank(no, 'relapsed', case when state = 'solved' then b else 0.02 end, state = 'solved' and flawed(no, 'relapsed', p))
        as relapsed,
    unless_blank(no, 'complaints', b, complaints) as complaints,
    case when owed and flawed(no, 'promised', 0.3) then day(no, 'promised', date '2005-10-03', 20)
         when state = 'blocked' and not owed and not flawed(no, 'explained', p)
         then day(no, 'explained', found_on + 5, 25) end as explained_on,
    case when flawed(no, 'seen', 0.1) then state end as seen_status
from (select *, state = 'poor_effect' or (state in ('solved', 'in_progress') and complaints >= 3) as to_revise,
          day(no, 'solved', found_on + 5, 12) as solved_on
      from (select *,
                case when owed then 'blocked'
                     when touches_public
                     then case when luck < 0.78 then 'solved' when luck < 0.90 then 'blocked' else 'in_progress' end
                     when luck < 0.55 then 'solved' when luck < 0.80 then 'in_progress'
                     when luck < 0.92 then 'not_started' else 'poor_effect' end as state
            from (select *, scope in ('public_interest', 'stability') as touches_public, draw(no, 'state') as luck,
                      nth = 0 and q >= {owing} and (q < {poor} or flawed(id, 'owed', 0.3)) as owed,
                      day(no, 'found', date '2005-07-20', 40) as found_on,
                      pick(no, 'complaints', [0, 0, 0, 0, 1, 1, 2, 2, 4, 9])::bigint as complaints
                  from (select *, id * 100 + nth as no,
                            pick(id * 100 + nth, 'scope', ['organisation', 'organisation', 'member', 'public_interest',
                                 'stability']) as scope
                        from (select *, unnest(range(n)) as nth from seeds)))))
"""


# The same units, as the built-in pack has them since its second reading: each organisation by itself, in no totals.
BUILT_IN = {
    "units": """
select * exclude (id, p, b, secretary, orgs_required, orgs_established, leadership_posts, leadership_posts_filled, weak_orgs,
                  weak_orgs_rectified, weak_orgs_working, appraisal_forms, appraisal_satisfied)
       replace (0::bigint as issues_reported),
    unless_blank(id, 'contact', b, not flawed(id, 'contact', p)) as leaders_contact_points,
    unless_blank(id, 'rectification', b, day(id, 'rectification', date '2005-06-20', 20)) as rectification_plan_on,
    unless_blank(id, 'opinions', b, not flawed(id, 'opinions', p)) as plan_opinions_heard,
    unless_blank(id, 'publicity', b, day(id, 'publicity', date '2005-08-01', 50)) as publicity_on,
    unless_blank(id, 'others', b, pick(id, 'others', ['yes', 'yes', 'partly'])) as other_requirements,
    unless_blank(id, 'formality', b, case when flawed(id, 'formality', p) then 'no' else 'yes' end) as no_formality,
    unless_blank(id, 'research', b, case when not flawed(id, 'research', p) then 'a study' end) as research_results,
    unless_blank(id, 'eligible', b, recruits) as eligible
from (select u.*, s.id, s.p, s.b from ({units}) u join seeds s on s.id = substr(u.unit_id, 2)::bigint - 1)
order by id
""",
    "issues": """
select * replace (coalesce(found_on, date '2005-08-01') as found_on,
                  case when status = 'not_started' and hash(issue_id) % 50 > 0 then 'in_progress' else status end as status,
                  case when status = 'solved' then coalesce(solved_on, followed_up_on) end as solved_on,
                  case when not can_be_solved then coalesce(measures_revised_on, found_on + 10) else measures_revised_on end
                      as measures_revised_on),
    case when status = 'blocked' and not flawed(hash(issue_id), 'reason', 0.01) then 'Needs money' end as objective_reason
from ({issues})
""",
    "organisations": """
select printf('U%07d-%d', id + 1, nth + 1) as org_id, printf('U%07d', id + 1) as unit_id, 'Branch ' || nth + 1 as name,
    true as ought_to_exist, unless_blank(no, 'set up', b, not flawed(no, 'set up', p / 4)) as set_up,
    posts as leadership_posts, unless_blank(no, 'filled', b, posts - flawed(no, 'filled', p / 4)::bigint) as leadership_filled,
    weak, case when weak and not flawed(no, 'in order', 2 * p) then date '2005-08-20' end as put_in_order_on,
    case when weak then not flawed(no, 'working', 2 * p) end as working_normally,
    unless_blank(no, 'secretary', b, 'P-' || no % 100000) as secretary,
    unless_blank(no, 'checked', b, day(no, 'checked', date '2005-08-25', 37)) as self_checked_on
from (select *, id * 10 + nth as no, between_(id * 10 + nth, 'posts', 2, 4) as posts,
          draw(id * 10 + nth, 'weak') < 0.05 as weak
      from (select *, unnest(range(pick(id, 'orgs', [1, 1, 2, 2, 3])::bigint)) as nth from seeds))
""",
    "mechanisms": """
select printf('U%07d-%d', id + 1, nth + 1) as mechanism_id, printf('U%07d', id + 1) as unit_id,
    case when nth = 0 then 'study;education;management;public_contact;participation'
         else 'org_building;leadership_building' end as kinds,
    'No. ' || no as document, day(no, 'issued', date '2005-07-25', 50) as issued_on,
    unless_blank(no, 'force', b, not flawed(no, 'force', p)) as in_force
from (select *, id * 10 + nth as no from (select *, unnest(range(2)) as nth from seeds))
""",
}


def generate(
    units: int,
    folder: Path,
    file_format: str = "parquet",
    seed: int = 2005,
    owing: float = OWING,
    poor: float = POOR,
    built_in: bool = False,
) -> None:
    """Writes `folder/units.*` and `folder/issues.*`; the folder is made where there is none. `built_in`: the tables of the
    built-in pack instead."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {"units": units, "seed": seed, "owing": owing, "poor": poor}
    options = "format parquet" if file_format == "parquet" else "format csv, header"
    with duckdb.connect() as con:
        con.execute("set threads = 1")  # as quick here, a tenth of the memory, and the rows in order
        con.execute(MACROS.format(**known))
        con.execute(SEEDS.format(**known))
        queries = {"units": UNITS.format(**known), "issues": ISSUES.format(**known)}
        if built_in:
            queries = {table: query.format(**queries) for table, query in BUILT_IN.items()}
        for table, query in queries.items():
            path = str(folder / f"{table}.{file_format}").replace("'", "''")
            con.execute(f"copy ({query}) to '{path}' ({options})")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description="Write invented units and issues.")
    parser.add_argument("--units", type=int, required=True, metavar="N", help="how many units; five issues each on average")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder to write into")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--of", choices=("benchmark", "lookback-2005"), default="benchmark", help="the pack that reads them")
    parser.add_argument("--seed", type=int, default=2005, metavar="S")
    given = parser.parse_args()
    started = time.monotonic()
    generate(given.units, given.output, given.format, given.seed, built_in=given.of != "benchmark")
    print(f"{given.units} units in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
