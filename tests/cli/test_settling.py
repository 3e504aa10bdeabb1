"""`playbook proposal revise|resolve|split|join`: other words for a proposal, and what main changed too is settled."""

from __future__ import annotations

import sys

from crew import Crew
from team import PRICE, PRICE_TEXT, TIMING

OURS = PRICE_TEXT.replace("It pays for itself.", "Main has this.").replace("Yes.", "Main's proof.")
GUIDE = "# Guide\n\nOne.\n\nTwo.\n\nThree.\n"


def editor(crew: Crew, script: str) -> None:
    """Set EDITOR to a Python script in which `file` is the text's file and `text` what it holds."""
    place = crew.place / "editor.py"
    place.write_text("import pathlib, sys\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n" + script)
    crew.environment.setenv("EDITOR", f"{sys.executable} {place}")


def in_conflict(crew: Crew) -> str:
    """A proposal whose words main changed, too; and main changed more than that."""
    id = crew.propose("rep", "The proposal has this.")
    crew.team.publish(PRICE, OURS)
    crew("mia", "sync")
    return id


def test_r20_a_note_then_an_edit_on_it_then_an_approval(crew: Crew) -> None:
    id = crew("rep", "propose", "price", "--note", "The figure is old.", "--json").json["proposal"]
    crew("mia", "sync")
    revised = crew("mia", "proposal", "revise", id, "-m", "It costs less than a late van.", "--json")
    assert (revised.code, revised.err) == (0, "")
    assert (revised.json["state"], revised.json["sent"]) == ("open", True)
    done = crew("max", "proposal", "approve", id, "--json")
    assert (done.code, done.json["state"]) == (0, "merged")
    assert "It costs less than a late van." in crew.team.text(PRICE)
    assert "The figure is old." in crew.team.at_hub("log", "-1", "--format=%B", "main")


