"""What a third attack found: pushes that cost the hub minutes, proposals nobody could end, and words that came too late."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from guards import FILES, ID, POLICY, PRICE, TIMING, Guarded, policy, to_main, to_proposal

from playbook.cli.main import run
from playbook.library.frontmatter import MAX_BYTES, parse, split
from playbook.library.settings import Settings
from playbook.library.tomltable import MOST_DOTS, read_toml
from playbook.review.rules import touched as judged
from playbook.review.rules.policy import parse_policy
from playbook.review.rules.policy_lint import lint_policy
from playbook.review.rules.touched import touched
from playbook.store.differences import Difference
from playbook.store.trailers import write_message

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")
LARGE = "---\ntitle: X\naliases:\n" + "- a1\n" * 4_000 + "---\n# X\n"
FULL = "---\ntitle: X\naliases:\n" + "- a\n" * 3_500 + "---\n# X\n"
SECONDS = 20.0  # for a machine with other things to do; it was minutes


def without_mia() -> str:
    return "\n".join(row for row in policy().split("\n") if not row.startswith('"mia@'))


# What it costs to judge.


def test_r34_a_front_matter_that_takes_long_to_read(hub: Guarded) -> None:
    files = {f"content/pages/f{number}.md": LARGE for number in range(300)}
    began = time.monotonic()
    hub.refuses("f0.md: its front matter is larger than 16 KiB; shorten it", to_main(hub.merge(hub.approved(files))))
    assert time.monotonic() - began < SECONDS


def test_one_text_under_many_names_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(judged, "parse", lambda parts: read.append(parts.text) or parse(parts))
    found = [Difference(f"content/pages/f{number}.md", "", "", "100644", "a" * 40) for number in range(2_000)]
    assert touched(found, {"a" * 40: FULL.encode()}, Settings(), Settings()).faults == ()
    assert len(read) == 1


def test_many_texts_are_read_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(judged, "parse", lambda parts: read.append(parts.text) or parse(parts))
    oids = [f"{number:040d}" for number in range(1, 1_000)]
    found = [Difference(f"content/pages/{oid}.md", "", "", "100644", oid) for oid in oids]
    blobs = {oid: FULL.replace("X", oid).encode() for oid in oids}
    faults = touched(found, blobs, Settings(), Settings()).faults
    assert faults == ("it changes documents with more fields than can be looked at together; propose it in parts",)
    assert len(read) < 100


def test_lint_says_that_a_front_matter_is_too_large() -> None:
    parts = split(LARGE)
    assert parts.text == "" and len(LARGE) > MAX_BYTES
    assert [one.message for one in parts.findings] == [
        "The front matter is larger than 16 KiB and is left aside; shorten it"
    ]
    assert split("---\ntitle: " + "ü" * (MAX_BYTES // 2) + "\n---\n").findings
    assert parse(split(FULL))[0].aliases == ("a",)


@pytest.mark.parametrize("where", ["main", "proposal"])
def test_r34_a_tree_of_a_few_bytes_with_more_files_than_any_disk_holds(hub: Guarded, where: str) -> None:
    blob = hub.source.git("hash-object", "-w", "--stdin", input=b"# X\n")
    tree = hub.source.git("mktree", input="".join(f"100644 blob {blob}\tf{n}.md\n" for n in range(10)).encode())
    for _ in range(8):
        tree = hub.source.git("mktree", input="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)).encode())
    top = hub.source.git("ls-tree", hub.main)
    bomb = hub.source.git("mktree", input=f"{top}\n040000 tree {tree}\tmore\n".encode())
    words = hub.commit(bomb, (hub.main,), "Hello\n\nWhy\n", by="stranger")
    spec = to_proposal(words) if where == "proposal" else to_main(hub.merge(words, tree=bomb))
    began = time.monotonic()
    hub.refuses("changes more than 10,000 files, which nobody can look at; propose it in parts", spec)
    assert time.monotonic() - began < SECONDS


def test_r34_folders_in_folders_without_end(hub: Guarded) -> None:
    blob = hub.source.git("hash-object", "-w", "--stdin", input=b"# X\n")
    tree = hub.source.git("mktree", input=f"100644 blob {blob}\tx.md\n".encode())
    for _ in range(120):
        tree = hub.source.git("mktree", input=f"040000 tree {tree}\ta\n".encode())
    top = hub.source.git("ls-tree", hub.main)
    deep = hub.source.git("mktree", input=f"{top}\n040000 tree {tree}\tmore\n".encode())
    hub.refuses("folders in folders", to_proposal(hub.commit(deep, (hub.main,), "Hello\n\nWhy\n", by="stranger")))


def test_r34_more_text_than_anybody_looks_at(hub: Guarded) -> None:
    zeros = "\n" * 1_000_000
    words = hub.change({f"content/pages/f{number}.md": f"{zeros}{number}" for number in range(70)})
    hub.refuses("changes more than 64 MiB of texts", to_main(hub.merge(words, tree=hub.tree_of(words))))
    hub.refuses(f"proposals/{ID}: it changes more than 64 MiB of texts", to_proposal(words))


def test_a_library_of_two_thousand_documents_is_moved_at_once(hub: Guarded) -> None:
    front = "---\ntitle: T{0}\nowner: mia@example.com\naliases: [one {0}, two, three]\nstages: [a, b]\n{1}---\n# T{0}\n"
    old = {f"content/old/f{number}.md": front.format(number, "") for number in range(2_000)}
    hub.takes(to_main(hub.merge(hub.approved(old))))
    moved: dict[str, str | bytes | None] = dict.fromkeys(old)
    moved |= {f"content/new/f{n}.md": front.format(n, f"formerly: [old/f{n}]\n") for n in range(2_000)}
    approved = hub.approved(moved, id="moved")
    hub.takes(to_proposal(approved, "moved"), to_main(hub.merge(approved)))


# Histories that are nobody's.


def test_r34_a_proposal_without_history_in_common(hub: Guarded) -> None:
    orphan = hub.commit(hub.tree(hub.main, {PRICE: BETTER}), (), "Hello\n\nWhy\n", by="stranger")
    hub.refuses(f"proposals/{ID} has no history in common with main; propose it anew", to_proposal(orphan))
    joined = hub.commit(hub.tree_of(orphan), (orphan, hub.main), "Join\n\nWhy\n", by="stranger")
    hub.refuses("begins a history of its own", to_proposal(joined))


def test_what_has_no_history_in_common_may_be_deleted(hub: Guarded) -> None:
    """From before the guard refused it: nothing could be said on it, and there it stood."""
    orphan = hub.commit(hub.tree(hub.main, {PRICE: BETTER}), (), "Hello\n\nWhy\n", by="stranger")
    hub.takes(f"{orphan}:refs/heads/other")
    hub.at_hub("update-ref", "refs/heads/proposals/x", orphan)
    hub.takes(":refs/heads/proposals/x")
    hub.takes(to_proposal(hub.change({PRICE: BETTER})))
    hub.refuses("is not merged, so it is not deleted", f":refs/heads/proposals/{ID}")


# TOML.

DOTS = ".".join(["a"] * 500_000) + "=1"


def test_r34_a_policy_of_nothing_but_dots(hub: Guarded) -> None:
    began = time.monotonic()
    merged = hub.merge(hub.approved({POLICY: policy() + DOTS + "\n"}))
    hub.refuses("more than 100 dots", to_main(merged))
    settings = {"content/playbook.toml": FILES["content/playbook.toml"] + DOTS + "\n"}
    hub.refuses("content/playbook.toml", to_main(hub.merge(hub.approved(settings))))
    assert time.monotonic() - began < SECONDS


def test_dots_are_counted_where_a_name_can_stand() -> None:
    row = "." * (MOST_DOTS + 1)
    assert read_toml(f"# {row}\na = 1\n") == {"a": 1}
    with pytest.raises(ValueError, match="more than 100 dots"):
        read_toml(f'a = {{ b = """\n# """, c{row} = 1 }}')
    assert "more than 100 dots" in parse_policy(DOTS.encode(), POLICY).fault
    assert [one.rule for one in lint_policy("[" + " " * 100_000 + "\n" + DOTS)] == ["policy-unreadable"]


