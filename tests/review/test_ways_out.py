"""Making anew and letting go at their edges: what was at the hub once is nobody's to sign, what is damaged is let go of too."""

from __future__ import annotations

from pathlib import Path

import pytest
from team import MAX, MIA, PRICE, Team, build_team, propose, send

from playbook.errors import NotPermitted
from playbook.review import acting, branch, drafts, ways_out
from playbook.review.listing import find
from playbook.store import lost, outbox, refs
from playbook.store.runner import Git
from playbook.store.sync import fetch_only
from playbook.store.writing import Person, move_ref


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


def test_what_the_hub_had_once_is_not_made_anew_as_mine(team: Team) -> None:
    rep, mine = team.library("rep"), team.library("max")
    id = propose(rep)
    send(rep)
    fetch_only(mine)
    before = refs.read_ref(mine.git_dir, outbox.HUB + f"proposals/{id}")
    # Somebody says it is Max who speaks; the branch is then taken away there and begun again without that.
    acting.comment(rep, id, "I, Max, promise a rebate", by=MAX)
    send(rep)
    fetch_only(mine)
    said = refs.read_ref(mine.git_dir, outbox.HUB + f"proposals/{id}")
    branch.add(mine, id, "comment", subject="Comment", text="Hm", by=MAX)
    assert before and said
    move_ref(mine, lost.ENDED + said, said, None)
    move_ref(mine, outbox.HUB + f"proposals/{id}", before, said)
    tip = refs.read_ref(mine.git_dir, outbox.PROPOSALS + id)
    with pytest.raises(NotPermitted, match=r"the hub had once.*let-go"):
        ways_out.resend(mine, id, by=MAX)
    assert refs.read_ref(mine.git_dir, outbox.PROPOSALS + id) == tip
    ways_out.let_go(mine, id, by=MAX)
    words = [draft.text for draft in drafts.drafts(mine)]
    assert len(words) == 1 and "Hm" in words[0] and "rebate" not in words[0]


def test_what_cannot_be_read_is_let_go_of_and_kept(team: Team) -> None:
    mine = team.library("max")
    raw = f"tree {'1' * 40}\nparent {refs.main_commit(mine)}\nauthor a <a@x> 1 +0000\ncommitter a <a@x> 1 +0000\n\nx"
    git = Git(mine.git_dir)
    oid = git.run("hash-object", "-w", "--literally", "-t", "commit", "--stdin", input=raw.encode()).decode().strip()
    (mine.git_dir / "refs/heads/proposals").mkdir(parents=True, exist_ok=True)
    (mine.git_dir / "refs/heads/proposals/damaged").write_text(f"{oid}\n")
    gone = ways_out.let_go(mine, "damaged", by=MAX)
    assert refs.read_ref(mine.git_dir, gone.kept) == oid
    assert refs.read_ref(mine.git_dir, outbox.PROPOSALS + "damaged") is None


def test_a_file_that_another_wrote_keeps_its_author_when_it_is_made_anew(team: Team) -> None:
    mine = team.library("max")
    words = {PRICE: b"# Other words\n"}
    id = branch.begin(mine, words, title="Mia's words", why="Hers", by=MAX, author=MIA).proposal
    ways_out.resend(mine, id, by=MAX)
    [event] = find(mine, id).events
    assert (event.author, event.committer) == (MIA, MAX)
    assert refs.all_refs(mine, ways_out.KEPT)


@pytest.mark.parametrize("said", ["approve", "request-changes", "acknowledge"])
def test_a_verdict_of_a_mail_that_nobody_knows_is_not_said_anew_as_mine(team: Team, said: str) -> None:
    mine = team.library("max")
    id = propose(mine)
    send(mine)
    guest = Person("Guest", "guest@nowhere.example")
    branch.add(mine, id, said, subject=said, text="Fine", head=find(mine, id).head, by=guest)
    with pytest.raises(NotPermitted, match=r"guest@nowhere.example, and is not yours to say anew.*let-go"):
        ways_out.resend(mine, id, by=MAX)
