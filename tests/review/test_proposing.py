"""What can be proposed from what is on the screen: only the meant lines change, and a card stays who it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from team import MIA, PRICE, PRICE_TEXT, REP, TIMING, Team, build_team, propose, send, session

from playbook.errors import Conflict, NothingFound, UsageError
from playbook.finding.session import Session
from playbook.library.card import Card
from playbook.review import acting, card_acts, proposing
from playbook.review.approve import approve
from playbook.review.listing import find
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.sync import fetch_only

OWN_ID = "---\nid: eternal\ntitle: Forever\nkind: objection\n---\n# Forever\n\n## Answer\nYes.\n"
LONG = (
    "# Handbook\n\nFirst.\n\n## One\nOne says.\n\n## Two\nTwo says.\n\n## Three\n"
    + "And many words more. " * 200
    + "\n"
)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path, {"content/objections/own.md": OWN_ID, "content/pages/long.md": LONG})


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def at(library: Library) -> Session:
    return session(library)


def card(at: Session, id: str = "objections/price") -> Card:
    return at.snapshot.resolve(id)


def after(library: Library, id: str, path: str = PRICE) -> str | None:
    raw = acting.contents_of(library, find(library, id).head, [path])[path]
    return None if raw is None else raw.decode()


def merge(library: Library, id: str) -> Session:
    send(library)
    approve(library, id, "Yes.", by=MIA)
    fetch_only(library)
    return session(library)


def test_r20_one_sentence_becomes_the_words_and_nothing_else_differs(library: Library, at: Session) -> None:
    made = proposing.propose_words(at, card(at), "One late van costs more.", why="CFOs laugh", by=REP)
    proposal = find(library, made.proposal)
    assert after(library, made.proposal) == PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")
    assert (proposal.title, proposal.why, proposal.paths) == ("Say it better: Too expensive", "CFOs laugh", (PRICE,))
    assert proposal.contents[0].about == "objections/price" and proposal.contents[0].text == "One late van costs more."
    assert made.branch == proposal.branch == f"proposals/{made.proposal}"


def test_r20_without_a_why_the_words_themselves_are_the_why(library: Library, at: Session) -> None:
    made = proposing.propose_words(at, card(at), "One late van costs more.", by=REP)
    assert find(library, made.proposal).why == "One late van costs more."


@pytest.mark.parametrize("words", ["It pays for itself.", " It pays for itself. \n"])
def test_words_that_stand_there_already_are_refused(at: Session, words: str) -> None:
    with pytest.raises(UsageError, match="stand there already"):
        proposing.propose_words(at, card(at), words, by=REP)
    with pytest.raises(UsageError, match="no words"):
        proposing.propose_words(at, card(at), " \n", by=REP)


def test_r20_a_note_is_a_sentence_and_edits_nothing(library: Library, at: Session) -> None:
    made = proposing.propose_note(at, card(at), "Nobody says that any more", by=REP)
    proposal = find(library, made.proposal)
    assert (proposal.kind, proposal.edited, proposal.why) == ("note", False, "Nobody says that any more")
    with pytest.raises(UsageError, match="needs a sentence"):
        proposing.propose_note(at, card(at), " ", by=REP)


def test_r26_a_proposal_stands_on_the_words_one_has_seen(team: Team, library: Library, at: Session) -> None:
    """main moved between the reading and the proposing: the proposal still takes nothing of that back."""
    team.publish(TIMING, "# Newer\n")
    fetch_only(library)
    made = proposing.propose_words(at, card(at), "Better.", why="x", by=REP)
    assert find(library, made.proposal).base == at.snapshot.commit != refs.main_commit(library)
    merge(library, made.proposal)
    assert team.text(TIMING) == "# Newer\n" and "Better." in team.text(PRICE)


def test_two_proposals_of_one_title_on_one_day_are_two(library: Library) -> None:
    made = {propose(library) for _ in range(5)}
    assert len(made) == 5
    assert all(len(one) < 80 and one.isascii() and "/" not in one for one in made)
    strange = propose(library, title="Ünï/код …\n--x ~^:?*[ .lock", text="# S\n")
    assert find(library, strange).title.startswith("Ünï/код") and "/" not in strange


@pytest.mark.parametrize(
    ("kind", "title", "path"),
    [
        ("objection", "Your Prïce is Crazy!", "content/objections/your-price-is-crazy.md"),
        ("Battlecard", "ACME & Sons", "content/battlecards/acme-sons.md"),
        ("page", "A" * 90, f"content/pages/{'a' * 60}.md"),
    ],
)
def test_r21_a_new_card_has_its_kinds_sections_and_lands_where_its_kind_lies(
    library: Library, at: Session, kind: str, title: str, path: str
) -> None:
    edit = proposing.new_card(at, kind, title, words="Say this.\n\n# no heading", aliases=("alias: one", "two"))
    assert (edit.path, edit.before) == (path, "")
    made = proposing.propose_files(at, edit.changes, title="New", why="Asked for", kind="new", by=REP)
    new = merge(library, made.proposal)
    (whole, *_) = new.snapshot.cards_at(path)
    assert whole.title == title and tuple(whole.aliases) == ("alias: one", "two")
    assert not [problem for problem in new.snapshot.problems if problem.path == path and problem.level == "error"]


def test_a_new_card_that_is_there_or_has_no_name_is_refused(at: Session) -> None:
    for kind, title, says in (
        ("objection", "Price", "is there already"),
        ("objection", "…", "title in letters"),
        ("nonsense", "X", "There is no kind 'nonsense'"),
    ):
        with pytest.raises(UsageError, match=says):
            proposing.new_card(at, kind, title)


def test_retiring_keeps_the_card_and_says_why(team: Team, library: Library, at: Session) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        card_acts.propose_retire(at, card(at), why=" ", by=REP)
    made = card_acts.propose_retire(at, card(at), why="We dropped the price", by=REP)
    assert find(library, made.proposal).kind == "retire"
    new = merge(library, made.proposal)
    assert card(new).status == "retired"
    assert team.text(PRICE) == PRICE_TEXT.replace(
        "owner: mia@example.com\n", "owner: mia@example.com\nstatus: retired\n"
    )
    with pytest.raises(UsageError, match="is so already"):
        card_acts.propose_retire(new, card(new), why="again", by=REP)


def test_deleting_removes_the_file_and_can_be_taken_back(team: Team, library: Library, at: Session) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        card_acts.propose_delete(at, card(at), why="", by=REP)
    made = card_acts.propose_delete(at, card(at), why="Double", by=REP)
    new = merge(library, made.proposal)
    with pytest.raises(NothingFound):
        new.snapshot.card("objections/price")
    with pytest.raises(NothingFound, match="There is no file"):
        proposing.source_at(library, new.snapshot.commit, PRICE)
    merge(library, acting.revert(library, made.proposal, "It was not", by=REP).proposal)
    assert team.text(PRICE) == PRICE_TEXT


def test_r38_verifying_is_its_own_act(
    team: Team, library: Library, at: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_NOW", "2026-11-22T09:00:00+00:00")
    made = card_acts.propose_verify(at, card(at), by=REP)
    assert find(library, made.proposal).kind == "verify" and find(library, made.proposal).why
    new = merge(library, made.proposal)
    fields = "verified: 2026-11-22\nverified_by: rep@example.com\n"
    assert team.text(PRICE) == PRICE_TEXT.replace("owner: mia@example.com\n", f"owner: mia@example.com\n{fields}")
    with pytest.raises(UsageError, match="verified today already"):
        card_acts.propose_verify(new, card(new), by=REP)
    # A typo mended, or other words, leave the clock as it was.
    monkeypatch.setenv("PLAYBOOK_NOW", "2026-12-24T09:00:00+00:00")
    later = merge(library, proposing.propose_words(new, card(new), "It pays for itself!", why="Typo", by=REP).proposal)
    assert fields in team.text(PRICE)
    merge(library, card_acts.propose_verify(later, card(later), by=REP).proposal)
    assert "verified: 2026-12-24\nverified_by: rep@example.com\n" in team.text(PRICE)


@pytest.mark.parametrize("new", ["objections/cost", "/content/objections/cost.md", " objections/cost.md "])
def test_r28_a_card_keeps_its_identity_through_a_rename(team: Team, library: Library, at: Session, new: str) -> None:
    before = card(at)
    made = card_acts.propose_rename(at, before, new, by=REP)
    proposal = find(library, made.proposal)
    assert (proposal.kind, set(proposal.paths)) == ("rename", {PRICE, "content/objections/cost.md"})
    now = merge(library, made.proposal)
    renamed = now.snapshot.cards_at("content/objections/cost.md")[0]
    assert card(now, before.id).path == renamed.path and renamed.title == before.title
    assert team.text("content/objections/cost.md") == PRICE_TEXT.replace(
        "owner: mia@example.com\n", "owner: mia@example.com\nformerly: [objections/price]\n"
    )
    with pytest.raises(UsageError, match="is its name already"):
        card_acts.propose_rename(now, renamed, "objections/cost", by=REP)


def test_r28_a_card_renamed_twice_answers_to_all_its_names(library: Library, at: Session) -> None:
    at = merge(library, card_acts.propose_rename(at, card(at), "objections/cost", by=REP).proposal)
    at = merge(library, card_acts.propose_rename(at, card(at), "objections/sum", by=REP).proposal)
    paths = {card(at, name).path for name in ("objections/price", "objections/cost", "objections/sum")}
    assert paths == {"content/objections/sum.md"}


def test_r28_a_card_with_an_id_of_its_own_keeps_it(library: Library, at: Session) -> None:
    at = merge(library, card_acts.propose_rename(at, card(at, "eternal"), "objections/always", by=REP).proposal)
    assert card(at, "eternal").path == card(at, "objections/own").path == "content/objections/always.md"


@pytest.mark.parametrize("new", ["../x", "objections/con", "objections/PRICE", "a\x1b[31m", "objections/timing"])
def test_r28_a_name_that_is_taken_or_that_no_disk_can_hold_is_refused(library: Library, at: Session, new: str) -> None:
    before = refs.all_refs(library, "refs/heads/")
    if new == "objections/PRICE":
        # Only the case differs: the old one goes, so it is no twin of anything.
        assert card_acts.propose_rename(at, card(at), new, by=REP).commit
        return
    with pytest.raises(UsageError):
        card_acts.propose_rename(at, card(at), new, by=REP)
    assert refs.all_refs(library, "refs/heads/") == before


def test_r28_an_open_proposal_follows_a_rename(team: Team, library: Library, at: Session) -> None:
    """Edits of the old path meet the rename as a clash, not as a second file."""
    words = proposing.propose_words(at, card(at), "Better.", why="x", by=REP)
    send(library)
    merge(library, card_acts.propose_rename(at, card(at), "objections/cost", by=REP).proposal)
    with pytest.raises(Conflict, match=PRICE):
        approve(library, words.proposal, "Yes.", by=MIA)
    assert "content/objections/price.md" not in team.at_hub("ls-tree", "-r", "--name-only", "main")


def test_r21_a_section_of_a_long_page_is_edited_alone(library: Library, at: Session) -> None:
    one = next(card for card in at.snapshot.cards_at("content/pages/long.md") if card.title == "One")
    made = proposing.propose_words(at, one, "One says more.", why="x", by=REP)
    assert after(library, made.proposal, "content/pages/long.md") == LONG.replace("One says.", "One says more.")


def test_a_file_that_is_no_utf8_is_refused_for_words_and_taken_as_a_whole(team: Team, library: Library) -> None:
    team.source.git("checkout", "-q", "main")
    team.source.write("content/objections/latin.md", "# Träge\n\n## Answer\nJä.\n".encode("latin-1")).commit("Latin")
    team.source.git("push", "-q", "origin", "main")
    fetch_only(library)
    at = session(library)
    with pytest.raises(UsageError, match="not UTF-8"):
        proposing.propose_words(at, card(at, "objections/latin"), "Ja.", by=REP)
    raw: dict[str, bytes | None] = {"content/objections/latin.md": "# Träge\n".encode("latin-1")}
    assert proposing.propose_files(at, raw, title="T", why="x", by=REP).commit
