"""Writes to a managed repository: only names that every disk can hold, only the meant files, never over somebody else."""

from __future__ import annotations

import os
import stat
import subprocess
import unicodedata
from pathlib import Path

import pytest
from building import LibraryBuilder
from team import MAX, MIA, fsck

from playbook.errors import LibraryUnreadable, UsageError
from playbook.store import objects, refs
from playbook.store.locks import TEMPORARY, writer_lock
from playbook.store.managed import Library, open_library
from playbook.store.runner import Git
from playbook.store.writing import RefMoved, acting, move_ref, put_blob, put_commit, put_tree, tree_id

NFC = unicodedata.normalize("NFC", "content/é.md")
NFD = unicodedata.normalize("NFD", "content/é.md")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    source = LibraryBuilder(tmp_path / "source")
    source.write("content/Price.md", "# Price\n").write(NFC, "# E\n").write("content/Deep/a.md", "# A\n")
    source.write("bom.md", b"\xef\xbb\xbf# B\r\nline\r\n").write(os.fsdecode(b"odd-\xff.md"), "# Odd\n")
    source.write("run.md", "# Run\n")
    (source.path / "run.md").chmod(0o755)
    (source.path / "link.md").symlink_to("run.md")
    source.commit()
    return open_library(str(source.bare(tmp_path / "hub.git")))


def put(library: Library, changes: dict[str, bytes | None]) -> str:
    with writer_lock(library):
        return put_tree(library, refs.main_commit(library), changes)


def files(library: Library, tree: str) -> dict[str, tuple[str, bytes]]:
    """Mode and text of each file of a tree."""
    entries = objects.tree(library, tree)
    texts = dict(objects.blobs(library, [entry.oid for entry in entries]))
    return {os.fsdecode(entry.path): (entry.mode, texts[entry.oid]) for entry in entries}


@pytest.mark.parametrize(
    "path",
    [
        "", "/abs.md", "a//b.md", "a/", "./a.md", "../a.md", "content/../../a.md", ".git/config", "a/.GIT/config",
        "git~1/x", ".g\u200cit/config", "-rf.md", "a/-x.md", "a\\b.md", "C:x.md", "a*.md", "a?.md", '"a".md', "<a>.md",
        "a|b.md", "a\nb.md", "a\tb.md", "a\x1b[31m.md", "a\u202emd", "a\0b.md", "dot.", "space ", " space", "content/nul",
        "CON.md", "content/Aux.tar.md", "lpt1", "a\ud800.md", f"{'x' * 201}.md", "é" * 150, "/".join(["d" * 100] * 11),
    ],
)  # fmt: skip
def test_a_name_that_some_disk_cannot_hold_is_refused(library: Library, path: str) -> None:
    before = len(list((library.git_dir / "objects").rglob("*")))
    with pytest.raises(UsageError) as refused:
        put(library, {path: b"x"})
    assert "\n" not in str(refused.value) and "\x1b" not in str(refused.value)
    assert len(list((library.git_dir / "objects").rglob("*"))) == before