def test_one_reader_reads_every_toml_of_a_library() -> None:
    """keys.toml is no file of a library: it is the person's own, read before anything of ours is loaded."""
    package = Path(__file__).parents[2] / "playbook"
    calling = {str(file.relative_to(package)) for file in package.rglob("*.py") if "tomllib" in file.read_text()}
    assert calling == {"library/tomltable.py", "keys.py"}


# Who may say it when it comes.


def test_r34_what_ends_a_proposal_comes_while_its_maker_may_end_it(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER})
    before = hub.main
    other = hub.change({TIMING: BETTER})
    hub.takes(to_proposal(words), to_proposal(other, "other"))
    in_time = hub.say("decline", other, by="mia", key="mia", id="other", text="No")
    hub.takes(to_proposal(in_time, "other"))
    gone = hub.change({POLICY: without_mia()}, by="pia")
    first = hub.say("approve", gone, by="sal", key="sal", id="gone")
    hub.takes(to_main(hub.merge(hub.say("approve", first, by="hanna", key="hanna", id="gone", head=gone))))
    for word in ("decline", "park", "reopen"):
        late = hub.say(word, words, by="mia", key="mia", text="Bye", base=before)
        hub.refuses("mia@example.com has no approving role", to_proposal(late))
    hub.refuses(
        "may not be said now: mia@example.com has no approving role in content/policy.toml, so cannot decline; let somebody "
        "say it who may",
        to_proposal(hub.say("decline", words, by="mia", key="mia", text="Bye", base=before)),
    )
    # On the way of a merge alone it comes no earlier.
    again = hub.say("reopen", in_time, by="mia", key="mia", id="other", base=before)
    approved = hub.say("approve", again, by="max", id="other", head=other)
    hub.refuses("may not be said now", to_main(hub.merge(approved)))
    # What came in time stays heard, and who may says it.
    hub.refuses("it is declined", to_main(hub.merge(hub.say("approve", in_time, by="max", id="other", head=other))))
    hub.takes(to_proposal(hub.say("decline", words, by="max", text="No")))


