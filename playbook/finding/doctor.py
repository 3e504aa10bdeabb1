"""The doctor: git, terminal, clipboard, index, remote and identity, each with its state and its mend."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Literal, NamedTuple

from playbook import clipboard
from playbook.errors import PlaybookError, RemoteUnreachable
from playbook.text.safe import one_line


class Finding(NamedTuple):
    """`state` is ok, warning or broken; `mend` is what to do, "" when there is nothing to do."""

    what: str
    state: Literal["ok", "warning", "broken"]
    says: str
    mend: str = ""


def examine(wanted: str | None) -> list[Finding]:
    """Every finding, in the order in which things depend on each other."""
    return [_folders(), _git(), _terminal(), _clipboard(), _keys(), _identity(), *_library(wanted)]


def _folders() -> Finding:
    from playbook.paths import cache_dir, data_dir, private, state_dir

    try:
        for folder in (data_dir(), cache_dir(), state_dir()):
            private(folder)
            if not os.access(folder, os.W_OK):
                return Finding(
                    "folders", "broken", f"{folder} cannot be written", "set PLAYBOOK_HOME to a folder that can"
                )
    except PlaybookError as error:
        return Finding("folders", "broken", str(error))
    return Finding("folders", "ok", f"libraries in {data_dir()}, log in {state_dir()}")


def _git() -> Finding:
    from playbook.store.runner import git_program, git_version

    try:
        version = git_version(git_program())
    except PlaybookError as error:
        return Finding("git", "broken", str(error), "install git 2.34 or newer")
    return Finding("git", "ok", f"git {'.'.join(map(str, version))}")


def _terminal() -> Finding:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        return Finding(
            "terminal", "warning", "there is no terminal here", "`playbook search` and `playbook show` need none"
        )
    if term in {"", "dumb"}:
        return Finding(
            "terminal", "warning", f"TERM is {term!r}", "use a terminal with TERM set, such as xterm-256color"
        )
    size = shutil.get_terminal_size()
    state: Literal["ok", "warning"] = "ok" if size.columns >= 80 and size.lines >= 24 else "warning"
    mend = "" if state == "ok" else "80x24 is what the screens are made for"
    return Finding("terminal", state, f"{term}, {size.columns}x{size.lines}", mend)


def _clipboard() -> Finding:
    tool = clipboard.available()
    if tool:
        return Finding("clipboard", "ok", f"{tool} is used")
    return Finding(
        "clipboard",
        "warning",
        "no clipboard tool here; the terminal is asked (OSC 52), which cannot say whether it worked",
        "install wl-clipboard or xclip; in tmux: set -s set-clipboard on",
    )


def _keys() -> Finding:
    from playbook.keys import remapped

    try:
        own = remapped()
    except PlaybookError as error:
        return Finding("keys", "warning", one_line(str(error)), "mend keys.toml, or remove it")
    return Finding("keys", "ok", f"{len(own)} of your own in keys.toml" if own else "as delivered")


def _identity() -> Finding:
    from playbook.store.identity import identity

    try:
        name, mail = identity()
    except PlaybookError as error:
        return Finding("identity", "broken", str(error))
    if name and mail:
        return Finding("identity", "ok", f"{one_line(name)} <{one_line(mail)}>")
    return Finding(
        "identity",
        "warning",
        "git does not know who you are",
        "git config --global user.name NAME; ... user.email MAIL",
    )


def _library(wanted: str | None) -> list[Finding]:
    from playbook.finding.session import choose
    from playbook.search.indexer import index_status
    from playbook.store.refs import main_commit
    from playbook.store.sync import sync

    try:
        library = choose(wanted)
        commit = main_commit(library)
    except PlaybookError as error:
        return [Finding("library", "warning", str(error), "playbook demo, or playbook open TARGET")]
    found = [Finding("library", "ok", f"{library.name} at {commit[:12]} ({one_line(library.shown_target)})")]
    status = index_status(library)
    if status.commit == commit:
        found.append(Finding("index", "ok", f"{status.engine}, {status.cards} cards, {status.bytes} bytes"))
    elif status.running:
        found.append(Finding("index", "ok", f"being built, {status.done} of {status.total}"))
    else:
        reason = f" ({one_line(status.reason)})" if status.reason else ""
        found.append(
            Finding("index", "warning", f"not up to date; search scans until it is{reason}", "playbook index --rebuild")
        )
    try:
        report = sync(library, timeout=15)
    except RemoteUnreachable as error:
        found.append(Finding("remote", "warning", str(error), "reading works without it; sync again when it answers"))
    except PlaybookError as error:
        found.append(Finding("remote", "broken", str(error)))
    else:
        found.append(Finding("remote", "ok" if report.state != "rewound" else "broken", report.message))
    return found
