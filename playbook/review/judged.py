"""May these commits become main, asked for a library or any folder with a repository; what was judged once is remembered."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playbook import __version__
from playbook.errors import LibraryUnreadable, NothingFound, PlaybookError, UsageError
from playbook.review.guard.guarding import BASELINE
from playbook.review.rules.policy import FILES
from playbook.review.verify import Fault, verdicts, would_be
from playbook.store import objects, refs
from playbook.store.registry import write_file
from playbook.store.runner import Git, GitFailed
from playbook.store.signatures import CannotCheck, ssh_keygen
from playbook.store.sources import is_path
from playbook.store.view import git_dir_of, objects_of, view
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

FORMAT = 2  # of what is remembered; also to be raised when the judge changes his mind
_FILE = "judged.txt"
_SECONDS = 10.0
_PROPOSAL = re.compile(r"^(refs/(heads|remotes/[^/]+)/)?([^/]+/)?proposals/")
_ID = re.compile(r"[0-9a-f]{4,40}")


@dataclass(frozen=True)
class Judged:
    """What came of judging: the whole ids that were asked about ("" for a history from its beginning), how many steps of
    main that were, and the faults. `proposal` says that `head` was judged as a branch to be merged."""

    base: str
    head: str
    steps: int
    faults: tuple[Fault, ...]
    proposal: bool = False


@dataclass(frozen=True)
class _Place:
    """Where commits are judged, and what is known there: where refs are, which commit is main, where to remember."""

    library: Library
    git_dir: Path
    main: str
    managed: Library | None = None

    def commit(self, name: str) -> str:
        """The commit that a name means. Raises NothingFound."""
        text = name.strip()
        if self.managed and not refs.is_commit_id(text):
            return refs.resolve(self.managed, text)
        asked = text if _ID.fullmatch(text) else _named(self.git_dir, text)
        if asked:
            said = Git(self.library.git_dir).run(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{asked}^{{commit}}", ok=(0, 1, 128)
            )
            found = said.decode("ascii", "replace").strip()
            if refs.is_commit_id(found):
                return found
        raise NothingFound(
            f"There is no revision {one_line(name, 80)!r} here; fetch it, or give another commit or branch"
        )


def judge_range(span: str | None, *, library: Library | None = None, folder: str | None = None) -> Judged:
    """Judge `BASE..HEAD` (or one tip, or None for all since the baseline) of an open library or of the repository in a
    folder, which is not opened and none of whose settings are read.

    A HEAD that is a proposal's tip is judged as it would be once merged into BASE. Raises NothingFound and UsageError for
    names, LibraryUnreadable.
    """
    with _place(library, folder) as place:
        base, head = _ends(place, span)
        if not head or base == head:
            return Judged(base, head, 0, ())
        line = _first_parents(place.library, base, head)
        named = head != place.main and _PROPOSAL.search((span or "").partition("..")[2] or span or "") is not None
        if named and base and not line and objects.is_ancestor(place.library, head, base):
            return Judged(base, head, 0, ())  # main has all of it
        if named or _is_proposal(place, base, head, line):
            faults = would_be(place.library, base, head)
            return Judged(base, head, 1, tuple(faults), proposal=True)
        return Judged(base, head, len(line), tuple(_faults(place, base, head, line)))


@contextmanager
def _place(library: Library | None, folder: str | None) -> Iterator[_Place]:
    # Even for a library of ours in a view: what merging writes needs no lock there, and is gone afterwards.
    if folder is not None:
        git_dir = git_dir_of(Path(folder).expanduser().absolute())
        with view(objects_of(git_dir), name=one_line(Path(folder).name, 60) or "here") as seen:
            yield _Place(seen, git_dir, _main_in(git_dir))
        return
    if library is None:
        raise UsageError("Say which library is meant with --library, or a folder with --in")
    with view(library.git_dir / "objects", name=library.name) as seen:
        yield _Place(seen, library.git_dir, refs.main_commit(library), library)


def _ends(place: _Place, span: str | None) -> tuple[str, str]:
    """Base and head."""
    if span is None:
        head = place.main or place.commit("HEAD")
        return _baseline(place, head), head
    if "..." in span:
        raise UsageError("A range is BASE..HEAD with two dots, as in `playbook verify main..proposals/better-price`")
    before, dots, after = span.partition("..")
    head = place.commit((after if dots else before) or "HEAD")
    if dots:
        return place.commit(before or "main"), head
    return (place.main if head != place.main else _baseline(place, head)), head


def _is_proposal(place: _Place, base: str, head: str, line: list[str]) -> bool:
    """Whether the head is a branch to be merged, not a main."""
    if place.main and head in _first_parents(place.library, base, place.main):
        return False
    if place.main and base and head in _proposal_tips(place.git_dir):
        return head not in _first_parents(place.library, "", place.main)
    # A main takes in merges only, and whoever proposes begins with a commit of their own.
    return len(_first_parents(place.library, base, head, "--min-parents=2")) != len(line)


def _first_parents(library: Library, base: str, head: str, *options: str) -> list[str]:
    """The first-parent line after base (all, without one) up to head, the oldest first."""
    fed = f"{head}\n" + (f"^{base}\n" if base else "")
    git = Git(library.git_dir)
    return git.run("rev-list", "--first-parent", "--reverse", *options, "--stdin", input=fed.encode()).decode().split()


# Where a judgement begins when nobody says.

_ASKED = "baseline.txt"


def _baseline(place: _Place, head: str) -> str:
    """What the hub took as it was; where it says nothing, the first commit of the line that had a policy."""
    said = refs.read_ref(place.git_dir, BASELINE) or (_asked(place.managed) if place.managed else "")
    if said and objects.is_ancestor(place.library, said, head):
        return said
    output = Git(place.library.git_dir).run(
        "log", "--first-parent", "--diff-merges=first-parent", "--full-history", "--reverse", "--no-renames",
        "--diff-filter=A", "--format=%H", "--end-of-options", head, "--", *FILES, timeout=120,
    )  # fmt: skip
    return next(iter(output.decode().split()), head)


def known_baseline(library: Library) -> str:
    """The baseline as it is known here, without asking anybody; "" where it is not."""
    with suppress(OSError):
        known = (library.cache / _ASKED).read_text(encoding="ascii", errors="replace").strip()
        if refs.is_commit_id(known):
            return known
    return refs.read_ref(library.git_dir, BASELINE) or ""


def _asked(library: Library) -> str:
    """The baseline that the hub of a library keeps, asked for once; "" when it keeps none or does not answer."""
    if known := known_baseline(library):
        return known
    if not library.hub:
        return ""
    git = Git(library.git_dir, local_hub=is_path(library.hub))
    try:
        env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "remote.asked.url", "GIT_CONFIG_VALUE_0": library.hub}
        said = git.run("ls-remote", "asked", BASELINE, network=True, timeout=_SECONDS, env=env)
    except GitFailed:
        return ""
    found = said.decode("ascii", "replace").partition("\t")[0].strip()
    if refs.is_commit_id(found):
        with suppress(PlaybookError):
            write_file(library.cache / _ASKED, found.encode())
        return found
    return ""


# Names in a folder that is not opened: its refs are read as files, and nothing of it is run.


def _named(git_dir: Path, name: str) -> str:
    main = _main_in(git_dir)
    if name == "HEAD":
        return _head_in(git_dir)
    if name == "main" and main:
        return main
    for ref in (name, f"refs/heads/{name}", f"refs/remotes/origin/{name}", f"refs/tags/{name}"):
        if ref.startswith("refs/") and (found := _ref_in(git_dir, ref)):
            return found
    return ""


def _proposal_tips(git_dir: Path) -> set[str]:
    """The commits that branches of proposals name there."""
    found = set()
    for place in {git_dir, objects_of(git_dir).parent}:
        for row in _text(place / "packed-refs").splitlines():
            commit, _, ref = row.partition(" ")
            if _PROPOSAL.match(ref):
                found.add(commit)
        for pattern in ("heads/proposals/*", "remotes/*/proposals/*"):
            found |= {_text(file) for file in (place / "refs").glob(pattern)}
    return found


def _main_in(git_dir: Path) -> str:
    """The main that a checkout knows: its origin's, else its own branch of that name, and of a hub what HEAD names."""
    said = _text(git_dir / "refs" / "remotes" / "origin" / "HEAD").removeprefix("ref: ")
    known = [said, "refs/remotes/origin/main", "refs/heads/main", "refs/remotes/origin/master", "refs/heads/master"]
    if (git_dir / "objects").is_dir() and git_dir.name != ".git" and not (git_dir / "index").exists():
        known.insert(0, _text(git_dir / "HEAD").removeprefix("ref: "))
    return next((found for ref in known if ref.startswith("refs/") and (found := _ref_in(git_dir, ref))), "")


