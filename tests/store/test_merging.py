"""The one merge: it agrees with git's own on what joins and what clashes, and never guesses."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from building import LibraryBuilder
from team import MIA, fsck

from playbook.store import objects, refs
from playbook.store.locks import TEMPORARY, writer_lock
from playbook.store.managed import Library, open_library
from playbook.store.merging import Merged, clashes, merge_base, merge_trees
from playbook.store.runner import Git
from playbook.store.writing import put_commit, put_tree

LINES = "".join(f"line {number}\n" for number in range(12))
Change = Mapping[str, bytes | None]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    source = LibraryBuilder(tmp_path / "source")
    source.write("a.md", LINES).write("b.md", LINES).write("d/c.md", LINES).write("bin.dat", b"\0\1\2" * 50)
    source.write("crlf.md", LINES.replace("\n", "\r\n")).write("end.md", LINES.rstrip()).write("run.md", LINES)
    source.commit()
    return open_library(str(source.bare(tmp_path / "hub.git")))


def commit(library: Library, parent: str, changes: Change, message: str = "x") -> str:
    return put_commit(library, put_tree(library, parent, changes), (parent,), message, by=MIA)


def join(library: Library, ours: Change, theirs: Change) -> tuple[Merged, str, str]:
    main = refs.main_commit(library)
    with writer_lock(library):
        one, two = commit(library, main, ours, "ours"), commit(library, main, theirs, "theirs")
        assert merge_base(library, one, two) == main
        merged = merge_trees(library, main, one, two)
        assert clashes(library, main, one, two) == merged.clashes
    return merged, one, two


def text(library: Library, tree: str, path: str) -> bytes | None:
    for entry in objects.entries_at(library, tree, [path]):
        return dict(objects.blobs(library, [entry.oid]))[entry.oid]
    return None


def line(number: int, words: str, of: str = LINES) -> bytes:
    """The text with one line replaced."""
    return of.replace(f"line {number}\n", f"{words}\n").encode()


def test_r26_changes_in_two_places_of_one_file_are_both_kept(library: Library) -> None:
    merged, _, _ = join(library, {"a.md": line(1, "ours")}, {"a.md": line(9, "theirs")})
    assert text(library, merged.tree, "a.md") == line(9, "theirs", line(1, "ours").decode())
    assert not merged.clashes


def test_r26_the_same_line_changed_twice_is_a_clash_with_all_three_texts(library: Library) -> None:
    merged, _, _ = join(library, {"a.md": line(1, "ours")}, {"a.md": line(1, "theirs"), "b.md": b"new"})
    (clash,) = merged.clashes
    assert (merged.tree, clash.path) == ("", "a.md")
    texts = dict(objects.blobs(library, [clash.base, clash.ours, clash.theirs]))
    assert [texts[oid] for oid in clash[1:]] == [LINES.encode(), line(1, "ours"), line(1, "theirs")]


def test_the_same_change_on_both_sides_is_no_clash(library: Library) -> None:
    merged, one, _ = join(library, {"a.md": line(1, "same"), "n.md": b"n"}, {"a.md": line(1, "same"), "n.md": b"n"})
    assert merged.tree == Git(library.git_dir).run("rev-parse", f"{one}^{{tree}}").decode().strip()


@pytest.mark.parametrize("swap", [False, True])
def test_a_deletion_against_an_edit_is_a_clash_and_neither_wins(library: Library, swap: bool) -> None:
    sides: list[Change] = [{"a.md": None}, {"a.md": line(1, "x")}]
    merged, _, _ = join(library, *(sides[::-1] if swap else sides))
    (clash,) = merged.clashes
    assert clash.path == "a.md" and clash.base and bool(clash.ours) == swap and bool(clash.theirs) != swap


def test_a_deletion_against_nothing_and_against_a_deletion_goes_through(library: Library) -> None:
    merged, _, _ = join(library, {"a.md": None, "b.md": None}, {"b.md": None, "d/c.md": line(1, "x")})
    assert text(library, merged.tree, "a.md") is text(library, merged.tree, "b.md") is None
    assert text(library, merged.tree, "d/c.md") == line(1, "x")


def test_two_new_files_of_one_name_clash_without_a_base(library: Library) -> None:
    merged, _, _ = join(library, {"n.md": b"one\n"}, {"n.md": b"two\n"})
    assert [(clash.path, clash.base) for clash in merged.clashes] == [("n.md", "")]


def test_a_binary_file_that_both_changed_is_a_clash(library: Library) -> None:
    merged, _, _ = join(library, {"bin.dat": b"\0\1\2" * 49 + b"a"}, {"bin.dat": b"z" + b"\0\1\2" * 49})
    assert [clash.path for clash in merged.clashes] == ["bin.dat"]
    merged, _, _ = join(library, {"bin.dat": b"\0new"}, {"a.md": b"x"})
    assert text(library, merged.tree, "bin.dat") == b"\0new"


def test_line_ends_and_a_missing_last_one_are_kept(library: Library) -> None:
    crlf, end = LINES.replace("\n", "\r\n"), LINES.rstrip()
    one: Change = {
        "crlf.md": crlf.replace("line 1\r", "ours\r").encode(),
        "end.md": end.replace("line 1\n", "o\n").encode(),
    }
    two: Change = {"crlf.md": crlf.replace("line 9\r", "their\r").encode(), "end.md": end.replace("11", "t").encode()}
    merged, _, _ = join(library, one, two)
    joined = text(library, merged.tree, "crlf.md")
    assert joined == crlf.replace("line 1\r", "ours\r").replace("line 9\r", "their\r").encode()
    assert text(library, merged.tree, "end.md") == end.replace("line 1\n", "o\n").replace("11", "t").encode()


def test_a_file_against_a_folder_of_its_name_is_a_clash(library: Library) -> None:
    merged, _, _ = join(library, {"a.md": None, "a.md/x.md": b"below"}, {"a.md": line(1, "x")})
    assert [clash.path for clash in merged.clashes] == ["a.md", "a.md/x.md"]


def test_no_rename_is_guessed(library: Library) -> None:
    merged, _, _ = join(library, {"a.md": None, "moved.md": LINES.encode()}, {"a.md": line(1, "x")})
    assert [clash.path for clash in merged.clashes] == ["a.md"]


def test_a_mode_changed_on_one_side_and_the_text_on_the_other_are_both_taken(library: Library) -> None:
    main = refs.main_commit(library)
    git = Git(library.git_dir)
    with writer_lock(library):
        one = commit(library, main, {"run.md": line(1, "text")})
        listed = git.run("ls-tree", "-z", main).replace(b"100644 blob", b"100644 blob")
        rows = [row.replace(b"100644", b"100755") if row.endswith(b"\trun.md") else row for row in listed.split(b"\0")]
        tree = git.run("mktree", "-z", input=b"\0".join(rows)).decode().strip()
        two = put_commit(library, tree, (main,), "x", by=MIA)
        both = put_commit(library, put_tree(library, two, {"run.md": line(9, "more")}), (main,), "x", by=MIA)
        for theirs in (two, both):
            merged = merge_trees(library, main, one, theirs)
            (entry,) = objects.entries_at(library, merged.tree, ["run.md"])
            assert entry.mode == "100755"
            assert b"text" in (text(library, merged.tree, "run.md") or b"")


def test_what_was_settled_stays_as_ours_has_it(library: Library) -> None:
    main = refs.main_commit(library)
    with writer_lock(library):
        one = commit(library, main, {"a.md": line(1, "ours"), "b.md": None})
        two = commit(library, main, {"a.md": line(1, "theirs"), "b.md": line(1, "x"), "n.md": b"n"})
        assert {clash.path for clash in merge_trees(library, main, one, two, settled=frozenset({"a.md"})).clashes} == {
            "b.md"
        }
        merged = merge_trees(library, main, one, two, settled=frozenset({"a.md", "b.md"}))
    assert text(library, merged.tree, "a.md") == line(1, "ours") and text(library, merged.tree, "b.md") is None
    assert text(library, merged.tree, "n.md") == b"n"


def test_everybody_finds_the_same_base(library: Library) -> None:
    main = refs.main_commit(library)
    with writer_lock(library):
        one, two = commit(library, main, {"a.md": b"1"}), commit(library, main, {"b.md": b"2"})
        tree = put_tree(library, one, {"b.md": b"2"})
        left = put_commit(library, tree, (one, two), "x", by=MIA)
        right = put_commit(library, tree, (two, one), "x", by=MIA)
        alone = put_commit(library, tree, (), "root", by=MIA)
    assert merge_base(library, left, right) == merge_base(library, right, left) == min(one, two)
    assert merge_base(library, alone, left) == ""


def test_no_file_of_a_merge_is_left(library: Library) -> None:
    join(library, {"a.md": line(1, "ours")}, {"a.md": line(1, "theirs")})
    join(library, {"a.md": line(1, "ours")}, {"a.md": line(9, "theirs")})
    assert list((library.git_dir / TEMPORARY).iterdir()) == []
    assert fsck(library.git_dir) == ""


def test_settings_and_attributes_of_the_library_do_not_steer_the_merge(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "s").write(".gitattributes", "*.md merge=union\n").write("a.md", LINES)
    source.commit()
    library = open_library(str(source.bare(tmp_path / "h.git")))
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("[merge]\n\tconflictStyle = diff3\n\trenames = true\n")
    merged, _, _ = join(library, {"a.md": line(1, "ours")}, {"a.md": line(1, "theirs")})
    assert [clash.path for clash in merged.clashes] == ["a.md"]


def some_change(dice: random.Random, texts: dict[str, bytes]) -> dict[str, bytes | None]:
    """What one side does: edits lines, adds and removes files. None is moved: git before 2.50 guesses renames whatever
    one tells it."""
    made: dict[str, bytes | None] = {}
    for _ in range(dice.randrange(1, 6)):
        path = dice.choice(sorted(texts))
        act = dice.random()
        if act < 0.8:
            lines = (made.get(path) or texts[path]).split(b"\n")
            at = dice.randrange(len(lines))
            new = b"%s %d" % (dice.choice([b"x", b"y"]), dice.randrange(3))
            lines[at : at + dice.randrange(3)] = [new] * dice.randrange(3)
            made[path] = b"\n".join(lines)
        elif act < 0.9:
            made[path] = None
        else:
            made[f"new-{dice.randrange(3)}.md"] = b"new %d\n" % dice.randrange(2)
    return made


def many_commits(library: Library, parent: str, changes: list[dict[str, bytes | None]]) -> list[str]:
    """A commit on `parent` for each of the changes, made by one process."""
    fed = []
    for number, change in enumerate(changes):
        fed.append(b"commit refs/heads/proposals/%d\ncommitter M <m@x> 1700000000 +0000\n" % number)
        fed.append(b"data 1\nx\nfrom %s\n" % parent.encode())
        for path, content in change.items():
            if content is None:
                fed.append(f"D {path}\n".encode())
            else:
                fed.append(f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n")
        fed.append(b"\n")
    git = Git(library.git_dir)
    git.run("fast-import", "--quiet", input=b"".join(fed))
    made = refs.all_refs(library, "refs/heads/proposals/")
    return [made[f"refs/heads/proposals/{number}"] for number in range(len(changes))]


def git_merge(library: Library, one: str, two: str) -> str:
    """The tree of git's own merge, "" when it finds a conflict."""
    done = subprocess.run(
        ["git", "merge-tree", "--write-tree", "--no-messages", one, two],
        cwd=library.git_dir, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.decode().split()[0] if done.returncode == 0 else ""


def test_r26_a_hundred_random_merges_agree_with_git(library: Library) -> None:
    """Same tree, or both find a conflict. (git before 2.38 has no such command, and nothing to be compared with.)"""
    said = subprocess.run(["git", "version"], capture_output=True, check=True).stdout.split()[2].decode()
    comparable = tuple(int(part) for part in said.split(".")[:2]) >= (2, 38)
    main = refs.main_commit(library)
    entries = objects.tree(library, main)
    blobs = dict(objects.blobs(library, [entry.oid for entry in entries]))
    texts = {os.fsdecode(entry.path): blobs[entry.oid] for entry in entries}
    dice = random.Random(20)
    made = many_commits(library, main, [some_change(dice, texts) for _ in range(200)])
    joined = clashed = 0
    with writer_lock(library):
        for one, two in zip(made[::2], made[1::2], strict=True):
            merged = merge_trees(library, main, one, two)
            assert bool(merged.tree) != bool(merged.clashes)
            if comparable:
                assert merged.tree == git_merge(library, one, two), (one, two)
            joined, clashed = joined + bool(merged.tree), clashed + bool(merged.clashes)
    assert joined > 30 and clashed > 15
