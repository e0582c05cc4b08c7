"""`lookback ledger FILE …`: the running record of what was found, from review to review."""

from __future__ import annotations

from pathlib import Path

import click

from lookback.cli._base import Group, words

HOMES = dict.fromkeys(("add", "show"), "ledger_of_reviews") | dict.fromkeys(
    ("claim", "confirm", "dispute", "waive"), "ledger_said"
)


class _OfFile(Group):
    """The ledger comes first: `ledger FILE add`. Of `ledger add --help` it is not asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # a line that is completed
            return super().parse_args(ctx, args)
        if args and args[0] in self.homes:
            if not {"-h", "--help"} & {*args}:
                from lookback.words.errors import UsageError

                raise UsageError("ledger-first", command=args[0])
            args = ["FILE", *args]
        elif len(args) == 1 and not args[0].startswith("-"):
            args = ["--help"]
        return super().parse_args(ctx, args)


@click.group(
    "ledger",
    cls=_OfFile,
    package=__package__,
    homes=HOMES,
    code="ledger.",
    help=words("ledger.help"),
    short_help=words("ledger.short"),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def ledger_command(context: click.Context, file: Path) -> None:
    context.obj = file
