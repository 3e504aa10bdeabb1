"""Sets the guard up at a hub: the hook, the settings that go with it, who may set the first policy, and the baseline."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable, NotPermitted, PlaybookError, UsageError
from playbook.review import hook
from playbook.review.guard.guarding import BASELINE
from playbook.review.rules.policy import policy_at
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK = "# Written by `playbook hook install`"
LARGEST_PUSH = 100 << 20
# What git itself is to refuse, and what it is to remember. A larger or smaller maxInputSize of the keeper's own stays.
SETTINGS = {
    "receive.fsckObjects": "true",
    "receive.denyNonFastForwards": "true",
    "receive.denyDeletes": "false",  # a merged proposal may go; the guard keeps the rest
    "receive.shallowUpdate": "false",
    "core.logAllRefUpdates": "true",
    "core.hooksPath": "hooks",  # whatever the machine's own settings say
}
# The parts come as arguments, so that no path can become code. What is not this very package is not run.
_START = """\
import sys
try:
    sys.path[:0] = [sys.argv[1]]
    sys.path += sys.argv[2:]
    from playbook.review.hook import main
except BaseException as error:
    sys.exit(f"the hub's guard cannot start ({error}), so nothing was taken; its keeper runs `playbook hook install` again")
sys.exit(main())
"""


@dataclass(frozen=True)
class Installed:
    """What `hook install` made of a hub: its main, the owner and the baseline ("" where there is none), and sentences on
    what is guarded now and what is not."""

    hub: str
    hook: str
    main: str
    owner: str
    baseline: str
    guarded: tuple[str, ...]
    unguarded: tuple[str, ...]


def install(place: str, owner: str | None = None) -> Installed:
    """Guard the bare repository at that path; doing it twice does it once, and takes up a Python that has moved.

    Raises UsageError for what is no bare repository on this machine, NotPermitted where another hook is in the place, and
    LibraryUnreadable where it cannot be written.
    """
    hub = _hub(place)
    named = refs.all_refs(hub, "refs")
    main_ref = hook.main_of(hub.git_dir)
    _check_main(main_ref, named)
    mail = _mail(owner) if owner is not None else ""
    file = hub.git_dir / "hooks" / "pre-receive"
    _check_hook(file)
    git, config = Git(hub.git_dir), str(hub.git_dir / "config")
    for name, value in SETTINGS.items():
        git.run("config", "--file", config, "--replace-all", name, value)
    if not git.run("config", "--file", config, "--get", "receive.maxInputSize", ok=(0, 1)).strip():
        git.run("config", "--file", config, "receive.maxInputSize", str(LARGEST_PUSH))
    if mail:
        git.run("config", "--file", config, "--replace-all", hook.OWNER, mail)
    hook.keep_baseline(hub, named.get(main_ref, ""), named)
    _write(file)
    owned = hook.owner_of(hub)
    baseline = refs.read_ref(hub.git_dir, BASELINE) or ""
    name = main_ref.removeprefix("refs/heads/")
    return Installed(
        str(hub.git_dir), str(file), name, owned, baseline, tuple(_guarded(name, baseline)),
        tuple(_unguarded(hub, owned, named.get(main_ref, ""))),
    )  # fmt: skip


def _hub(place: str) -> Library:
    shown = one_line(place, 200)
    if "://" in place:
        raise UsageError(f"{shown} is a URL; run `playbook hook install` on the hub's own machine, with the path there")
    git_dir = Path(place).expanduser().absolute()
    if (git_dir / ".git").exists() or git_dir.name == ".git":
        raise UsageError(f"{shown} has a working tree; a hub is a bare repository: `git clone --bare {shown} HUB.git`")
    if not ((git_dir / "HEAD").is_file() and (git_dir / "objects").is_dir() and (git_dir / "config").is_file()):
        raise UsageError(f"{shown} is no bare repository; make one with `git init --bare -b main HUB.git`")
    return Library(name="hub", target=str(git_dir), hub="", git_dir=git_dir.resolve(), cache=git_dir)


def _check_main(main_ref: str, named: dict[str, str]) -> None:
    heads = sorted(ref for ref in named if ref.startswith("refs/heads/") and "/" not in ref[len("refs/heads/") :])
    if main_ref not in named and heads:
        shown, other = (one_line(ref.removeprefix("refs/heads/"), 80) for ref in (main_ref, heads[0]))
        raise UsageError(
            f"the hub's HEAD names {shown}, which is not there, so nothing would be guarded; run "
            f"`git symbolic-ref HEAD refs/heads/{other}` in it first"
        )


def _mail(owner: str) -> str:
    mail = owner.strip()
    if "@" not in mail or mail != one_line(mail, 200) or " " in mail:
        raise UsageError(f"--owner takes a mail, as the policy will list it; {one_line(owner, 80)!r} is none")
    return mail


def _check_hook(file: Path) -> None:
    if not (file.exists() or file.is_symlink()):
        return
    try:
        ours = MARK in file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        ours = False
    if not ours:
        raise NotPermitted(
            f"{file} is there already and is not playbook's; move it away, then install again (two hooks in one place need "
            "a script of your own that runs both)"
        )


def _write(file: Path) -> None:
    temporary = file.with_name(f".pre-receive-{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o755, exist_ok=True)
        temporary.write_text(script(), encoding="utf-8", errors="surrogateescape")
        temporary.chmod(0o755)
        temporary.replace(file)
    except OSError as error:
        raise LibraryUnreadable(
            f"Cannot write {file}: {error.strerror or error}; run this as the hub's keeper"
        ) from error


def script() -> str:
    """The hook: this Python and this package, whatever the caller's PATH, PYTHONPATH and home say."""
    python = str(Path(sys.executable).absolute())
    package = str(Path(hook.__file__).resolve().parents[2])
    words = [python, "-I", "-X", "utf8", "-c", _START, package, *_more_folders(python)]
    command = " ".join(shlex.quote(word) for word in words)
    return (
        f"#!/bin/sh\n{MARK}: it judges every push, and what it refuses is not taken.\n"
        "# docs/hosting.md says more. Another Python, or a playbook elsewhere: run the command again.\n"
        f"[ -x {shlex.quote(python)} ] || {{\n"
        '\techo "the hub\'s guard has lost its Python, so nothing was taken; its keeper runs playbook hook install again" >&2\n'
        f"\texit 1\n}}\nexec {command}\n"
    )


