"""The hub's guard: git runs it before it takes a push, and what it refuses never becomes part of the hub."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable, PlaybookError

if TYPE_CHECKING:
    from playbook.review.guard.guarding import Update
    from playbook.store.managed import Library

OWNER = "playbook.owner"
_MOST_SHOWN = 20
_MOST_ROUNDS = 4  # so often is a push judged anew when proposals at the hub moved meanwhile; then as it was judged last
_INSIDE = "the hub's guard failed inside, so nothing was taken; its keeper finds out why with PLAYBOOK_DEBUG=1"


def main() -> int:
    """Judge the push that git describes on stdin; 0 lets it in, 1 keeps it out. No error ever lets one in."""
    debug = bool(os.environ.get("PLAYBOOK_DEBUG"))
    try:
        given = sys.stdin.buffer.read()
        said = judged(dict(os.environ), given.decode("utf-8", "surrogateescape").splitlines())
    except BaseException as error:
        if debug:
            traceback.print_exc()
        known = isinstance(error, PlaybookError)
        said = [f"the hub's guard cannot judge this, so nothing was taken: {error}" if known else _INSIDE]
    return _say(said)


def judged(given: Mapping[str, str], lines: Iterable[str]) -> list[str]:
    """Why the push of these lines (`old new ref`) may not be taken, with the environment that git gave its hook.

    What the clock and library variables say is not heard; the settings read are the hub's own.
    """
    for name in [name for name in os.environ if name.startswith("PLAYBOOK_")]:
        del os.environ[name]
    from playbook.review.guard.guarding import Hub, refusals
    from playbook.store import refs
    from playbook.store.managed import Library
    from playbook.store.view import view

    git_dir = Path(given.get("GIT_DIR") or ".").resolve()
    # Until they are taken the pushed objects wait in a place of their own.
    waiting = given.get("GIT_OBJECT_DIRECTORY")
    places = [Path(waiting)] if waiting else []
    hub = Library(name="hub", target=str(git_dir), hub="", git_dir=git_dir, cache=git_dir)
    updates = [_update(line) for line in lines if line]
    main_ref = main_of(git_dir)
    named = refs.all_refs(hub, "refs")
    keep_baseline(hub, named.get(main_ref, ""), named)
    owner, pusher = owner_of(hub), pusher_of(given)
    said: list[str] = []
    with view(*places, git_dir / "objects", name="hub") as library:
        for _ in range(_MOST_ROUNDS):
            said = refusals(library, Hub(main_ref, named, owner, pusher), updates)
            judged_by, named = named, refs.all_refs(hub, "refs")
            # A decline that came in meanwhile is heard too.
            if said or _proposals(named) == _proposals(judged_by):
                break
    return said


def _proposals(named: Mapping[str, str]) -> dict[str, str]:
    return {ref: oid for ref, oid in named.items() if ref.startswith("refs/heads/proposals/")}


def main_of(git_dir: Path) -> str:
    """The full ref of the branch that a hub's HEAD names. Raises LibraryUnreadable."""
    try:
        said = (git_dir / "HEAD").read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        said = ""
    if not said.startswith("ref: refs/heads/"):
        raise LibraryUnreadable("its HEAD names no branch; its keeper runs `git symbolic-ref HEAD refs/heads/main`")
    return said.removeprefix("ref: ")


def owner_of(hub: Library) -> str:
    """The mail of who may set the hub's first policy; "" when nobody was named."""
    from playbook.store.runner import Git

    file = str(hub.git_dir / "config")
    said = Git(hub.git_dir).run("config", "--file", file, "--no-includes", "--get", OWNER, ok=(0, 1))
    return said.decode("utf-8", "replace").strip()


def pusher_of(given: Mapping[str, str]) -> str | None:
    """The mail of who pushes, where the hub knows it: from an ssh forced command, or from HTTP; None where it does not.

    A PLAYBOOK_PUSHER that is there and empty is somebody whom a forced command failed to name: no mail fits it.
    """
    if "PLAYBOOK_PUSHER" in given:
        return given["PLAYBOOK_PUSHER"].strip()
    return given.get("REMOTE_USER", "").strip() or None


def keep_baseline(hub: Library, main: str, named: Mapping[str, str]) -> None:
    """Record what main was before anything here was judged, once; the first push after an import does it. Where that
    fails the next one does: nothing is judged by it here."""
    from playbook.review.guard.guarding import BASELINE
    from playbook.store.runner import GitFailed
    from playbook.store.writing import RefMoved, move_ref

    if main and BASELINE not in named:
        with suppress(RefMoved, GitFailed):
            move_ref(hub, BASELINE, main, None)


def _update(line: str) -> Update:
    from playbook.review.guard.guarding import Update
    from playbook.store.refs import is_commit_id

    old, _, rest = line.partition(" ")
    new, _, ref = rest.partition(" ")
    if not (ref.startswith("refs/") and is_commit_id(old) and is_commit_id(new)):
        raise LibraryUnreadable("git describes the push in a way that is not known here")
    return Update(ref, *("" if not oid.strip("0") else oid for oid in (old, new)))


def _say(said: list[str]) -> int:
    from playbook.store.push import GUARD
    from playbook.text.safe import one_line

    lines = [one_line(sentence, 1000) for sentence in said[:_MOST_SHOWN]]
    if len(said) > _MOST_SHOWN:
        lines.append(f"and {len(said) - _MOST_SHOWN} more")
    for line in [*lines, GUARD] if said else []:
        sys.stderr.buffer.write(line.encode("utf-8", "replace") + b"\n")
    sys.stderr.flush()
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
