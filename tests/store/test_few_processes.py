"""What a command asks of git costs as few processes as it can, and gives what git itself would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from team import PRICE, REP, TIMING, Team, build_team, propose

from playbook.store import objects, packing, process, refs
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.store.sync import fetch_only
from playbook.store.writing import put_commit, put_tree, tree_id


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many git processes were started since it was asked last."""
    count = [0]
    real = process.Process.__enter__

    def noted(self: process.Process) -> process.Process:
        count[0] += 1
        return real(self)

    monkeypatch.setattr(process.Process, "__enter__", noted)

    def since() -> int:
        found, count[0] = count[0], 0
        return found

    return since


def as_git_has_them(library: Library, *below: str) -> dict[str, str]:
    rows = Git(library.git_dir).run("for-each-ref", "--format=%(objectname) %(refname) %(symref)", *below).decode()
    named = (line.split(" ") for line in rows.splitlines())
    return {name: commit for commit, name, symbolic in named if not symbolic}


def test_refs_are_what_git_says_they_are(library: Library, started: Callable[[], int]) -> None:
    git = Git(library.git_dir)
    main = refs.main_commit(library)
    other = put_commit(library, tree_id(library, main), (), "Another", by=REP)
    for name in ("a", "b", "zettel", "a.b", "ünder"):
        git.run("update-ref", f"refs/heads/proposals/{name}", main)
    git.run("pack-refs", "--all")
    git.run("update-ref", "refs/heads/proposals/b", other)
    git.run("update-ref", "-d", "refs/heads/proposals/a.b")
    git.run("update-ref", "refs/heads/proposals/new", other)
    git.run("symbolic-ref", "refs/heads/proposals/link", "refs/heads/proposals/a")
    for name, text in (("zettel", "no commit\n"), ("zero", "0" * 40 + "\n"), ("x.lock", main)):
        (library.git_dir / "refs/heads/proposals" / name).write_text(text)
    started()
    found = refs.all_refs(library, "refs/heads/", "refs/remotes/hub")
    assert started() == 0
    assert found == as_git_has_them(library, "refs/heads/", "refs/remotes/hub")
    assert list(found)[:2] == ["refs/heads/proposals/a", "refs/heads/proposals/b"] and "zettel" not in "".join(found)
    assert refs.all_refs(library, "refs/heads/prop") == {}


def test_many_branches_of_the_hub_are_packed(team: Team, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_LOOSE", 2)
    main = team.branches()["main"]
    for number in range(3):
        team.name(f"proposals/p{number}", main)
    fetch_only(library)
    assert not (library.git_dir / "refs/remotes/hub/proposals").exists()
    assert {f"refs/remotes/hub/proposals/p{number}" for number in range(3)} <= set(refs.all_refs(library, "refs/"))
    assert refs.main_commit(library) == main
    team.name("proposals/p1", team.publish(PRICE, "# Price\n"))
    fetch_only(library)
    assert refs.read_ref(library.git_dir, "refs/remotes/hub/proposals/p1") == team.branches()["proposals/p1"]


def test_a_few_texts_are_one_process_whatever_their_size(library: Library, started: Callable[[], int]) -> None:
    git = Git(library.git_dir)
    texts = [b"one\n", b"two" * 9000, b"three\n", b"", b"\0\n" * 40]
    oids = [git.run("hash-object", "-w", "--stdin", input=text).decode().strip() for text in texts]
    missing = "0123456789" * 4
    started()
    asked = [oids[0], missing, *oids[1:]]
    assert list(objects.blobs(library, asked, limit=1000)) == [
        (oid, text) for oid, text in zip(oids, texts, strict=True) if len(text) <= 1000
    ]
    assert started() == 3, "one, and one behind each that is left out"
    kept = [oids[0], oids[2], oids[3]]
    assert [text for _, text in objects.blobs(library, kept)] == [texts[0], texts[2], texts[3]]
    assert started() == 0
    assert dict(objects.blobs(library, [oids[0]], limit=2)) == {}
    many = [git.run("hash-object", "-w", "--stdin", input=b"%d" % at).decode().strip() for at in range(12)]
    started()
    assert [text for _, text in objects.blobs(library, many)] == [b"%d" % at for at in range(12)]
    assert started() == 2


def test_other_words_for_a_file_list_no_others(library: Library, started: Callable[[], int]) -> None:
    main = refs.main_commit(library)
    tree_id(library, main)
    objects.entries_at(library, main, [PRICE])
    started()
    changed = put_tree(library, main, {PRICE: b"# Other\n"})
    assert started() == 4
    assert {one.path.decode() for one in objects.tree(library, changed)} >= {PRICE, TIMING}
    assert put_tree(library, main, {"content/new.md": b"# New\n"}) != changed


def test_what_is_no_ancestor_is_asked_again_only_while_it_is_not_here(
    library: Library, started: Callable[[], int]
) -> None:
    main = refs.main_commit(library)
    proposed = propose(library)
    tip = refs.read_ref(library.git_dir, f"refs/heads/proposals/{proposed}") or ""
    started()
    for _ in range(2):
        assert objects.is_ancestor(library, main, tip) and not objects.is_ancestor(library, tip, main)
    assert started() == 2
    for _ in range(2):
        assert not objects.is_ancestor(library, "0123456789" * 4, main)
    assert started() == 2