def _more_folders(python: str) -> Iterable[str]:
    """Where this program finds what it stands on and a Python without the caller's settings would not."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", "import json, sys; print(json.dumps(sys.path))"],
            capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        known = set(json.loads(done.stdout))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise PlaybookError(f"{python} does not start, so it cannot judge pushes: {error}") from error
    return [one for one in dict.fromkeys(sys.path) if one and Path(one).is_absolute() and one not in known]


def _guarded(name: str, baseline: str) -> list[str]:
    shown = one_line(name, 80)
    since = f"What came before {baseline[:10]} is taken as it is" if baseline else "The first push of it is an import"
    return [
        f"Every push is judged before it is taken: {shown} takes only merges that its policy allows.",
        f"{since}; everything after that is judged, each merge under the policy before it.",
        "Nobody rewinds or deletes it, rewrites a proposal or deletes one that is not merged, or writes another's journal.",
    ]


def _unguarded(hub: Library, owner: str, main: str) -> list[str]:
    said, git_dir = [], hub.git_dir
    if not owner and not (main and policy_at(hub, main).path):
        said.append("Nobody is named who may set the first policy; name one with --owner MAIL.")
    open_to = [who for who, bit in (("its group", stat.S_IWGRP), ("everybody", stat.S_IWOTH)) if _mode(git_dir) & bit]
    if open_to:
        said.append(
            f"{one_line(str(git_dir), 200)} can be written to by {' and '.join(open_to)}: who can do that goes past any "
            "hook; take that away (`chmod -R go-w`) and let people push over ssh or HTTP."
        )
    said.append(
        "Whoever can write to the hub's folder is not guarded against, and unsigned mails are only claims unless the hub knows "
        "who pushes (PLAYBOOK_PUSHER, REMOTE_USER); docs/hosting.md says how."
    )
    return said


def _mode(git_dir: Path) -> int:
    places = (git_dir, git_dir / "refs", git_dir / "objects", git_dir / "hooks", git_dir / "config")
    mode = 0
    for place in places:
        try:
            mode |= place.stat().st_mode
        except OSError:
            continue
    return mode
