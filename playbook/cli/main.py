"""The command line's door: which command lives in which file, and how every error ends."""

from __future__ import annotations

import importlib
import io
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn, TextIO

import click

from playbook import __version__
from playbook.errors import PlaybookError

log = logging.getLogger("playbook.cli")
_MOST_OF_CLICK = 2_000  # letters of one of click's refusals

# Each file is imported only when one of its commands runs: `playbook search` never pays for the rest.
COMMANDS = {
    "demo": "opening",
    "open": "opening",
    "libraries": "opening",
    "forget": "opening",
    "sync": "opening",
    "index": "admin",
    "doctor": "admin",
    "completion": "admin",
    "search": "find",
    "show": "find",
    "copy": "find",
    "history": "past",
    "blame": "past",
    "searches": "quality",
    "lint": "quality",
    "propose": "propose",
    "retire": "change",
    "rename": "change",
    "delete": "change",
    "verify-card": "change",
    "revert": "change",
    "drafts": "drafting",
    "proposals": "review",
    "proposal": "review",
    "audit": "audit",
    "policy": "audit",
    "verify": "guard",
    "hook": "guard",
    "host-files": "guard",
}

# With --json these answer in lines; so does a refusal of theirs.
IN_LINES = frozenset(["lint", "--batch"])


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"playbook.cli.{COMMANDS[cmd_name]}")
        found: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return found


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--debug", is_flag=True, help="Write everything, tracebacks too, to the log file.")
@click.option(
    "--library", metavar="NAME|PATH|URL", help="The library the app opens on, or the command works on; one open here."
)
@click.version_option(__version__, prog_name="playbook", message="%(prog)s %(version)s")
@click.pass_context
def playbook(ctx: click.Context, debug: bool, library: str | None) -> None:
    """The words sales and marketing both trust.

    Without a command the app opens on the library opened last. Every command that works on a library takes
    --library NAME|PATH|URL, before its name or after it; PLAYBOOK_LIBRARY names one too.

    \b
    Exit codes: 0 done; 1 nothing found, or it is not in order (lint: a finding that is
    an error, not a warning; searches: below the library's threshold; doctor: something
    broken), or stopped; 2 usage; 3 not permitted; 4 conflict; 5 remote unreachable;
    6 library unreadable.
    """
    from playbook.logfile import log_to_file

    log_to_file(logging.DEBUG if debug else logging.INFO)
    if ctx.invoked_subcommand is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            click.echo(
                "playbook is a terminal app and there is no terminal here; run `playbook search WORDS` or `playbook --help`",
                err=True,
            )
            ctx.exit(2)
        from playbook.app import run as run_app

        ctx.exit(run_app(library))
    if library is not None:
        _hand_on(ctx, library)


def _hand_on(ctx: click.Context, library: str) -> None:
    """Have the command work on the library that was named before its own name; what is named after it goes before."""
    name = str(ctx.invoked_subcommand)
    command = playbook.get_command(ctx, name)
    if command is None:
        return  # click says that there is no such command
    if isinstance(command, click.Group):
        inner = {one: command.get_command(ctx, one) for one in command.list_commands(ctx)}
        if not any(made and _takes_library(made) for made in inner.values()):
            raise click.UsageError(f"`playbook {name}` takes no --library; leave it out")
        ctx.default_map = {
            name: {one: {"library": library} for one, made in inner.items() if made and _takes_library(made)}
        }
        return
    if not _takes_library(command):
        raise click.UsageError(f"`playbook {name}` takes no --library; leave it out")
    ctx.default_map = {name: {"library": library}}


def _takes_library(command: click.Command) -> bool:
    return any(option.name == "library" and "--library" in option.opts for option in command.params)


def _stop(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _nowhere() -> TextIO:
    """A stream for what nobody can read."""
    return Path(os.devnull).open("w", encoding="utf-8")


def _said_by_click(error: click.ClickException) -> str:
    """Show on stderr what click refuses, which names what was typed, and that may be pasted from anywhere; its sentence."""
    from playbook.text.safe import display

    shown = io.StringIO()
    error.show(shown)
    click.echo(display(_bounded(shown.getvalue())), nl=False, err=True)
    return display(_bounded(error.format_message()))


def _bounded(text: str) -> str:
    return text if len(text) <= _MOST_OF_CLICK else text[:_MOST_OF_CLICK].rstrip() + "…\n"


def _refused(arguments: list[str], message: str, code: int) -> int:
    """The exit code of what was refused in words on stderr; a script that asked for JSON gets them on stdout as well."""
    given = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--json" in given:
        from playbook.cli.options import print_json, print_json_line

        try:
            say = print_json_line if IN_LINES & set(given) else print_json
            say({"error": {"message": message, "code": code}})
            sys.stdout.flush()
        except OSError:
            # Nobody reads it any more.
            sys.stdout = _nowhere()
    return code


def run(arguments: list[str] | None = None) -> int:
    """Run a command and give its exit code; no error leaves as a traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    for name in ("SIGTERM", "SIGHUP"):
        # Asked to end, leave as Ctrl+C does: what is half-made is cleared away.
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), _stop)
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter gets a substitute instead of a failure.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        code = playbook.main(args=arguments, prog_name="playbook", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _refused(given, _said_by_click(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return _refused(given, "Stopped", 1)
    except PlaybookError as error:
        from playbook.text.safe import display

        # Sentences name branches, files and people, and those are anybody's.
        click.echo(f"playbook: {display(str(error))}", err=True)
        log.debug("ended by %s", type(error).__name__, exc_info=True)
        return _refused(given, str(error), error.exit_code)
    except SystemExit as error:
        # Click exits by itself for shell completion, and with 1 when whoever read our output has enough: no error.
        if "_PLAYBOOK_COMPLETE" in os.environ:
            raise
        log.debug("ended by click with %s", error.code)
        return 0
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # Whoever read our output has enough; Python would complain once more while closing it.
            sys.stdout = _nowhere()
            return 0
        log.exception("the command failed")
        sys.stdout = _nowhere()
        click.echo(f"playbook: {error.strerror or error}; check the disk and where the output goes", err=True)
        return 6
    except Exception:
        from playbook.logfile import where

        log.exception("the command failed")
        sentence = f"something went wrong inside; {where()} has the details"
        click.echo(f"playbook: {sentence}", err=True)
        return _refused(given, sentence, 6)
