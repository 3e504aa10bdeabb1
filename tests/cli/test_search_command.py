"""`playbook search`: the words of COMMANDS, the shape of the JSON, the filters, the exit codes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from saying import Say

HIT = {
    "id",
    "path",
    "line",
    "anchor",
    "kind",
    "title",
    "headings",
    "say",
    "snippet",
    "score",
    "stages",
    "personas",
    "competitors",
    "visibility",
    "trust",
}


def test_the_json_has_the_shape_that_commands_promises(shared: Path, say: Say) -> None:
    found = say("search", "too", "expensive", "--json", "--explain").json
    assert {"query", "library", "commit", "engine", "took_ms", "corrected", "hits"} <= set(found)
    assert found["query"] == "too expensive"
    assert found["library"] == "sample"
    assert len(found["commit"]) == 40
    assert found["engine"] == "whoosh"
    assert found["took_ms"] > 0
    assert found["corrected"] is None
    hit = found["hits"][0]
    assert set(hit) == {*HIT, "explain"}
    assert hit["id"] == "objections/price"
    assert hit["path"] == "content/objections/price.md"
    assert hit["line"] >= 1
    assert hit["anchor"] == ""
    assert hit["kind"] == "objection"
    assert hit["title"] == "It costs more"
    assert "Answer" in hit["headings"]
    assert hit["say"].endswith("We cost less than a late delivery.")
    assert hit["snippet"]
    assert (hit["stages"], hit["personas"], hit["competitors"]) == (["negotiation"], ["cfo"], ["acme"])
    assert hit["visibility"] == "external"
    assert hit["trust"] == {
        "state": "verified",
        "by": "pricing@example.com",
        "on": "2026-10-20",
        "until": "2027-01-18",
        "changed_since": None,
    }
    assert hit["score"] == pytest.approx(sum(hit["explain"].values()), abs=0.05)


def test_without_explain_the_parts_of_the_score_stay_out(shared: Path, say: Say) -> None:
    assert set(say("search", "too expensive", "--json").json["hits"][0]) == HIT


def test_for_eyes_the_words_to_say_come_whole_with_badge_and_place(shared: Path, say: Say) -> None:
    said = say("search", "too", "expensive", "--explain")
    assert said.code == 0
    assert said.out.startswith("1. It costs more\n")
    assert "  | We cost less than a late delivery." in said.out
    assert "✓ verified by pricing@example.com until 2027-01-18" in said.out
    assert "content/objections/price.md:" in said.out
    assert "alias_phrase" in said.out
    assert "found in" in said.err


@pytest.mark.parametrize(
    ("option", "value", "typed"),
    [
        ("--stage", "negotiation", "#negotiation"),
        ("--persona", "cfo", "@cfo"),
        ("--persona", "finance director", '@"finance director"'),
        ("--competitor", "acme", "vs:acme"),
        ("--kind", "objection", "is:objection"),
        ("--in", "objections", "in:objections"),
        ("--product", "core", "product:core"),
        ("--motion", "acquire", "motion:acquire"),
        ("--segment", "small", "segment:small"),
        ("--surface", "call", "surface:call"),
    ],
)
@pytest.mark.parametrize("words", ["a late delivery", ""])
def test_r07_an_option_is_the_typed_prefix(
    shared: Path, say: Say, option: str, value: str, typed: str, words: str
) -> None:
    by_option = say("search", words, option, value, "--json", "--limit", "50")
    by_typing = say("search", f"{words} {typed}", "--json", "--limit", "50")
    assert (by_option.code, by_typing.code) == (0, 0)
    assert by_option.ids == by_typing.ids != []
    assert "objections/price" in by_option.ids


def test_r07_several_filters_together_narrow_to_one_card(shared: Path, say: Say) -> None:
    options = ("--persona", "cfo", "--stage", "negotiation", "--competitor", "acme")
    assert say("search", "price", *options, "--json").ids == ["objections/price"]
    assert say("search", "@cfo", "#negotiation", "vs:acme", "price", "--json").ids == ["objections/price"]


@pytest.mark.parametrize("folder", ["guide", "content/guide", "guide/", "content/guide/"])
def test_a_folder_is_relative_to_the_repository_or_to_content(shared: Path, say: Say, folder: str) -> None:
    assert say("search", "price", "--in", folder, "--json").ids == ["guide/pricing"]


@pytest.mark.parametrize(
    ("option", "known"),
    [
        ("--kind", "objection"),
        ("--stage", "discovery, negotiation"),
        ("--persona", "cfo"),
        ("--motion", "acquire"),
        ("--segment", "small"),
        ("--surface", "call"),
    ],
)
def test_an_unknown_value_is_a_usage_error_that_lists_the_known_ones(
    shared: Path, say: Say, option: str, known: str
) -> None:
    said = say("search", "price", option, "nirvana", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, 2)
    assert "nirvana" in said.err
    assert known in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_an_unknown_typed_stage_is_a_usage_error_too(shared: Path, say: Say) -> None:
    said = say("search", "#nirvana", "price")
    assert said.code == 2
    assert "negotiation" in said.err


@pytest.mark.parametrize("option", ["--in", "--competitor", "--product"])
def test_an_open_value_that_matches_nothing_is_exit_1(shared: Path, say: Say, option: str) -> None:
    said = say("search", "price", option, "nowhere", "--json")
    assert said.code == 1
    assert said.json["hits"] == []
    assert "'nowhere'; known: " in said.err
    assert say("search", "price", option, "nowhere").err == said.err


def test_an_open_value_that_is_pinned_and_matches_nothing_is_exit_1_too(shared: Path, say: Say) -> None:
    said = say("search", "price", "--pin", "competitor=nobody")
    assert (said.code, said.out) == (1, "")
    assert "No card names the competitor 'nobody'; known: acme" in said.err
    assert say("search", "price", "--pin", "competitor=acm").code == 0


def test_a_pin_of_no_facet_names_the_facets(shared: Path, say: Say) -> None:
    said = say("search", "price", "--pin", "foo=bar")
    assert said.code == 2
    assert "--pin knows no facet 'foo'; it takes kind, stage, persona, competitor" in said.err
    assert "facet=value" in say("search", "price", "--pin", "stage").err


def test_explain_says_the_parts_in_words_and_by_name(shared: Path, say: Say) -> None:
    said = say("search", "it costs more", "--explain")
    assert "    +6.00  its title is what you typed (title_phrase)\n" in said.out


def test_nothing_found_is_exit_1_and_says_what_to_do(shared: Path, say: Say) -> None:
    assert say("search", "xylophone", "--json").json["hits"] == []
    said = say("search", "xylophone")
    assert (said.code, said.out) == (1, "")
    assert "fewer words" in said.err


@pytest.mark.parametrize("arguments", [(), ("  ",)])
def test_nothing_to_look_for_is_a_usage_error(shared: Path, say: Say, arguments: tuple[str, ...]) -> None:
    said = say("search", *arguments)
    assert said.code == 2
    assert "playbook search too expensive" in said.err


def test_limit_cuts_the_hits_and_total_tells_the_rest(shared: Path, say: Say) -> None:
    found = say("search", "delivery", "--limit", "2", "--json").json
    assert len(found["hits"]) == 2
    assert found["total"] > 2
    assert "2 of" in say("search", "delivery", "--limit", "2").err
    assert say("search", "delivery", "--limit", "0").code == 2


def test_the_order_of_the_hits_is_that_of_their_scores(shared: Path, say: Say) -> None:
    scores = [hit["score"] for hit in say("search", "late delivery", "--json").json["hits"]]
    assert len(scores) > 2
    assert scores == sorted(scores, reverse=True)


def test_batch_from_a_file_prints_one_object_a_line(shared: Path, say: Say, tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("too expensive\nxylophone\n#nirvana price\n\n@cfo price\n")
    said = say("search", "--batch", str(file), "--limit", "1")
    assert said.code == 0
    assert [line["query"] for line in said.lines] == ["too expensive", "xylophone", "#nirvana price", "", "@cfo price"]
    assert [len(line["hits"]) for line in said.lines][:3] == [1, 0, 0]
    alone = say("search", "too expensive", "--json", "--limit", "1").json
    assert {**said.lines[0], "took_ms": 0} == {**alone, "took_ms": 0}


def test_batch_from_stdin_with_a_filter(shared: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"price\r\nlate delivery\n\xff\xfe\n")))
    said = say("search", "--batch", "-", "--competitor", "acme")
    assert said.code == 0
    assert [line["query"] for line in said.lines][:2] == ["price", "late delivery"]
    assert all(hit["competitors"] == ["acme"] for line in said.lines for hit in line["hits"])
    assert said.lines[0]["hits"]


def test_batch_of_a_file_that_is_not_there_is_a_usage_error(shared: Path, say: Say) -> None:
    assert say("search", "--batch", "nowhere.txt").code == 2


def test_r15_search_answers_with_what_main_held_that_day(shared: Path, say: Say) -> None:
    first = say("search", "first words", "--as-of", "2026-03-01", "--json").json
    assert [hit["id"] for hit in first["hits"]] == ["objections/price"]
    assert first["hits"][0]["say"].endswith("The first words.")
    second = say("search", "second words", "--as-of", "2026-03-02", "--json").json
    assert second["hits"][0]["say"].endswith("The second words.")
    today = say("search", "it costs more", "--as-of", "2026-11-22", "--json").json
    assert today["hits"][0]["say"].endswith("We cost less than a late delivery.")
    assert first["commit"] != second["commit"]


@pytest.mark.parametrize(
    ("day", "code", "sentence"),
    [("2026-11-23", 2, "not come yet"), ("2026-02-28", 1, "nothing yet"), ("March", 2, "2026-03-01")],
)
def test_r15_a_day_without_an_answer_says_so(shared: Path, say: Say, day: str, code: int, sentence: str) -> None:
    for command in (("search", "price"), ("show", "objections/price")):
        said = say(*command, "--as-of", day, "--json")
        assert (said.code, said.json["error"]["code"]) == (code, code)
        assert sentence in said.err


@pytest.mark.parametrize(
    ("words", "state", "badge"),
    [
        ("too expensive", "verified", "✓ verified by"),
        ("not now", "expired", "! EXPIRED since"),
        ("go electric", "unverified", "? draft, not verified"),
        ("pay monthly", "retired", "× RETIRED"),
    ],
)
def test_r13_the_badge_stands_in_the_json_and_in_the_text(
    shared: Path, say: Say, words: str, state: str, badge: str
) -> None:
    assert say("search", words, "--json", "--limit", "1").json["hits"][0]["trust"]["state"] == state
    assert badge in say("search", words, "--limit", "1").out


def test_r13_internal_words_are_marked(shared: Path, say: Say) -> None:
    assert say("search", "discount", "--json", "--limit", "1").json["hits"][0]["visibility"] == "internal"
    assert "INTERNAL" in say("search", "discount", "--limit", "1").out


def test_r13_an_expired_card_sinks_but_stays_findable(shared: Path, say: Say) -> None:
    ids = say("search", "late delivery", "--json").ids
    assert ids.index("objections/price") < ids.index("objections/later")


def test_the_library_is_chosen_by_option_or_environment(
    shared: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert say("search", "price", "--library", "sample", "--json").code == 0
    said = say("search", "price", "--library", "other")
    assert said.code == 2
    assert "other" in said.err
    monkeypatch.setenv("PLAYBOOK_LIBRARY", "other")
    assert say("search", "price").code == 2
    assert say("search", "price", "--library", "sample").code == 0
