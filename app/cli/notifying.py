"""The commands about notifications: a test of who is told of sessions."""

import typer

from app import settings
from app.cli.options import AsJson
from app.cli.terminal import SOME_FAILED, out, plain, print_json
from app.notify.notifier import try_now

notifying = typer.Typer()
notify_cli = typer.Typer(no_args_is_help=True, help="Who is told of sessions: try it.")
notifying.add_typer(notify_cli, name="notify")


@notify_cli.command("test")
def notify_test(json_: AsJson = False) -> None:
    """Send a test message to each target of INGEST_NOTIFY. Exit 0: all took it, 1: some did not, 2: there are none."""
    tried = try_now(settings.load())
    if json_:
        print_json({"targets": tried})
    else:
        for each in tried:
            out.print(plain(f"{each['target']}: {each['error'] or 'it was taken.'}"), markup=False)
    if any(each["error"] for each in tried):
        raise typer.Exit(SOME_FAILED)
