"""Bulk reads: trees, texts, last changes, history and blame, with everything a tree may hold."""

from __future__ import annotations

import os
import subprocess
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook import errors
from playbook.store import objects, refs
from playbook.store.history import LATEST, seconds
from playbook.store.managed import Library, open_library
from playbook.store.runner import Git, GitFailed, GitTimedOut

ODD = [
    b"a\nb.md",
    b"-rf.md",
    b"c\tt.md",
    b"\xff\xfe.md",
    "\u202egpj.md".encode(),
    b"esc\x1b[2J.md",
    b"back\\slash.md",
    b'"q".md',
]


def odd_library(tmp_path: Path) -> Library:
    """A hub whose tree holds paths, modes and sizes that no working tree would."""
    source = LibraryBuilder(tmp_path / "team").write("plain.md", "# Plain\n")
    source.commit("Plain")
    blob = source.git("hash-object", "-w", "--stdin", input=b"# Odd\n")
    big = source.git("hash-object", "-w", "--stdin", input=b"x" * (2 << 20))
    commit = source.git("rev-parse", "HEAD")
    rows = [b"100644 blob %s\t%s" % (blob.encode(), path) for path in ODD]
    rows += [b"120000 blob %s\tlink.md" % blob.encode(), b"160000 commit %s\tmodule" % commit.encode()]
    rows += [b"100644 blob %s\tbig.md" % big.encode(), b"100755 blob %s\trun.md" % blob.encode()]
    tree = source.git("mktree", "-z", input=b"\0".join(rows) + b"\0")
    made = source.git("commit-tree", "-p", commit, "-m", "Odd", tree)
    source.git("update-ref", "refs/heads/main", made)
    return open_library(str(source.bare(tmp_path / "hub.git")))


def test_r16_a_tree_of_odd_entries_is_read_as_it_is(tmp_path: Path) -> None:
    library = odd_library(tmp_path)
    commit = refs.main_commit(library)
    found = {entry.path: entry for entry in objects.tree(library, commit)}
    assert set(found) == {*ODD, b"link.md", b"module", b"big.md", b"run.md"}
    assert (found[b"link.md"].mode, found[b"module"].mode, found[b"module"].size) == ("120000", "160000", -1)
    assert found[b"big.md"].size == 2 << 20
    texts = dict(objects.blobs(library, [entry.oid for entry in found.values()]))
    assert texts == {found[b"run.md"].oid: b"# Odd\n"}
    changes = objects.last_changes(library, commit)
    assert {*ODD, b"plain.md"} <= set(changes)
    for path in ODD:
        assert [r.subject for r in objects.history(library, commit, path)] == ["Odd"]
        assert objects.blame(library, commit, path)[0].text == "# Odd"
    changed = objects.changed_paths(library, refs.resolve(library, "main~1"), commit)
    assert ("A", b"a\nb.md") in changed and ("D", b"plain.md") in changed


