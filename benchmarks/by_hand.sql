-- The rules of `benchmarks/pack`, a part of an earlier `lookback-2005`, written by hand in DuckDB's SQL: what one measures the engine against.
--
-- The runner replaces the placeholders $units, $issues (parquet files) and $out (a folder that is there) in this text, and
-- may set other values of the variables. Writes verdicts.parquet and findings.parquet to $out.
--
-- A finding is coded 0 none (met or not applicable), 1 unmet, 2 unknown. Issues are streamed twice, once to be counted and
-- once for the findings: measured, that is quicker and leaner than keeping the flagged ones as lists beside the counts.

SET VARIABLE as_of = DATE '2005-09-30';
SET VARIABLE self_check_due = DATE '2005-09-30';
SET VARIABLE complaint_limit = 3;
SET VARIABLE satisfied_share = 0.6::DOUBLE;
SET VARIABLE make_up_issues_allowed = 0;

CREATE OR REPLACE TEMP MACRO finding(applies, holds) AS
    (CASE WHEN applies IS FALSE OR holds THEN 0 WHEN applies AND NOT holds THEN 1 ELSE 2 END)::UTINYINT;
CREATE OR REPLACE TEMP MACRO one(code) AS (code > 0)::UTINYINT;
CREATE OR REPLACE TEMP MACRO blank(field, value) AS CASE WHEN value IS NULL THEN field || ': blank' END;
CREATE OR REPLACE TEMP MACRO wrong(broken, field, value, wanted) AS
    CASE WHEN broken THEN concat(field, ' is ', value, ', should be ', wanted) END;

-- Four places at most, and none where they are zero.
CREATE OR REPLACE TEMP MACRO short(value) AS regexp_replace(round(value, 4)::VARCHAR, '\.0$', '');

-- Issues: judged one by one.
CREATE OR REPLACE TEMP VIEW judged_issues AS
WITH facts AS (
    SELECT *,
        complaints >= getvariable('complaint_limit') AS many_complaints_here,
        status IN ('poor_effect', 'in_progress', 'not_started') AS open,
        status IN ('not_started', 'in_progress') AS unfinished,
        scope IN ('public_interest', 'stability') AS touches_public
    FROM read_parquet('$issues')
), judged AS (
    SELECT *,
        finding(true, status IS NOT NULL) AS status_known,
        finding(status = 'solved', followed_up_on IS NOT NULL AND NOT relapsed) AS result_consolidated,
        finding(status = 'poor_effect' OR (status IN ('solved', 'in_progress') AND many_complaints_here),
                causes IS NOT NULL AND measures_revised_on IS NOT NULL) AS causes_and_measures_revised,
        finding(unfinished, deadline IS NOT NULL AND responsible_unit IS NOT NULL AND responsible_person IS NOT NULL)
            AS responsibility_assigned,
        finding(unfinished AND deadline IS NOT NULL, deadline >= getvariable('as_of')) AS not_overdue,
        finding(status = 'blocked', explained_on <= getvariable('as_of')) AS explained_to_the_public,
        finding(touches_public AND can_be_solved, status = 'solved') AS solvable_solved,
        finding(touches_public AND NOT can_be_solved AND status <> 'solved',
                measures IS NOT NULL AND deadline IS NOT NULL AND responsible_unit IS NOT NULL AND responsible_person IS NOT NULL)
            AS unsolvable_planned
    FROM facts
)
SELECT *,
    status_known + result_consolidated + causes_and_measures_revised + responsibility_assigned + not_overdue
        + solvable_solved + unsolvable_planned > 0 AS makes_up,
    explained_to_the_public > 0 AS explains,
    one(status_known) + one(result_consolidated) + one(causes_and_measures_revised) + one(responsibility_assigned)
        + one(not_overdue) + one(explained_to_the_public) + one(solvable_solved) + one(unsolvable_planned) AS findings,
    3 * one(status_known) + 2 * one(result_consolidated) + 3 * one(causes_and_measures_revised)
        + 3 * one(responsibility_assigned) + 3 * one(not_overdue) + 2 * one(explained_to_the_public)
        + 4 * one(solvable_solved) + 3 * one(unsolvable_planned) AS score
FROM judged;

