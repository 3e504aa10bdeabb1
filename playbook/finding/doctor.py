"""The doctor: git, terminal, clipboard, index, remote and identity, each with its state and its mend."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from playbook import clipboard
from playbook.errors import PlaybookError, RemoteUnreachable
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library


class Finding(NamedTuple):
    """`state` is ok, warning or broken; `mend` is what to do, "" when there is nothing to do."""

    what: str
    state: Literal["ok", "warning", "broken"]
    says: str
    mend: str = ""


Unfit = Callable[["Library", str], str]


def examine(wanted: str | None, *, unfit: Unfit | None = None) -> list[Finding]:
    """Every finding, in the order in which things depend on each other. `unfit` says why what somebody of that mail
    decides in a library would not be believed to be theirs, "" when it would."""
    return [
        _folders(), _git(), _terminal(), _clipboard(), _keys(), _identity(), _fitting(_signing(), wanted, unfit),
        *_library(wanted),
    ]  # fmt: skip


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


def _signing() -> Finding:
    """Whether what the person says is signed; a key is tried, for one that cannot sign stops every approval."""
    from playbook.store.signing import HOW_TO, signing_key, trial

    try:
        key = signing_key()
        why = trial(key) if key else ""
    except PlaybookError as error:
        return Finding("signing", "broken", str(error))
    if key is None:
        return Finding("signing", "ok", "no SSH key is set, so what you say here is not signed", HOW_TO)
    if why:
        mend = "load it with ssh-add, or name another one: " + HOW_TO
        return Finding("signing", "broken", f"nothing can be said here until {key.shown} signs: {why}", mend)
    return Finding("signing", "ok", f"signs as {key.fingerprint or 'its program says'} ({key.shown})")


def _fitting(signing: Finding, wanted: str | None, unfit: Unfit | None) -> Finding:
    """The finding on signing, which is well only when the key is one that the library's policy lists for the person."""
    from playbook.finding.session import choose
    from playbook.store.identity import identity

    if unfit is None or signing.state != "ok":
        return signing
    try:
        mail = identity()[1]
        why = unfit(choose(wanted), mail) if mail else ""
    except PlaybookError:
        return signing  # what keeps the library from being read is a finding of its own
    if not why:
        return signing
    said, _, mend = why.partition("; ")
    return Finding("signing", "broken", f"what you decide here would not count: {said}", mend or signing.mend)


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
    return [*found, *_branches(library), _outbox(library)]


def _branches(library: Library) -> list[Finding]:
    """A branch of the outbox, or a draft, whose file was left broken, such as by a lost write; nothing else waits for it."""
    from playbook.store.managed import LOCAL_REFS
    from playbook.store.refs import broken

    try:
        found = broken(library, "refs/heads/", LOCAL_REFS)
    except PlaybookError as error:
        return [Finding("branches", "broken", one_line(str(error), 300))]
    return [
        Finding(
            "branches",
            "broken",
            f"{one_line(ref, 200)} cannot be read: {what}",
            f"remove {one_line(str(library.git_dir / ref), 300)}; if its words were not sent, `git --git-dir "
            f"{one_line(str(library.git_dir), 200)} fsck --lost-found` names the commits that nothing names any more",
        )
        for ref, what in sorted(found.items())
    ]


def _outbox(library: Library) -> Finding:
    """What waits to go out, and whether the hub takes it, as far as is known: nothing is pushed to find out."""
    from playbook.store.managed import unsent
    from playbook.store.sources import is_path

    if not library.hub:
        return Finding("outbox", "ok", "this library has no hub; what is approved waits here for its checkout")
    try:
        waiting, known = unsent(library), _has_taken(library)
    except PlaybookError as error:
        return Finding("outbox", "broken", one_line(str(error), 300))
    said = "nothing waits" if not waiting else f"{waiting} commit{'s' if waiting > 1 else ''} waiting"
    if is_path(library.hub) and not _may_write(library.hub):
        mend = "ask who keeps the hub for write access; what waits goes out with the first sync after that"
        return Finding("outbox", "warning", f"{said}; {library.shown_hub} can be read but not written", mend)
    takes = "the hub has taken work of yours" if known else "whether the hub lets you write shows with what is sent"
    return Finding("outbox", "warning" if waiting else "ok", f"{said}; {takes}", "playbook sync" if waiting else "")


def _may_write(hub: str) -> bool:
    folder = Path(hub)
    folder = folder / ".git" if (folder / ".git").is_dir() else folder
    return all(os.access(folder / name, os.W_OK) for name in ("objects", "refs") if (folder / name).exists())


def _has_taken(library: Library) -> bool:
    from playbook.store.identity import identity
    from playbook.store.runner import Git

    mail = identity()[1]
    if not mail:
        return False
    last = Git(library.git_dir).run(
        "log",
        "-1",
        "--fixed-strings",
        f"--committer=<{mail}>",
        "--format=%H",
        "--glob=refs/remotes/hub/proposals/*",
        "--",
    )
    return bool(last.strip())