def test_many_texts_come_without_deadlock_and_in_order(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team")
    stream = [b"commit refs/heads/main\ncommitter A <a@x> 1700000000 +0000\ndata 1\nx\n"]
    for number in range(12_000):
        text = b"# Page %d\n" % number + b"words " * 20
        stream.append(b"M 100644 inline p/%d.md\ndata %d\n%s\n" % (number, len(text), text))
    source.init().git("fast-import", "--quiet", input=b"".join(stream))
    library = open_library(str(source.path))
    entries = objects.tree(library, refs.main_commit(library))
    assert len(entries) == 12_000
    oids = [entry.oid for entry in entries]
    assert [oid for oid, _ in objects.blobs(library, [*oids, *oids])] == oids
    for oid, text in objects.blobs(library, oids):
        assert oid == oids[0] and text.startswith(b"# Page")
        break
    assert len(objects.last_changes(library, refs.main_commit(library))) == 12_000


def test_missing_wrong_and_damaged_objects_are_left_out(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team")
    for name in "abcde":
        source.write(f"{name}.md", f"# {name}\n")
    source.commit()
    library = open_library(str(source.path))
    commit = refs.main_commit(library)
    entries = objects.tree(library, commit)
    for pack in (library.git_dir / "objects" / "pack").glob("*.pack"):
        raw = pack.read_bytes()
        for left in (library.git_dir / "objects" / "pack").iterdir():
            left.unlink()
        subprocess.run(["git", "--git-dir", str(library.git_dir), "unpack-objects", "-q"], input=raw, check=True)
    victim = entries[2].oid
    file = library.git_dir / "objects" / victim[:2] / victim[2:]
    file.chmod(0o600)
    file.write_bytes(b"garbage")
    asked = ["0" * 40, commit, "--batch", "x\ny", *(entry.oid for entry in entries)]
    assert [text for _, text in objects.blobs(library, asked)] == [b"# a\n", b"# b\n", b"# d\n", b"# e\n"]


def test_last_changes_from_what_is_known_equal_those_from_nothing(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "a\n").write("b.md", "b\n")
    source.commit("One", author="Ann <ann@x>")
    hub = source.bare(tmp_path / "hub.git")
    library = open_library(str(hub))
    old = refs.main_commit(library)
    known = (old, objects.last_changes(library, old))
    source.git("checkout", "-qb", "side")
    source.write("b.md", "b2\n").commit("Side", author="Bob <bob@x>")
    source.git("checkout", "-q", "main")
    source.write("c.md", "c\n").commit("Three", author="Cyd <cyd@x>")
    source.git("merge", "-q", "--no-ff", "-m", "Merge", "side")
    source.commit("Nothing at all")
    source.git("checkout", "-qb", "other", "HEAD~1")
    source.write("d.md", "d\n").commit("Other", author="Dot <dot@x>")
    source.git("checkout", "-q", "main")
    source.write("d.md", "both\n").commit("Mine", author="Eli <eli@x>")
    subprocess.run(["git", "merge", "-q", "other"], cwd=source.path, capture_output=True, check=False)
    source.write("d.md", "settled\n").write("\nodd.md", "x").commit("Settle", author="Fay <fay@x>")
    source.git("push", "-q", str(hub), "main")
    Git(library.git_dir, local_hub=True).run("fetch", "hub", "+refs/heads/*:refs/remotes/hub/*", network=True)
    new = refs.main_commit(library)
    whole = objects.last_changes(library, new)
    assert objects.last_changes(library, new, known=known) == whole
    assert objects.last_changes(library, new, known=("1" * 40, {})) == whole
    authors = {b"a.md": "Ann", b"b.md": "Bob", b"c.md": "Cyd", b"d.md": "Fay", b"\nodd.md": "Fay"}
    assert {path: change.author for path, change in whole.items()} == authors
    assert [r.subject for r in objects.history(library, new, b"b.md")] == ["Side", "One"]


def test_history_says_why_and_blame_says_who(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "one\ntwo\n")
    source.commit(
        "Add a\n\nBecause buyers ask.\n\nPlaybook-Event: propose",
        author="Ann <ann@x>",
        date="2026-01-02T10:00:00+01:00",
    )
    source.write("a.md", "one\nzwei\n").commit("Better", author="Bob <bob@x>")
    library = open_library(str(source.path))
    commit = refs.main_commit(library)
    newest, oldest = objects.history(library, commit, b"a.md")
    assert newest.subject == "Better" and oldest.body.startswith("Because buyers ask.")
    assert (oldest.author, oldest.mail, oldest.when) == ("Ann", "ann@x", 1767344400)
    assert len(objects.history(library, commit, b"a.md", 1)) == 1
    assert [(line.author, line.line, line.text) for line in objects.blame(library, commit, b"a.md")] == [
        ("Ann", 1, "one"),
        ("Bob", 2, "zwei"),
    ]
    with pytest.raises(errors.NothingFound):
        objects.blame(library, commit, b"gone.md")
    assert objects.history(library, commit, b"gone.md") == []


def test_r15_main_as_of_a_day_holds_although_dates_go_back_and_forth(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team")
    days = [
        "2026-03-01T23:30:00+01:00",
        "2026-03-05T10:00:00+00:00",
        "2026-03-03T10:00:00+00:00",
        "2026-03-09T10:00:00+00:00",
    ]
    made = [source.write("a.md", when).commit(when, date=when) for when in days]
    library = open_library(str(source.path))
    assert refs.commit_as_of(library, date(2026, 2, 28), "Europe/Lisbon") is None
    assert refs.commit_as_of(library, date(2026, 3, 1), "Europe/Lisbon") == made[0]
    assert refs.commit_as_of(library, date(2026, 3, 2), "") == made[0]
    # The third commit is dated before the second: on the 4th main held the third, the newest dated by then.
    assert refs.commit_as_of(library, date(2026, 3, 4), "") == made[2]
    assert refs.commit_as_of(library, date(2026, 3, 6), "") == made[2]
    assert refs.commit_as_of(library, date(2026, 3, 9), "Nowhere/Land") == made[3]
    # 23:30 in Lisbon's neighbour is 22:30 in Lisbon, and 07:30 of the next day in Tokyo.
    assert refs.commit_as_of(library, date(2026, 3, 1), "Asia/Tokyo") is None


def test_names_are_resolved_and_options_are_not(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "a\n")
    first = source.commit()
    second = source.write("a.md", "b\n").commit()
    library = open_library(str(source.path))
    assert refs.resolve(library, "main") == refs.resolve(library, second[:8]) == refs.resolve(library, "HEAD") == second
    assert refs.resolve(library, "main~1") == refs.resolve(library, first) == first
    for name in ("", "--output=x", "nothing", "main~99", "a\nb", "main:a.md", "../../HEAD", "\x1b[2J"):
        with pytest.raises(errors.NothingFound):
            refs.resolve(library, name)
    with pytest.raises(errors.LibraryUnreadable, match="no commit id"):
        objects.tree(library, "--help")


def test_packed_refs_are_read(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "a\n")
    commit = source.commit()
    library = open_library(str(source.path))
    Git(library.git_dir).run("pack-refs", "--all")
    assert not (library.git_dir / "refs/remotes/hub/main").exists()
    assert refs.main_commit(library) == commit
    assert refs.read_ref(library.git_dir, "refs/../HEAD") is None


def test_a_call_that_takes_too_long_dies_with_all_it_started(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "a\n")
    source.commit()
    git = Git(open_library(str(source.path)).git_dir)
    with pytest.raises(GitTimedOut, match=r"within 0\.3 seconds"):
        git.run("-c", "alias.wait=!sleep 60", "wait", timeout=0.3)
    with pytest.raises(errors.Cancelled):
        git.run("-c", "alias.wait=!sleep 60", "wait", cancelled=lambda: True)
    with pytest.raises(GitTimedOut):
        git.run("-c", "alias.wait=!sleep 60", "wait", idle=0.2)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 60" not in listed
    with pytest.raises(GitFailed) as caught:
        git.run("cat-file", "-p", "nothing")
    assert (caught.value.verb, caught.value.status, caught.value.exit_code) == ("cat-file", 128, 6)
    assert git.run("hash-object", "--stdin", "--no-filters", input=os.urandom(5 << 20))


def test_no_commit_has_a_time_that_a_calendar_lacks(tmp_path: Path) -> None:
    far = "@999999999999 +0000"
    source = LibraryBuilder(tmp_path / "team").write("a.md", "# A\n").init()
    source.git("add", "-A")
    source.git("commit", "-q", "-m", "Far", env={"GIT_AUTHOR_DATE": far, "GIT_COMMITTER_DATE": far})
    library = open_library(str(tmp_path / "team"))
    commit = refs.main_commit(library)
    assert objects.last_changes(library, commit)[b"a.md"].when == LATEST
    assert [revision.when for revision in objects.history(library, commit, b"a.md")] == [LATEST]
    assert [line.when for line in objects.blame(library, commit, b"a.md")] == [LATEST]
    assert refs.commit_as_of(library, date(2026, 1, 1), "") is None


@pytest.mark.parametrize(
    ("raw", "seen"),
    [("999999999999", LATEST), ("9" * 5000, LATEST), ("-5", 0), ("", 0), ("²", 0), ("1700000000", 1_700_000_000)],
)
def test_times_are_kept_within_the_calendar(raw: str, seen: int) -> None:
    assert seconds(raw) == seen
    for hours in (-14, 14):
        assert 1969 <= datetime.fromtimestamp(seen, timezone(timedelta(hours=hours))).year <= 9999


def test_hostile_names_and_dates_in_commits(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "a\n")
    source.commit()
    tree = source.git("rev-parse", "HEAD^{tree}")
    raw = f"tree {tree}\nauthor \x1b[2J\x01\u202eEve <e@x> 1 +0000\ncommitter Eve <e@x> 99999999999999999999 +0000\n\n\x1b]0;x\x07\n"
    evil = source.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=raw.encode())
    source.git("update-ref", "refs/heads/main", evil)
    library = open_library(str(source.path))
    change = objects.last_changes(library, evil)[b"a.md"]
    assert ("Eve" in change.author and change.when == 0) or change.when > 0
    assert len(objects.history(library, evil, b"a.md")) == 1
    assert refs.commit_as_of(library, date(2026, 1, 1), "") in (None, evil)