-- Counted for each unit.
CREATE OR REPLACE TEMP TABLE unit_issues AS
SELECT
    unit_id,
    count(*) AS issue_rows,
    count(*) FILTER (WHERE makes_up) AS make_up_issues,
    count(*) FILTER (WHERE explains AND NOT makes_up) AS explain_issues,
    count(*) FILTER (WHERE coalesce(open, true)) AS open_issues,
    sum(findings)::BIGINT AS findings,
    sum(score)::BIGINT AS score
FROM judged_issues
GROUP BY unit_id;

-- Units: judged with the counts of their issues.
CREATE OR REPLACE TEMP TABLE judged_units AS
WITH facts AS (
    SELECT units.*,
        coalesce(issue_rows, 0) AS issue_rows,
        coalesce(make_up_issues, 0) AS make_up_issues,
        coalesce(explain_issues, 0) AS explain_issues,
        coalesce(open_issues, 0) AS open_issues,
        coalesce(findings, 0) AS issue_findings,
        coalesce(score, 0) AS issue_score
    FROM read_parquet('$units') AS units LEFT JOIN unit_issues USING (unit_id)
), judged AS (
    SELECT *,
        finding(true, issue_rows >= issues_reported) AS every_issue_listed,
        finding(true, explain_issues = 0) AS explanations_given,
        finding(open_issues > 0, make_up_issues < open_issues) AS problems_in_hand,
        finding(true, orgs_established >= orgs_required) AS organisations_set_up,
        finding(true, leadership_posts_filled >= leadership_posts) AS leadership_complete,
        finding(weak_orgs > 0, weak_orgs_rectified >= weak_orgs AND weak_orgs_working >= weak_orgs)
            AS weak_organisations_restored,
        finding(appraisal_forms > 0, appraisal_satisfied / appraisal_forms >= getvariable('satisfied_share')) AS public_satisfied,
        finding(true, mechanism_plan_on <= getvariable('as_of') AND mechanism_progress IN ('drafting', 'issued'))
            AS mechanism_planned,
        finding(true, self_check_by_committee) AS self_check_by_committee_,
        finding(true, self_check_done_on <= getvariable('self_check_due')) AS self_check_on_time,
        finding(true, make_up_issues <= getvariable('make_up_issues_allowed')) AS issues_dealt_with
    FROM facts
)
SELECT
    unit_id, name, issue_rows, make_up_issues, explain_issues, open_issues,
    CASE WHEN every_issue_listed + problems_in_hand + organisations_set_up + leadership_complete + weak_organisations_restored
              + public_satisfied + mechanism_planned + self_check_by_committee_ + self_check_on_time + issues_dealt_with > 0
         THEN 'make_up' WHEN explanations_given > 0 THEN 'explain' ELSE 'pass' END AS verdict,
    issue_score + 4 * one(every_issue_listed) + 3 * one(explanations_given) + 4 * one(problems_in_hand)
        + 3 * one(organisations_set_up) + 3 * one(leadership_complete) + 4 * one(weak_organisations_restored)
        + 4 * one(public_satisfied) + 3 * one(mechanism_planned) + 3 * one(self_check_by_committee_)
        + 2 * one(self_check_on_time) + 5 * one(issues_dealt_with) AS score,
    one(every_issue_listed) + one(explanations_given) + one(problems_in_hand) + one(organisations_set_up)
        + one(leadership_complete) + one(weak_organisations_restored) + one(public_satisfied) + one(mechanism_planned)
        + one(self_check_by_committee_) + one(self_check_on_time) + one(issues_dealt_with) AS own_findings,
    own_findings + issue_findings AS findings,
    issues_reported, orgs_required, orgs_established, leadership_posts, leadership_posts_filled, weak_orgs, weak_orgs_rectified,
    weak_orgs_working, appraisal_forms, appraisal_satisfied, mechanism_plan_on, mechanism_progress, self_check_by_committee,
    self_check_done_on, every_issue_listed, explanations_given, problems_in_hand, organisations_set_up, leadership_complete,
    weak_organisations_restored, public_satisfied, mechanism_planned, self_check_by_committee_, self_check_on_time,
    issues_dealt_with
FROM judged;

COPY (
    SELECT unit_id, name, issue_rows, make_up_issues, explain_issues, open_issues, verdict, score, findings
    FROM judged_units
    ORDER BY unit_id
) TO '$out/verdicts.parquet' (FORMAT parquet);