def test_whoever_revised_may_approve_once_the_author_has_acknowledged(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    assert crew("mia", "proposal", "revise", id, "-m", "Better still.", "--why", "Shorter").code == 0
    waiting = crew("mia", "proposal", "approve", id, "--json")
    assert (waiting.code, waiting.json["merge"]) == (0, None)
    assert "must acknowledge it first" in waiting.json["message"]
    crew("rep", "sync")
    assert crew("rep", "proposal", "acknowledge", id).code == 0
    assert "Better still." in crew.team.text(PRICE), "nothing else was waited for"


def test_r21_a_proposed_file_is_revised_in_the_editor(crew: Crew) -> None:
    id = crew.propose("rep")
    editor(crew, "assert 'One late van' in text\nfile.write_text(text.replace('One late van', 'Two late vans'))\n")
    assert crew("rep", "proposal", "revise", id, "--edit").code == 0
    assert "Two late vans" in crew.team.text(PRICE, f"proposals/{id}")
    assert crew("rep", "drafts", "--json").json == []
    before = crew.refs()
    editor(crew, "")
    assert crew("rep", "proposal", "revise", id, "--edit").code == 1
    assert crew.refs() == before


def test_r26_a_revision_begun_on_other_words_is_kept_as_a_draft(crew: Crew) -> None:
    id = crew.propose("rep")
    editor(crew, "file.write_text(text.replace('One late van', 'Two late vans'))\nsys.exit(1)\n")
    assert crew("rep", "proposal", "revise", id, "--edit").code == 2
    crew("mia", "sync")
    crew("mia", "proposal", "revise", id, "-m", "Mia's words.")
    crew("rep", "sync")
    before = crew.team.branches()
    editor(crew, "")
    said = crew("rep", "proposal", "revise", id, "--edit")
    assert (said.code, said.out) == (4, "")
    assert crew.team.branches() == before
    assert "Two late vans" in crew("rep", "drafts", "show", PRICE).out


def test_of_several_files_one_is_named(crew: Crew) -> None:
    (crew.place / "new" / "objections").mkdir(parents=True)
    for name in ("price", "timing"):
        (crew.place / "new" / "objections" / f"{name}.md").write_text(f"# {name}\n\n## Answer\nNew words.\n")
    id = crew("rep", "propose", "--from", "new", "--why", "All", "--json").json["proposal"]
    which = crew("rep", "proposal", "revise", id, "-m", "Other.")
    assert (which.code, "--path" in which.err) == (2, True)
    assert crew("rep", "proposal", "revise", id, "-m", "Other.", "--path", "objections/timing.md").code == 0
    assert "Other." in crew.team.text(TIMING, f"proposals/{id}")
    assert "New words." in crew.team.text(PRICE, f"proposals/{id}")


def test_r25_a_proposal_of_several_files_splits_without_loss(crew: Crew) -> None:
    (crew.place / "new" / "objections").mkdir(parents=True)
    for name in ("price", "timing"):
        (crew.place / "new" / "objections" / f"{name}.md").write_text(f"# {name}\n\nNew.\n")
    id = crew("rep", "propose", "--from", "new", "--why", "All", "--json").json["proposal"]
    before = crew.refs()
    for paths in ([], ["--path", "objections/gone.md"], ["--path", PRICE, "--path", TIMING]):
        said = crew("mia", "sync") and crew("mia", "proposal", "split", id, *paths)
        assert (said.code, said.out) == (2, "")
    assert before.items() <= crew.refs().items()
    done = crew("mia", "proposal", "split", id, "--path", "objections/price.md", "--json")
    assert (done.code, done.json["state"], len(done.json["parts"])) == (0, "parked", 2)
    parts = [crew.row("rep", part) for part in done.json["parts"]]
    assert [part["paths"] for part in parts] == [[PRICE], [TIMING]]
    assert {(part["author"], part["why"]) for part in parts} == {("Rep <rep@example.com>", "All")}
    assert [part["others"] for part in parts] == [[], []]
    for part in done.json["parts"]:
        # Whoever split it put it there, so the key is somebody else's.
        assert crew("max", "proposal", "approve", part).code == 0
    assert (crew.team.text(PRICE), crew.team.text(TIMING)) == ("# price\n\nNew.\n", "# timing\n\nNew.\n")


def test_r27_an_author_joins_anothers_proposal(crew: Crew) -> None:
    mine, theirs = crew.propose("rep", "Mine."), crew.propose("pia", "Theirs.")
    crew("rep", "sync")
    assert crew("rep", "proposal", "join", mine, mine).code == 2
    assert crew("rep", "proposal", "join", theirs, mine).code == 3
    assert crew("rep", "proposal", "join", mine, "20260101-gone-abcdef").code == 1
    said = crew("rep", "proposal", "join", mine[-6:], theirs[-6:], "--json")
    assert (said.code, said.json["state"], said.json["proposal"]) == (0, "withdrawn", mine)
    shown = crew.row("mia", theirs)
    assert "Mine." in shown["threads"][0]["text"]  # type: ignore[index]


def test_r26_a_conflict_is_shown_block_by_block(crew: Crew) -> None:
    id = in_conflict(crew)
    (row,) = crew("mia", "proposals", "--json").json
    assert row["conflict"] is True
    assert "CONFLICT" in crew("mia", "proposals").out
    refused = crew("mia", "proposal", "approve", id)
    assert (refused.code, "proposal resolve" in refused.err) == (4, True)
    before = crew.refs()
    shown = crew("mia", "proposal", "resolve", id, "--json").json
    assert (shown["proposal"], [one["target"] for one in shown["conflicts"]]) == (id, [PRICE])
    (block,) = shown["conflicts"][0]["blocks"]
    assert [block[side].strip() for side in ("base", "ours", "theirs")] == [
        "It pays for itself.", "Main has this.", "The proposal has this.",
    ]  # fmt: skip
    text = crew("mia", "proposal", "resolve", id).out
    assert text.index("    | Main has this.") < text.index("    | The proposal has this.")
    assert crew.refs() == before


def test_r26_either_side_of_a_conflict_stands_and_what_only_one_changed_is_kept(crew: Crew) -> None:
    id = in_conflict(crew)
    said = crew("mia", "proposal", "resolve", id, "--theirs", "-m", "Main's was a slip", "--json")
    assert (said.code, said.json["state"], said.json["sent"]) == (0, "open", True)
    assert crew("max", "proposal", "approve", id).code == 0
    assert crew.team.text(PRICE) == OURS.replace("Main has this.", "The proposal has this.")
    assert crew("mia", "proposal", "resolve", id, "--ours").code == 4


def test_r26_ours_leaves_main_as_it_is(crew: Crew) -> None:
    id = in_conflict(crew)
    head = str(crew.row("mia", id)["head"])
    assert crew("mia", "proposal", "comment", id, "-m", "I will settle it").code == 0
    assert crew("mia", "proposal", "resolve", id, "--ours", "--head", "0123456789").code == 4
    assert crew("mia", "proposal", "resolve", id, "--ours", "--head", head[:12]).code == 0
    assert crew.team.text(PRICE, f"proposals/{id}") == OURS


def test_r26_a_conflict_is_settled_in_the_editor_and_marks_are_refused(crew: Crew) -> None:
    id = in_conflict(crew)
    before = crew.team.branches()
    editor(crew, "file.write_text(text.replace('Main has this.', 'Half settled.'))\n")
    said = crew("mia", "proposal", "resolve", id, "--edit")
    assert (said.code, said.out) == (4, "")
    assert f"{PRICE}:" in said.err
    assert "still has a conflict's mark" in said.err
    assert crew.team.branches() == before
    assert "Half settled." in crew("mia", "drafts", "show", PRICE).out
    script = (
        "assert 'Half settled.' in text\n"
        "begin, end = text.index('<<<<<<< '), text.index('>>>>>>> end')\n"
        "file.write_text(text[:begin].rstrip() + '\\nBoth of us say this.' + text[end + len('>>>>>>> end'):])\n"
    )
    editor(crew, script)
    assert crew("mia", "proposal", "resolve", id, "--edit").code == 0
    assert "Both of us say this." in crew.team.text(PRICE, f"proposals/{id}")
    assert "Main's proof." in crew.team.text(PRICE, f"proposals/{id}")
    assert crew("mia", "drafts", "--json").json == []


def test_r26_what_main_was_given_while_somebody_settled_is_not_taken_back(crew: Crew) -> None:
    id = in_conflict(crew)
    newer = OURS.replace("Fair.", "Fair, said somebody meanwhile.")
    crew.team.publish(PRICE, newer)
    # The app on the same machine syncs while the editor is open.
    sync = f"import subprocess\nsubprocess.run([{sys.executable!r}, '-m', 'playbook', 'sync'], check=True, stdout=2)\n"
    editor(crew, sync + "file.write_text('# Mine\\n')\n")
    said = crew("mia", "proposal", "resolve", id, "--edit")
    assert (said.code, said.out) == (4, "")
    assert "main has changed" in said.err
    assert "# Mine" in crew("mia", "drafts", "show", PRICE).out
    assert crew("mia", "proposal", "resolve", id, "--theirs").code == 0
    assert crew.team.text(PRICE, f"proposals/{id}") == newer.replace("Main has this.", "The proposal has this.")


def test_r26_a_conflict_is_settled_from_a_file(crew: Crew) -> None:
    id = in_conflict(crew)
    (crew.place / "mine.md").write_text(OURS.replace("Main has this.", "From a file."))
    (crew.place / "marks.md").write_text("<<<<<<< main has\nx\n")
    before = crew.refs()
    assert crew("mia", "proposal", "resolve", id, "--from", "marks.md").code == 4
    assert crew("mia", "proposal", "resolve", id, "--from", "gone.md").code == 2
    assert crew("mia", "proposal", "resolve", id, "--from", "mine.md", "--ours").code == 2
    assert crew.refs() == before
    assert crew("mia", "proposal", "resolve", id, "--from", "mine.md").code == 0
    assert "From a file." in crew.team.text(PRICE, f"proposals/{id}")


def test_r26_a_card_that_main_deleted_stays_deleted_or_comes_back(crew: Crew) -> None:
    one, two = crew.propose("rep", "Kept."), crew.propose("pia", "Gone.")
    crew.team.publish(PRICE, None)
    crew("mia", "sync")
    shown = crew("mia", "proposal", "resolve", one, "--json").json
    assert shown["conflicts"][0]["ours_gone"] is True
    assert "(no such file)" in crew("mia", "proposal", "resolve", one).out
    assert crew("mia", "proposal", "resolve", one, "--theirs").code == 0
    assert crew("max", "proposal", "approve", one).code == 0
    assert "Kept." in crew.team.text(PRICE)
    crew("mia", "sync")
    assert crew("mia", "proposal", "resolve", two, "--ours").code == 0


def test_r28_an_edit_of_a_card_that_was_renamed_is_settled_at_its_new_place(crew: Crew) -> None:
    id = crew.propose("rep", "The proposal has this.")
    crew("mia", "sync")
    moved = crew("mia", "rename", "price", "objections/too-expensive", "--json").json["proposal"]
    assert crew("max", "proposal", "approve", moved).code == 0
    crew("mia", "sync")
    assert "too-expensive.md now" in crew("mia", "proposal", "resolve", id).out
    assert crew("mia", "proposal", "resolve", id, "--theirs").code == 0
    crew("max", "sync")
    assert crew("max", "proposal", "approve", id).code == 0
    assert "The proposal has this." in crew.team.text("content/objections/too-expensive.md")


def test_r26_a_scripted_race_of_two_editors_keeps_both_changes(crew: Crew) -> None:
    crew.team.publish("content/guide.md", GUIDE)
    crew("rep", "proposals")
    crew("pia", "proposals")
    editor(crew, "file.write_text(text.replace('One.', 'Rep was here.'))\n")
    one = crew("rep", "propose", "guide", "--edit", "--why", "a", "--json").json["proposal"]
    editor(crew, "file.write_text(text.replace('Three.', 'Pia was here.'))\n")
    two = crew("pia", "propose", "guide", "--edit", "--why", "b", "--json").json["proposal"]
    crew("mia", "sync")
    crew("max", "sync")
    assert crew("mia", "proposal", "approve", one).code == 0
    # The words around hers are others by now: she is asked to look first.
    assert crew("max", "proposal", "approve", two).code == 4
    assert crew("max", "proposal", "approve", two).code == 0
    assert crew.team.text("content/guide.md") == GUIDE.replace("One.", "Rep was here.").replace(
        "Three.", "Pia was here."
    )


def test_what_cannot_be_revised_or_settled_says_so_and_changes_nothing(crew: Crew) -> None:
    id, ended = crew.propose("rep"), crew.propose("rep", "Ended.", "timing")
    crew("rep", "proposal", "withdraw", ended)
    (crew.place / "empty.md").write_text("")
    (crew.place / "same.md").write_text(crew.team.text(PRICE, f"proposals/{id}"))
    before = crew.refs()
    rows: list[tuple[list[str], int, str]] = [
        (["revise", id], 2, "in one way"),
        (["revise", id, "-m", "a", "--edit"], 2, "in one way"),
        (["revise", id, "-m", ""], 2, "no words"),
        (["revise", id, "-m", "One late van costs more."], 2, "proposes already"),
        (["revise", id, "-m", "x" * (1 << 20)], 2, "1 MiB"),
        (["revise", id, "-m", "a", "--why", "w" * 20_001], 2, "20001 characters"),
        (["revise", id, "--from", "empty.md"], 2, "is empty"),
        (["revise", id, "--from", "same.md"], 2, "proposes already"),
        (["revise", id, "-m", "a", "--path", "objections/gone.md"], 1, "There is no card"),
        (["revise", ended, "-m", "a"], 4, "withdrawn"),
        (["revise", ended, "--edit"], 4, "withdrawn"),
        (["resolve", id, "--ours"], 4, "nothing to settle"),
        (["resolve", id, "--ours", "--edit"], 2, "in one way"),
        (["split", id, "--path", PRICE], 2, "not all"),
        (["join", id, id], 2, "itself"),
    ]
    for arguments, code, why in rows:
        said = crew("rep", "proposal", *arguments)
        assert (said.code, said.out) == (code, ""), arguments
        assert why in said.err, arguments
        assert len(said.err.strip().splitlines()) == 1, arguments
        assert crew.refs() == before, arguments
    assert crew("rep", "proposal", "resolve", id).code == 0
