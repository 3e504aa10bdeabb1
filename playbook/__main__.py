"""The door: a bare `playbook` in a terminal goes straight to the app; everything else is a command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the app or a command and exit with its code."""
    if len(sys.argv) == 1 and sys.stdin.isatty() and sys.stdout.isatty():
        # Click costs 25 ms and is not needed to open the search box.
        from playbook.app import run

        sys.exit(run())
    from playbook.cli.main import run as run_command

    sys.exit(run_command())


if __name__ == "__main__":
    main()