def test_whoever_proposed_it_may_always_withdraw(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER}, by="stranger")
    gone = hub.say("withdraw", words, by="stranger", text="Sorry")
    hub.takes(to_proposal(hub.say("reopen", gone, by="stranger", text="After all", head=words)))


# What is shown.


@pytest.fixture
def long(hub: Guarded, capfd: pytest.CaptureFixture[str]) -> Iterator[Guarded]:
    """A library here whose hub has a proposal and a commit with endless names and titles."""
    title = "x" * 300_000
    message = f"{title}\n\nWhy\n\nPlaybook-Event: propose\nPlaybook-Event-Id: 1\nPlaybook-Kind: {title}\nPlaybook-About: {title}\n"
    words = hub.commit(
        hub.tree(hub.main, {PRICE: BETTER}), (hub.main,), message, by="max", author=f"{title[:50_000]}@example.com"
    )
    hub.takes(to_proposal(words))
    yield hub


@pytest.mark.parametrize(
    "arguments",
    [
        ["proposals"], ["proposals", "--json"], ["proposal", "show", ID], ["proposal", "show", ID, "--json"],
        ["proposal", "comment", ID, "-m", "Hm"], ["proposal", "park", ID, "-m", "No"], ["proposal", "approve", ID, "-m", "a"],
        ["proposal", "withdraw", ID, "-m", "No"], ["proposal", "decline", ID, "-m", "No"], ["audit"],
        ["proposal", "comment", ID, "-m", "Hm", "--json"], ["sync"],
    ],
)  # fmt: skip
def test_no_command_prints_an_endless_title(
    long: Guarded, arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["open", str(long.hub), "--name", "t", "--no-app"]) == 0
    run(arguments)
    said = "".join(capfd.readouterr())
    assert len(re.findall("x{1000}", said)) == 0, (len(said), said[:300])


@pytest.mark.parametrize("odd", ["\x1b[31mred\x07", "\u202eevil", "x" * 100_000])
@pytest.mark.parametrize("arguments", [["proposal", "split", ID, "a"], ["sync"], ["lint", "--nothing"], ["hook"]])
def test_what_click_refuses_is_shown_safely(odd: str, arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    for given in (
        [*arguments, odd],
        [*arguments, f"--{odd}"],
        [*arguments, f"--json={odd}"],
        ["--json", *arguments, odd],
    ):
        assert run(given) == 2
        said = "".join(capfd.readouterr())
        assert said and not set("\x1b\x07\u202e") & set(said) and len(said) < 6_000, ascii(said)[:500]


def test_a_remark_that_changes_nothing_is_as_it_was(hub: Guarded) -> None:
    """Events that end nothing come whenever they come."""
    words = hub.change({PRICE: BETTER})
    said = write_message("Hm", "Look", {"Event": "comment", "Event-Id": "c1", "Proposal": ID})
    hub.takes(to_proposal(hub.commit(hub.tree_of(words), (words,), said, by="stranger")))
