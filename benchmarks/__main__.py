"""Every measurement, one after the other: `python -m benchmarks`. Each is also a command of its own, with sizes to choose."""

from __future__ import annotations

from benchmarks import (
    comparing,
    drawing,
    editing,
    ledger,
    losses,
    numbers,
    reading,
    references,
    report,
    rules,
    run,
    siblings,
    startup,
)

for title, measure in (
    ("Start-up", startup.main),
    ("Many rules", rules.main),
    ("Large batches, against the same written by hand in SQL", run.main),
    ("Problems with the input", losses.main),
    ("Numbers", numbers.main),
    ("A fact among siblings", siblings.main),
    ("Reading", reading.main),
    ("References", references.main),
    ("Whom an edit moves", editing.main),
    ("Who is visited", drawing.main),
    ("From review to review", comparing.main),
    ("A ledger of reviews", ledger.main),
    ("A report, and its page in a browser", report.main),
):
    print(f"\n## {title}\n", flush=True)
    measure()
