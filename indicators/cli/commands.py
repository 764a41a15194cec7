"""The command line: which commands there are, and how they end; the claims themselves are run by pytest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from indicators import __version__
from indicators.cli import making, showing
from indicators.cli.doctor import doctor
from indicators.cli.options import complain
from indicators.console import say
from indicators.errors import InputError

app = typer.Typer(
    pretty_exceptions_enable=False,
    help="Trains the networks of a study and measures them. `pytest hypotheses/` puts the claims to them.",
)
for command in (
    making.fetch,
    making.train,
    making.measure,
    making.calibrate,
    showing.report,
    showing.figures,
    showing.export,
    showing.publish,
    doctor,
):
    app.command()(command)
app.command("list")(showing.list_)
app.command(context_settings={"ignore_unknown_options": True})(making.judge)


def _say_version(asked: bool) -> None:
    if asked:
        say(Console(), f"generalization-indicators {__version__}")
        raise typer.Exit


@app.callback()
def _of_all(
    _: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Says which version this is.")
    ] = False,
) -> None:
    """The options that stand before a command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; 0 done, 1 failed, 2 unusable input, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # A command that is done returns None; help, a failure and an interruption give a status.
        return app(given or ["--help"], prog_name="indicators", standalone_mode=False) or 0
    except typer.TyperException as error:
        return complain(error.format_message(), 2)
    except InputError as error:
        return complain(str(error), 2)
    except SystemExit as end:
        # What completes words in a shell, or sets that up, ends by itself.
        return end.code if isinstance(end.code, int) else int(end.code is not None)


if __name__ == "__main__":
    sys.exit(main())
