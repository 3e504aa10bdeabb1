"""A team for tests: one hub, and for each person a playbook of their own on it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from building import LibraryBuilder

from playbook.finding.session import Session
from playbook.library.snapshot import load_snapshot
from playbook.review import branch
from playbook.search.index import open_searcher
from playbook.store import outbox, refs
from playbook.store.managed import Library, open_library
from playbook.store.outbox import Sent
from playbook.store.sync import fetch_only
from playbook.store.writing import Person

MIA = Person("Mia", "mia@example.com")
MAX = Person("Max", "max@example.com")
REP = Person("Rep", "rep@example.com")
PIA = Person("Pia", "pia@example.com")

PRICE = "content/objections/price.md"
TIMING = "content/objections/timing.md"
PRICE_TEXT = """\
---
title: Too expensive
kind: objection
owner: mia@example.com
---
# Too expensive

## Acknowledge
Fair.

## Answer
It pays for itself.

## Proof
Yes.
"""
TIMING_TEXT = "---\ntitle: Not now\nkind: objection\n---\n# Not now\n\n## Answer\nWhen, then?\n"
POLICY = """\
[people]
"mia@example.com" = { name = "Mia", roles = ["marketing"], also = ["mia@old.example"] }
"max@example.com" = { name = "Max", roles = ["marketing"] }
"pia@example.com" = { name = "Pia", roles = ["product"] }
"rep@example.com" = { name = "Rep", roles = ["sales"] }
"""


@dataclass
class Team:
    """A library's source (an ordinary clone), its bare hub, and a folder in which each person has a home."""

    root: Path
    source: LibraryBuilder
    hub: Path

    def library(self, who: str, where: str = "") -> Library:
        """That person's own managed copy of the hub (or of `where`)."""
        before = os.environ["PLAYBOOK_HOME"]
        os.environ["PLAYBOOK_HOME"] = str(self.root / f"home-{who}")
        try:
            return open_library(where or str(self.hub))
        finally:
            os.environ["PLAYBOOK_HOME"] = before

    def at_hub(self, *args: str) -> str:
        """Run git in the hub and give its output."""
        done = subprocess.run(["git", "--git-dir", str(self.hub), *args], capture_output=True, check=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def put(self, kind: str, raw: bytes) -> str:
        """Store an object at the hub as it is, however wrong; gives its id."""
        done = subprocess.run(
            ["git", "--git-dir", str(self.hub), "hash-object", "-w", "--literally", "--stdin", "-t", kind],
            input=raw, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode().strip()

    def name(self, branch: str | bytes, oid: str) -> None:
        """Have a branch of the hub name any object, as no git would."""
        file = Path(os.fsdecode(os.fsencode(str(self.hub / "refs" / "heads")) + b"/" + os.fsencode(branch)))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{oid}\n")

    def branches(self) -> dict[str, str]:
        """The hub's branches and their commits."""
        rows = self.at_hub("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads").splitlines()
        return dict(row.split(" ", 1) for row in rows)

    def text(self, path: str, commit: str = "main") -> str:
        """What a file of the hub holds."""
        done = subprocess.run(
            ["git", "--git-dir", str(self.hub), "cat-file", "blob", f"{commit}:{path}"], capture_output=True, check=True
        )
        return done.stdout.decode()

    def hook(self, name: str, script: str) -> None:
        """Give the hub a hook."""
        file = self.hub / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("#!/bin/sh\n" + script)
        file.chmod(0o755)

    def publish(self, path: str, text: str | None, branch: str = "main") -> str:
        """Have somebody push a change with plain git; gives the commit."""
        self.source.git("fetch", "-q", "--prune", "origin")
        self.source.git("checkout", "-q", "--detach", "origin/main")
        if branch != "main":
            known = self.source.git("for-each-ref", f"refs/remotes/origin/{branch}")
            self.source.git("checkout", "-q", "--detach", f"origin/{branch}" if known else "origin/main")
        if text is None:
            self.source.remove(path)
        else:
            self.source.write(path, text)
        made = self.source.commit(f"Change {path}")
        self.source.git("push", "-q", "origin", f"{made}:refs/heads/{branch}")
        return made


def build_team(root: Path, files: dict[str, str] | None = None) -> Team:
    """A team whose library holds two objections and a policy, and what else is given."""
    texts = {PRICE: PRICE_TEXT, TIMING: TIMING_TEXT, "content/policy.toml": POLICY, "content/playbook.toml": ""}
    made = _built(tuple((texts | (files or {})).items()))
    shutil.copytree(made, root, dirs_exist_ok=True)
    config = root / "source" / ".git" / "config"
    config.write_text(config.read_text().replace(str(made), str(root)))
    source = LibraryBuilder(root / "source")
    source.made = True
    return Team(root, source, root / "hub.git")


@cache
def _built(texts: tuple[tuple[str, str], ...]) -> Path:
    """The same team once for all tests, to be copied: most of a second's tenth for each is git's."""
    root = Path(tempfile.mkdtemp(prefix="playbook-team-")).resolve()
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    source = LibraryBuilder(root / "source")
    for path, text in texts:
        source.write(path, text)
    source.commit("The first words")
    hub = source.bare(root / "hub.git")
    source.git("remote", "add", "origin", str(hub))
    source.git("fetch", "-q", "origin")
    return root


def session(library: Library) -> Session:
    """The library as it is now, to propose from."""
    snapshot = load_snapshot(library, refs.main_commit(library))
    return Session(library, snapshot, open_searcher(library, snapshot))


def propose(
    library: Library,
    *,
    by: Person = REP,
    text: str = "",
    path: str = PRICE,
    title: str = "Say it better",
    why: str = "Buyers laugh",
) -> str:
    """A proposal of other words for one file, in the outbox; gives its id."""
    words = text or PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")
    return branch.begin(library, {path: words.encode()}, title=title, why=why, by=by).proposal


def send(library: Library) -> Sent:
    """Send the outbox."""
    return outbox.send(library, refetch=refetch(library))


def refetch(library: Library) -> Callable[[], None]:
    """What `outbox.send` does when somebody was first."""
    return lambda: fetch_only(library)


def fsck(git_dir: Path) -> str:
    """What `git fsck --strict` has to say of a repository; nothing when all is well."""
    done = subprocess.run(
        ["git", "--git-dir", str(git_dir), "fsck", "--strict", "--no-dangling", "--no-progress"],
        capture_output=True, check=False,
    )  # fmt: skip
    said = [line for line in (done.stdout + done.stderr).decode().splitlines() if not line.startswith("notice: HEAD")]
    return "\n".join(said) + ("" if done.returncode == 0 else f" exit {done.returncode}")