-- Findings: only now, and only for records that have one, are reasons written. An unmet rule names what makes its condition
-- false; an unknown one names the blanks, and what is false where the blank is in `when`.
CREATE OR REPLACE TEMP TABLE flagged_issues AS
SELECT issue_id, unit_id, scope, status, can_be_solved, causes, measures, measures_revised_on, deadline, responsible_unit,
    responsible_person, followed_up_on, relapsed, complaints, explained_on,
    status_known, result_consolidated, causes_and_measures_revised, responsibility_assigned, not_overdue,
    explained_to_the_public, solvable_solved, unsolvable_planned
FROM judged_issues
WHERE findings > 0;

CREATE OR REPLACE TEMP VIEW all_findings("table", record, unit, rule, clause, code, outcome, reason) AS
SELECT 'issues', issue_id, unit_id, 'status-known', 'N1.1', status_known, 'make_up',
    'status: blank'
FROM flagged_issues WHERE status_known > 0
UNION ALL
SELECT 'issues', issue_id, unit_id, 'result-consolidated', 'N1.2', result_consolidated, 'make_up',
    concat_ws('; ', blank('status', status), blank('followed_up_on', followed_up_on),
              wrong(relapsed, 'relapsed', true, false),
              CASE WHEN followed_up_on IS NOT NULL THEN blank('relapsed', relapsed) END)
FROM flagged_issues WHERE result_consolidated > 0
UNION ALL
SELECT 'issues', issue_id, unit_id, 'causes-and-measures-revised', 'N1.3', causes_and_measures_revised, 'make_up',
    concat_ws('; ', blank('status', status),
              CASE WHEN coalesce(status, 'solved') IN ('solved', 'in_progress')
                   THEN blank('complaints', complaints) END,
              blank('causes', causes), blank('measures_revised_on', measures_revised_on))
FROM flagged_issues WHERE causes_and_measures_revised > 0
UNION ALL
SELECT 'issues', issue_id, unit_id, 'responsibility-assigned', 'N1.4', responsibility_assigned, 'make_up',
    concat_ws('; ', blank('status', status), blank('deadline', deadline),
              blank('responsible_unit', responsible_unit), blank('responsible_person', responsible_person))
FROM flagged_issues WHERE responsibility_assigned > 0
UNION ALL
SELECT 'issues', issue_id, unit_id, 'not-overdue', 'N1.4', not_overdue, 'make_up',
    concat_ws('; ', blank('status', status),
              wrong(true, 'deadline', deadline, concat('on or after ', getvariable('as_of'))))
FROM flagged_issues WHERE not_overdue > 0
UNION ALL
SELECT 'issues', issue_id, unit_id, 'explained-to-the-public', 'N1.5', explained_to_the_public, 'explain',
    concat_ws('; ', blank('status', status), blank('explained_on', explained_on),
              wrong(explained_on > getvariable('as_of'), 'explained_on', explained_on,
                    concat('on or before ', getvariable('as_of'))))
FROM flagged_issues WHERE explained_to_the_public > 0
UNION ALL
SELECT 'issues', issue_id, unit_id, 'solvable-solved', 'N5.6', solvable_solved, 'make_up',
    concat_ws('; ', blank('scope', scope), blank('can_be_solved', can_be_solved), blank('status', status),
              wrong(status <> 'solved', 'status', status, 'solved'))
FROM flagged_issues WHERE solvable_solved > 0
UNION ALL
SELECT 'issues', issue_id, unit_id, 'unsolvable-planned', 'N5.7', unsolvable_planned, 'make_up',
    concat_ws('; ', blank('scope', scope), blank('can_be_solved', can_be_solved), blank('status', status),
              blank('measures', measures), blank('deadline', deadline),
              blank('responsible_unit', responsible_unit), blank('responsible_person', responsible_person))
FROM flagged_issues WHERE unsolvable_planned > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'every-issue-listed', 'N1.1', every_issue_listed, 'make_up',
    coalesce(blank('issues_reported', issues_reported),
             wrong(true, 'issue_rows', issue_rows, concat('at least issues_reported (', issues_reported, ')')))
FROM judged_units WHERE every_issue_listed > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'explanations-given', 'N1.5', explanations_given, 'explain',
    wrong(true, 'explain_issues', explain_issues, 0)