def _head_in(git_dir: Path) -> str:
    said = _text(git_dir / "HEAD")
    return _ref_in(git_dir, said.removeprefix("ref: ")) if said.startswith("ref: ") else said


def _ref_in(git_dir: Path, ref: str) -> str:
    return refs.read_ref(git_dir, ref) or refs.read_ref(objects_of(git_dir).parent, ref) or ""


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""


# What was judged before.


def _faults(place: _Place, base: str, head: str, line: list[str]) -> list[Fault]:
    """The faults of the line, of each run of steps that is not remembered judged anew."""
    known = _remembered(place)
    found = dict(known)
    if not line or _before(place.library, line[0]) != base:
        # It does not follow its base: that is a fault of its own, and nothing to remember.
        return [fault for verdict in verdicts(place.library, base, head) for fault in verdict.faults]
    at = 0
    while at < len(line):
        if line[at] in found:
            at += 1
            continue
        end = at
        while end + 1 < len(line) and line[end + 1] not in found:
            end += 1
        for verdict in verdicts(place.library, line[at - 1] if at else base, line[end]):
            found[verdict.step.commit] = verdict.faults
        at = end + 1
    if len(found) > len(known):
        _remember(place, found)
    return [fault for commit in line for fault in found.get(commit, ())]


def _before(library: Library, commit: str) -> str:
    said = Git(library.git_dir).run("rev-list", "--parents", "--max-count=1", "--end-of-options", commit)
    return said.decode().split()[1] if len(said.split()) > 1 else ""


