"""The door: a bare `playbook` in a terminal goes straight to the app; everything else is a command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the app or a command and exit with its code."""
    try:
        code = _run()
    except KeyboardInterrupt:
        # Before the program has begun to listen for it.
        sys.exit("Stopped.")
    sys.exit(code)


def _run() -> int:
    terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    if len(sys.argv) == 1 and terminal:
        # Click costs 25 ms and is not needed to open the search box.
        from playbook.app import run

        return run()
    from playbook.cli.main import run as run_command

    return run_command()


if __name__ == "__main__":
    main()