FROM judged_units WHERE explanations_given > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'problems-in-hand', 'N5.1', problems_in_hand, 'make_up',
    wrong(true, 'make_up_issues', make_up_issues, concat('below open_issues (', open_issues, ')'))
FROM judged_units WHERE problems_in_hand > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'organisations-set-up', 'N5.2', organisations_set_up, 'make_up',
    concat_ws('; ', blank('orgs_established', orgs_established), blank('orgs_required', orgs_required),
              wrong(orgs_established < orgs_required, 'orgs_established', orgs_established,
                    concat('at least orgs_required (', orgs_required, ')')))
FROM judged_units WHERE organisations_set_up > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'leadership-complete', 'N5.3', leadership_complete, 'make_up',
    concat_ws('; ', blank('leadership_posts_filled', leadership_posts_filled),
              blank('leadership_posts', leadership_posts),
              wrong(leadership_posts_filled < leadership_posts, 'leadership_posts_filled',
                    leadership_posts_filled, concat('at least leadership_posts (', leadership_posts, ')')))
FROM judged_units WHERE leadership_complete > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'weak-organisations-restored', 'N5.4', weak_organisations_restored, 'make_up',
    CASE weak_organisations_restored
        WHEN 1 THEN concat_ws('; ',
            wrong(weak_orgs_rectified < weak_orgs, 'weak_orgs_rectified', weak_orgs_rectified,
                  concat('at least weak_orgs (', weak_orgs, ')')),
            wrong(weak_orgs_working < weak_orgs, 'weak_orgs_working', weak_orgs_working,
                  concat('at least weak_orgs (', weak_orgs, ')')))
        ELSE concat_ws('; ', blank('weak_orgs', weak_orgs), blank('weak_orgs_rectified', weak_orgs_rectified),
                       blank('weak_orgs_working', weak_orgs_working))
    END
FROM judged_units WHERE weak_organisations_restored > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'public-satisfied', 'N5.5', public_satisfied, 'make_up',
    concat_ws('; ', blank('appraisal_forms', appraisal_forms), blank('appraisal_satisfied', appraisal_satisfied),
              wrong(public_satisfied = 1, 'appraisal_satisfied / appraisal_forms',
                    short(appraisal_satisfied / appraisal_forms), concat('at least ', getvariable('satisfied_share'))))
FROM judged_units WHERE public_satisfied > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'mechanism-planned', 'N5.8', mechanism_planned, 'make_up',
    CASE mechanism_planned
        WHEN 1 THEN concat_ws('; ',
            wrong(mechanism_plan_on > getvariable('as_of'), 'mechanism_plan_on', mechanism_plan_on,
                  concat('on or before ', getvariable('as_of'))),
            wrong(mechanism_progress NOT IN ('drafting', 'issued'), 'mechanism_progress', mechanism_progress,
                  'one of drafting, issued'))
        ELSE concat_ws('; ', blank('mechanism_plan_on', mechanism_plan_on), blank('mechanism_progress', mechanism_progress))
    END
FROM judged_units WHERE mechanism_planned > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'self-check-by-committee', 'N6.2', self_check_by_committee_, 'make_up',
    coalesce(blank('self_check_by_committee', self_check_by_committee),
             wrong(true, 'self_check_by_committee', false, true))
FROM judged_units WHERE self_check_by_committee_ > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'self-check-on-time', 'N6.2', self_check_on_time, 'make_up',
    coalesce(blank('self_check_done_on', self_check_done_on),
             wrong(true, 'self_check_done_on', self_check_done_on,
                   concat('on or before ', getvariable('self_check_due'))))
FROM judged_units WHERE self_check_on_time > 0
UNION ALL
SELECT 'units', unit_id, unit_id, 'issues-dealt-with', 'N6.6', issues_dealt_with, 'make_up',
    wrong(true, 'make_up_issues', make_up_issues, concat('at most ', getvariable('make_up_issues_allowed')))
FROM judged_units WHERE issues_dealt_with > 0;

COPY (
    SELECT "table", record, unit, rule, clause, CASE code WHEN 1 THEN 'unmet' ELSE 'unknown' END AS status, outcome, reason
    FROM all_findings
    ORDER BY unit, "table" DESC, record, rule
) TO '$out/findings.parquet' (FORMAT parquet);