_Known = dict[str, tuple[Fault, ...]]


def _head_line() -> str:
    return f"judged {FORMAT} {__version__}"


def _remembered(place: _Place) -> _Known:
    """By commit the faults found in it before; nothing where the file is another version's, or damaged."""
    if place.managed is None:
        return {}
    try:
        text = (place.managed.cache / _FILE).read_text(encoding="utf-8")
        head, digest, body = text.split("\n", 2)
        if head != _head_line() or digest != hashlib.sha256(body.encode()).hexdigest():
            return {}
        found: _Known = {}
        for row in body.splitlines():
            commit, _, said = row.partition(" ")
            found[commit] = tuple(Fault(*one) for one in json.loads(said)) if said else ()
        return found
    except (OSError, ValueError, TypeError):
        return {}


def _can_check() -> bool:
    try:
        return bool(ssh_keygen())
    except CannotCheck:
        return False


def _remember(place: _Place, found: _Known) -> None:
    if place.managed is None:
        return
    rows, sure = [], _can_check()
    for commit, faults in found.items():
        if faults and not sure:
            continue  # said of this machine, perhaps, and not of the commit
        said = json.dumps([[one.commit, one.rule, one.message] for one in faults]) if faults else ""
        rows.append(f"{commit} {said}".rstrip() + "\n")
    body = "".join(rows)
    digest = hashlib.sha256(body.encode()).hexdigest()
    with suppress(LibraryUnreadable, OSError):
        write_file(place.managed.cache / _FILE, f"{_head_line()}\n{digest}\n{body}".encode())