@pytest.mark.parametrize(
    "path", ["content/übung.md", "日本語.md", "a b (c), d&e'f$g;h.md", "content/con-man.md", "x" * 200]
)
def test_an_ordinary_name_is_taken(library: Library, path: str) -> None:
    assert files(library, put(library, {path: b"x"}))[path] == ("100644", b"x")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("content/price.md", "twin of content/Price.md"),
        ("CONTENT/new.md", "twin of the folder content"),
        ("content/deep/b.md", "twin of the folder content/Deep"),
        ("content/DEEP", "is a folder here"),
        ("content", "is a folder here"),
        ("content/Price.md/x.md", "content/Price.md is a file"),
        ("content/PRICE.md/x.md", "content/Price.md is a file"),
        (NFD, "twin of"),
        (NFC.upper(), "twin of"),
    ],
)
def test_a_twin_of_what_is_there_is_refused(library: Library, path: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        put(library, {path: b"x"})


@pytest.mark.parametrize("second", ["New.md", "new.md/x", "NEW.md/x"])
def test_new_files_may_not_be_each_others_twins(library: Library, second: str) -> None:
    for changes in ({"new.md": b"1", second: b"2"}, {second: b"2", "new.md": b"1"}):
        with pytest.raises(UsageError, match=r"twin|folder|file"):
            put(library, dict(changes))


def test_what_goes_makes_room_for_its_twin(library: Library) -> None:
    made = files(library, put(library, {"content/price.md": b"new", "content/Price.md": None}))
    assert made["content/price.md"][1] == b"new" and "content/Price.md" not in made
    made = files(library, put(library, {"content/Price.md/x.md": b"below", "content/Price.md": None}))
    assert made["content/Price.md/x.md"][1] == b"below" and "content/Price.md" not in made
    made = files(library, put(library, {"content/Deep": b"file now", "content/Deep/a.md": None}))
    assert made["content/Deep"][1] == b"file now"


def test_only_the_meant_file_differs_and_every_byte_of_it_is_kept(library: Library) -> None:
    before = files(library, refs.main_commit(library))
    content = b"\xef\xbb\xbf# B\r\nother\r\n\r\nno last line end"
    after = files(library, put(library, {"bom.md": content}))
    assert after == before | {"bom.md": ("100644", content)}
    # A name that is there already may be changed, whatever it is; a file keeps its mode; a link becomes a file.
    odd = os.fsdecode(b"odd-\xff.md")
    after = files(library, put(library, {odd: b"1", "run.md": b"2", "link.md": b"3"}))
    expected = {odd: ("100644", b"1"), "run.md": ("100755", b"2"), "link.md": ("100644", b"3")}
    assert after == before | expected


def test_removing_what_is_not_there_changes_nothing(library: Library) -> None:
    main = refs.main_commit(library)
    assert put(library, {"nowhere.md": None, "a\0b": None, "content": None}) == tree_id(library, main)
    assert put(library, {}) == tree_id(library, main)


def test_a_text_of_more_than_a_mebibyte_is_refused(library: Library) -> None:
    with pytest.raises(UsageError, match="1 MiB"):
        put_blob(Git(library.git_dir), b"x" * (objects.MIB + 1))
    put_blob(Git(library.git_dir), b"x" * objects.MIB)


def test_filters_and_line_end_settings_touch_nothing(library: Library) -> None:
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text("[core]\n\tautocrlf = true\n\teol = crlf\n\tsafecrlf = true\n")
    tree = put(library, {"a.md": b"one\r\ntwo\n"})
    assert files(library, tree)["a.md"][1] == b"one\r\ntwo\n"


def test_an_object_is_written_with_fsync(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A git that notes what it was asked; the real one does the work.
    real = subprocess.run(["which", "git"], capture_output=True, check=True).stdout.decode().strip()
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    main = refs.main_commit(library)
    with writer_lock(library):
        commit = put_commit(library, put_tree(library, main, {"a.md": b"x"}), (main,), "x", by=MIA)
        move_ref(library, "refs/heads/proposals/x", commit, None)
    asked = (tmp_path / "asked").read_text().splitlines()
    for verb in ("hash-object", "update-index", "write-tree", "commit-tree", "update-ref"):
        lines = [line for line in asked if f" {verb} " in f"{line} "]
        assert lines and all("-c core.fsync=all" in line for line in lines)


def test_a_ref_moves_only_from_where_one_saw_it(library: Library) -> None:
    main = refs.main_commit(library)
    ref = "refs/heads/proposals/x"
    with writer_lock(library):
        one, two = (put_commit(library, tree_id(library, main), (main,), text, by=MIA) for text in "12")
        move_ref(library, ref, one, None)
        for new, old in ((two, None), (two, main), (None, two), (two, two)):
            with pytest.raises(RefMoved, match="somebody else"):
                move_ref(library, ref, new, old)
            assert refs.read_ref(library.git_dir, ref) == one
        move_ref(library, ref, two, one)
        move_ref(library, ref, None, two)
        assert refs.read_ref(library.git_dir, ref) is None
        with pytest.raises(RefMoved):
            move_ref(library, ref, two, one)
        # A branch below a branch is no race: it can never be.
        move_ref(library, ref, one, None)
        with pytest.raises(LibraryUnreadable) as failed:
            move_ref(library, f"{ref}/below", one, None)
        assert not isinstance(failed.value, RefMoved)


@pytest.mark.parametrize("when", [None, 0, 86_400, 99_999_999, 1_700_000_000])
def test_a_commit_says_who_wrote_it_when_and_who_put_it_there(library: Library, when: int | None) -> None:
    main = refs.main_commit(library)
    made = put_commit(library, tree_id(library, main), (main,), "Ünï\n", by=MIA, author=MAX, written=when)
    said = Git(library.git_dir).run("log", "-1", "--format=%an|%ae|%cn|%ce|%at|%s", made).decode().strip()
    name, mail, committer, committer_mail, at, subject = said.split("|")
    assert (name, mail, committer, committer_mail) == (MAX.name, MAX.mail, MIA.name, MIA.mail)
    assert subject == "Ünï" and (when is None or int(at) == when)


def test_names_that_would_break_a_commit_are_made_harmless(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Eve\n<x>\x1b[31m")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "e@x\nparent 0000")
    me = acting()
    assert not set("\n\x1b<>") & set(f"{me.name}{me.mail}") and me.name.startswith("Eve")
    main = refs.main_commit(library)
    made = put_commit(library, tree_id(library, main), (main,), "x", by=me)
    raw = Git(library.git_dir).run("cat-file", "commit", made).decode()
    assert raw.count("\nparent ") == 1 and raw.count("\nauthor ") == 1


@pytest.mark.parametrize("missing", ["name", "email"])
def test_without_an_identity_the_command_is_said(missing: str) -> None:
    config = Path(os.environ["GIT_CONFIG_GLOBAL"])
    config.write_text("\n".join(line for line in config.read_text().splitlines() if missing not in line))
    with pytest.raises(UsageError, match=r"git config --global user\.name"):
        acting()


def test_nothing_is_left_and_others_see_nothing(library: Library) -> None:
    put(library, {"a.md": b"x"})
    with pytest.raises(UsageError):
        put(library, {"content": b"x"})
    assert list((library.git_dir / TEMPORARY).iterdir()) == []
    assert stat.S_IMODE((library.git_dir / TEMPORARY).stat().st_mode) == 0o700
    assert fsck(library.git_dir) == ""


def test_a_library_of_wide_ids_is_written_too(tmp_path: Path) -> None:
    place = tmp_path / "wide"
    subprocess.run(["git", "init", "-q", "--object-format=sha256", "-b", "main", str(place)], check=True)
    source = LibraryBuilder(place)
    source.made = True
    source.write("a.md", "# A\n").write("b.md", "# B\n").commit()
    library = open_library(str(source.bare(tmp_path / "wide.git")))
    main = refs.main_commit(library)
    tree = put(library, {"a.md": b"x", "b.md": None})
    assert len(main) == 64 and files(library, tree) == {"a.md": ("100644", b"x")}
    with writer_lock(library):
        move_ref(library, "refs/heads/proposals/x", put_commit(library, tree, (main,), "x", by=MIA), None)
