"""A library read at a commit: from git, from the cache, after a pull, as of an older commit, and with anything broken."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook.errors import NothingFound, UsageError
from playbook.library import parsing, reading
from playbook.library.snapshot import Snapshot, cached_snapshot, load_folder, load_snapshot
from playbook.store import refs
from playbook.store.cache_file import CacheFile
from playbook.store.managed import Library, open_library
from playbook.store.sync import sync

SETTINGS = '[library]\nname = "L"\nstages = ["discovery"]\n'
PRICE = "---\naliases: [too expensive]\nverified: 2026-10-01\n---\n# Price\n\n## Answer\nThe words.\n"
LONG = "".join(f"## Part {n}\n\nWords of part {n}. {'more ' * 40}\n\n" for n in range(9))


@pytest.fixture
def builder(tmp_path: Path) -> LibraryBuilder:
    made = LibraryBuilder(tmp_path / "work")
    made.write("content/playbook.toml", SETTINGS)
    made.write("content/objections/price.md", PRICE)
    made.write("content/handbook.md", f"# Handbook\n\n{LONG}")
    made.write("README.md", "# Outside\n")
    made.commit("First words", author="Ann Author <ann@example.com>", date="2026-03-01T10:00:00+00:00")
    return made


@pytest.fixture
def library(builder: LibraryBuilder) -> Library:
    return open_library(str(builder.path))


def ids(snapshot: Snapshot) -> list[str]:
    return [card.id for card in snapshot.cards]


def test_a_library_is_read_into_cards_with_their_last_change(library: Library) -> None:
    seen: list[tuple[str, int, int]] = []
    snapshot = load_snapshot(library, progress=lambda *step: seen.append(step))
    assert (snapshot.root, snapshot.documents, len(snapshot.cards)) == ("content/", 2, 11)
    assert snapshot.settings.stages == ("discovery",)
    assert not snapshot.problems
    price = snapshot.card("objections/price")
    assert (price.path, price.kind, price.say, price.line) == (
        "content/objections/price.md",
        "objection",
        "The words.",
        5,
    )
    assert (price.changed, price.changed_by) == (1772359200, "Ann Author")
    assert snapshot.text(price) == "# Price\n\n## Answer\nThe words.\n"
    assert snapshot.text(snapshot.card("handbook#part-7")).startswith("## Part 7\n\nWords of part 7.")
    assert snapshot.document_text("content/handbook.md") == f"# Handbook\n\n{LONG}"
    assert {card.id: text for card, text in snapshot.texts()} == {c.id: snapshot.text(c) for c in snapshot.cards}
    assert "README.md" in snapshot.files
    assert seen[-1] == ("parsing", 2, 2)


def test_a_warm_cache_gives_the_same_without_parsing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    cold = load_snapshot(library)
    monkeypatch.setattr(parsing, "parse_document", None)
    monkeypatch.setattr(reading, "list_tree", None)
    warm = load_snapshot(library)
    assert warm.cards == cold.cards
    assert (warm.settings, warm.problems, warm.root, warm.files) == (
        cold.settings,
        cold.problems,
        cold.root,
        cold.files,
    )
    cached = cached_snapshot(library, cold.commit)
    assert cached is not None
    assert cached.text(cached.cards[0]) == cold.text(cold.cards[0])
    assert cached_snapshot(library, "0" * 40) is None


def test_the_cache_is_for_its_owner_alone(library: Library) -> None:
    load_snapshot(library)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in library.cache.glob("parsed.sqlite3*")}
    assert modes == {0o600}


def test_a_pull_parses_what_changed_and_keeps_the_rest(
    builder: LibraryBuilder, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_snapshot(library)
    builder.write("content/objections/price.md", PRICE.replace("The words", "New words"))
    builder.write("content/objections/time.md", "# Time\n\n## Answer\nLater.\n")
    builder.commit("Second", author="Bo <bo@example.com>", date="2026-04-01T10:00:00+00:00")
    sync(library)
    parsed: list[bytes] = []
    real = parsing.parse_document
    monkeypatch.setattr(parsing, "parse_document", lambda raw: (parsed.append(raw), real(raw))[1])
    after = load_snapshot(library)
    assert len(parsed) == 2
    assert after.card("objections/price").say == "New words."
    assert after.card("objections/price").changed_by == "Bo"
    assert after.card("handbook").changed_by == "Ann Author"
    fresh = rebuilt(library)
    assert after.cards == fresh.cards
    assert (after.problems, after.documents, after.files) == (fresh.problems, fresh.documents, fresh.files)


def test_a_change_of_settings_reaches_every_card(builder: LibraryBuilder, library: Library) -> None:
    load_snapshot(library)
    builder.write("content/playbook.toml", SETTINGS + '[kinds]\n"handbook.md" = "objection"\n')
    builder.commit("Map")
    sync(library)
    assert load_snapshot(library).card("handbook").kind == "objection"


def rebuilt(library: Library) -> Snapshot:
    for file in library.cache.glob("parsed.sqlite3*"):
        file.unlink()
    return load_snapshot(library)


def test_r15_a_snapshot_as_of_a_day_is_what_main_held_then(builder: LibraryBuilder, library: Library) -> None:
    builder.write("content/objections/price.md", PRICE.replace("The words", "New words"))
    builder.commit("Second", date="2026-04-01T10:00:00+00:00")
    sync(library)
    then = refs.commit_as_of(library, date(2026, 3, 1), "UTC")
    assert then
    old = load_snapshot(library, then)
    assert old.card("objections/price").say == "The words."
    assert old.text(old.card("objections/price")).endswith("The words.\n")
    assert load_snapshot(library).card("objections/price").say == "New words."


@pytest.mark.parametrize(
    ("files", "root", "names"),
    [
        ({"content/a.md": "# A", "content/playbook.toml": "", "docs/b.md": "# B"}, "content/", ["a"]),
        ({"content/a.md": "# A", "src/x.py": ""}, "content/", ["a"]),
        ({"content/a.md": "# A", "content/b.md": "# B", "b.md": "# B"}, "", ["b", "a", "content/b"]),
        (
            {"playbook.toml": '[kinds]\n"x/*" = "claim"', "x/a.MD": "# A", "z.markdown": "", "q.mdx": ""},
            "",
            ["q", "x/a", "z"],
        ),
        ({".github/a.md": "# A", "node_modules/x/b.md": "# B", ".hidden.md": "# H"}, "", [".hidden"]),
        ({"notes.txt": "no"}, "", []),
    ],
)
def test_r16_any_layout_opens(tmp_path: Path, files: dict[str, str], root: str, names: list[str]) -> None:
    builder = LibraryBuilder(tmp_path / "w")
    for name, text in files.items():
        builder.write(name, text)
    builder.commit()
    snapshot = load_snapshot(open_library(str(builder.path)))
    assert snapshot.root == root
    assert sorted(ids(snapshot)) == sorted(names)
    assert not snapshot.problems
    assert load_folder(builder.path).cards == tuple(unchanged(card) for card in snapshot.cards)


def unchanged(card: object) -> object:
    import msgspec

    return msgspec.structs.replace(card, changed=0, changed_by="")  # type: ignore[type-var]


def hostile(builder: LibraryBuilder) -> None:
    """Everything that a tree can hold and a library should not, beside two good documents."""
    builder.write("good.md", "# Good\n\nWords.\n").write("objections/fine.md", "# Fine\n")
    builder.write("big.md", "x" * (1 << 20) + "y").write("latin.md", "# Caf\xe9".encode("latin-1"))
    builder.write("colon.md", "---\ntitle: Why: because\n---\n# Colon\n").write("list.md", "---\n- a\n---\n# List\n")
    builder.write("-rf.md", "# Hyphen\n").write("bidi\u202e.md", "# Bidi\n").write("new\nline.md", "# Line\n")
    builder.write("Twin.md", "# Twin\n").write("twin.md", "# Twin\n").write("e\u0301.md", "# E\n").write(
        "\u00e9.md", "# E\n"
    )
    (Path(os.fsdecode(os.fsencode(builder.path) + b"/bad\xff.md"))).write_text("# Bad\n")
    (builder.path / "link.md").symlink_to("/etc/passwd")
    (builder.path / "folder").symlink_to("/etc")


EXPECTED = {
    ("big.md", "unreadable"),
    ("latin.md", "unreadable"),
    ("colon.md", "front-matter"),
    ("list.md", "front-matter"),
    ("-rf.md", "odd-path"),
    ("bidi?.md", "unreadable"),
    ("new?line.md", "unreadable"),
    ("twin.md", "odd-path"),
    ("\u00e9.md", "odd-path"),
    ("bad?.md", "unreadable"),
    ("link.md", "unreadable"),
    ("folder", "unreadable"),
}


def test_r16_broken_files_are_one_row_each_and_the_rest_works(tmp_path: Path) -> None:
    builder = LibraryBuilder(tmp_path / "w").init()
    hostile(builder)
    builder.commit()
    builder.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    builder.git("commit", "-q", "-m", "submodule")
    snapshot = load_snapshot(open_library(str(builder.path)))
    assert sorted((p.path, p.rule) for p in snapshot.problems) == sorted({*EXPECTED, ("module", "unreadable")})
    assert snapshot.card("good").say == "Words."
    assert all("\n" not in p.message and "\u202e" not in p.message for p in snapshot.problems)


def test_r16_a_folder_on_disk_is_read_the_same_way(tmp_path: Path) -> None:
    builder = LibraryBuilder(tmp_path / "w").init()
    hostile(builder)
    os.mkfifo(builder.path / "pipe.md")
    snapshot = load_folder(builder.path)
    assert sorted((p.path, p.rule) for p in snapshot.problems) == sorted({*EXPECTED, ("pipe.md", "unreadable")})
    assert snapshot.commit == ""
    assert snapshot.text(snapshot.card("good")) == "# Good\n\nWords.\n"
    with pytest.raises(UsageError, match="does not exist"):
        load_folder(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is a file"):
        load_folder(builder.path / "good.md")


def test_a_card_answers_to_every_name_it_has(builder: LibraryBuilder, library: Library) -> None:
    builder.write(
        "content/objections/price.md",
        PRICE.replace("---\nal", "---\nid: too-dear\nformerly: [objections/cost, a/once.md, content/b/Then]\nal"),
    )
    builder.write("content/a/same.md", "# One\n").write("content/b/same.md", "# Two\n")
    builder.write("content/c/x.md", "---\nid: twin\n---\n# X\n").write("content/c/y.md", "---\nid: twin\n---\n# Y\n")
    builder.commit()
    sync(library)
    snapshot = load_snapshot(library)
    for name in (
        "too-dear",
        "content/objections/price.md",
        "objections/price.md",
        "objections/price",
        "content/objections/price",
        "./objections/price",
        "objections/cost",
        "objections/cost.md",
        "content/objections/cost",
        "content/objections/cost.md",
        "content/objections/cost.md#answer",
        "OBJECTIONS/COST",
        "cost",
        "CONTENT/objections/cost.MD",
        "once",
        "content/a/once",
        "then#answer",
        "price",
        "PRICE",
        "objections/price#answer",
    ):
        assert snapshot.resolve(name).id == "too-dear", name
    # What a card is called goes before what another one was called; several former names are as ambiguous as live ones.
    builder.write("content/d/live.md", "# Live\n").write("content/d/q.md", "---\nformerly: [e/live, e/was]\n---\n# Q\n")
    builder.write("content/d/r.md", "---\nformerly: [f/was]\n---\n# R\n").commit()
    sync(library)
    snapshot = load_snapshot(library)
    assert snapshot.resolve("live").path == "content/d/live.md"
    assert snapshot.resolve("e/live").path == "content/d/q.md"
    with pytest.raises(UsageError, match=r"content/d/q\.md, content/d/r\.md"):
        snapshot.resolve("was")
    assert snapshot.resolve("handbook#part-3").id == "handbook#part-3"
    assert snapshot.resolve("content/handbook.md#handbook").id == "handbook"
    with pytest.raises(UsageError, match=r"content/a/same\.md, content/b/same\.md"):
        snapshot.resolve("same")
    with pytest.raises(UsageError, match=r"content/c/x\.md, content/c/y\.md"):
        snapshot.resolve("twin")
    with pytest.raises(NothingFound, match="near it: handbook"):
        snapshot.resolve("handbok")
    with pytest.raises(NothingFound, match="its headings: handbook, part-0"):
        snapshot.resolve("handbook#part-99")
    with pytest.raises(NothingFound):
        snapshot.card("nothing")
    assert len(set(ids(snapshot))) == len(snapshot.cards)
    assert [p.path for p in snapshot.problems if p.rule == "duplicate-id"] == ["content/c/y.md"]
    assert snapshot.resolve("c/y").title == "Y"


def test_duplicates_are_settled_again_when_one_of_them_goes(builder: LibraryBuilder, library: Library) -> None:
    builder.write("content/x.md", "---\nid: twin\n---\n# X\n").write(
        "content/y.md", "---\nid: twin\n---\n# Y\n"
    ).commit()
    sync(library)
    assert load_snapshot(library).card("twin").title == "X"
    builder.remove("content/x.md").commit()
    sync(library)
    after = load_snapshot(library)
    assert after.card("twin").title == "Y"
    assert not after.problems


def test_links_lead_to_cards(builder: LibraryBuilder, library: Library) -> None:
    snapshot = load_snapshot(library)

    def led(path: str, target: str) -> tuple[str, str] | None:
        found = snapshot.follow(path, target)
        return (found[0].id, found[1]) if found else None

    assert led("content/handbook.md", "objections/price.md#answer") == ("objections/price", "answer")
    assert led("content/objections/price.md", "../handbook.md#part-2") == ("handbook#part-2", "part-2")
    assert led("content/objections/price.md", "#answer") == ("objections/price", "answer")
    assert led("content/objections/price.md", "../handbook") == ("handbook", "")
    assert led("content/objections/price.md", "/handbook.md") == ("handbook", "")
    for target in ("https://example.com", "mailto:a@b", "../../../etc/passwd", "nowhere.md", "", "//host/x.md"):
        assert led("content/objections/price.md", target) is None


def damage_every_page(file: Path) -> None:
    raw = bytearray(file.read_bytes())
    raw[100::64] = b"\xa5" * len(raw[100::64])
    file.write_bytes(raw)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"not a database" * 99),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:5000]),
        lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        damage_every_page,
        lambda file: file.unlink(),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), file.with_name("parsed.sqlite3-wal").write_bytes(b"x" * 9999)),
    ],
)
def test_a_damaged_cache_is_never_an_error(library: Library, damage: Callable[[Path], object]) -> None:
    whole = load_snapshot(library)
    expected = {card.id: text for card, text in whole.texts()}
    damage(library.cache / "parsed.sqlite3")
    again = load_snapshot(library)
    assert again.cards == whole.cards
    assert {card.id: again.text(card) for card in again.cards} == expected
    assert {card.id: text for card, text in load_snapshot(library).texts()} == expected


def test_another_process_that_keeps_the_cache_for_itself_is_waited_for_once(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = load_snapshot(library)
    asked: list[str] = []

    def locked(file: CacheFile) -> sqlite3.Connection:
        asked.append("")
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    monkeypatch.setattr(CacheFile, "_open", locked)
    again = load_snapshot(library)
    assert (again.cards, len(asked)) == (whole.cards, 1)


def test_a_cache_cut_at_any_byte_is_never_an_error(library: Library) -> None:
    whole = load_snapshot(library)
    file = library.cache / "parsed.sqlite3"
    raw = file.read_bytes()
    for cut in random.Random(7).sample(range(len(raw)), 25):
        file.write_bytes(raw[:cut])
        again = load_snapshot(library)
        assert again.cards == whole.cards
        assert again.text(again.cards[-1]) == whole.text(whole.cards[-1])


def test_a_cache_lost_while_a_snapshot_is_open_costs_time_alone(library: Library) -> None:
    snapshot = load_snapshot(library)
    cached = cached_snapshot(library, snapshot.commit)
    assert cached is not None
    for file in library.cache.glob("*"):
        file.unlink()
    library.cache.rmdir()
    assert cached.text(cached.card("objections/price")).endswith("The words.\n")
    assert load_snapshot(library).cards == snapshot.cards


def test_two_processes_reading_at_once_agree(library: Library) -> None:
    code = (
        "import sys; from playbook.store.managed import find_library; from playbook.library.snapshot import load_snapshot;"
        "s = load_snapshot(find_library(sys.argv[1])); print(len(s.cards), sum(len(t) for _, t in s.texts()))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, library.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60) for process in running]
    assert answers[0] == answers[1]
    assert answers[0][0].startswith(b"11 ")


def test_the_cache_drops_old_snapshots_and_unneeded_documents(
    builder: LibraryBuilder, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    from playbook.library import cache

    monkeypatch.setattr(cache, "KEPT_SNAPSHOTS", 2)
    monkeypatch.setattr(cache, "_SWEEP_FLOOR", 0)
    monkeypatch.setattr(cache, "_SWEEP_FACTOR", 1)
    for n in range(4):
        builder.write("content/objections/price.md", PRICE.replace("The words", f"Words {n}")).commit()
        sync(library)
        load_snapshot(library)
    db = sqlite3.connect(library.cache / "parsed.sqlite3")
    try:
        assert db.execute("SELECT count(*) FROM snapshots").fetchone() == (2,)
        assert db.execute("SELECT count(*) FROM documents").fetchone() == (2,)
    finally:
        db.close()


def test_fields_that_no_card_holds_are_kept(tmp_path: Path) -> None:
    builder = LibraryBuilder(tmp_path / "w").write(
        "air-cover/x.md", "---\nchannel: press\nstart: 2026-11-01\n---\n# X\n"
    )
    builder.commit()
    snapshot = load_snapshot(open_library(str(builder.path)))
    assert snapshot.front_matter(snapshot.cards[0]) == {"channel": "press", "start": "2026-11-01"}
