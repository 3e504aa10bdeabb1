"""Finding on the command line: search, show, copy."""

from __future__ import annotations

import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.options import (
    as_of_option,
    card_argument,
    day_of,
    json_option,
    library_option,
    open_session,
    print_json,
    print_json_line,
)
from playbook.errors import NothingFound, NotPermitted, UsageError

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.search.index import Results

FACETS = ("kind", "stage", "persona", "competitor", "product", "motion", "segment", "surface")


def _facet_options(command: Any) -> Any:
    command = click.option("--in", "folder", multiple=True, metavar="FOLDER", help="Only below this folder.")(command)
    for facet in reversed(FACETS):
        command = click.option(f"--{facet}", multiple=True, metavar=facet.upper(), help=f"Only this {facet}.")(command)
    return command


@click.command("search")
@click.argument("words", nargs=-1)
@_facet_options
@click.option("--limit", type=click.IntRange(1, 200), default=10, show_default=True, help="At most this many hits.")
@as_of_option
@click.option(
    "--pin",
    multiple=True,
    metavar="FACET=VALUE",
    help="What the call is about (stage=, persona=, competitor=, product= ...): puts what fits first and hides nothing.",
)
@click.option("--exact", is_flag=True, help="Forgive no typing errors.")
@click.option("--explain", is_flag=True, help="Show the parts of each score.")
@click.option(
    "--batch", type=click.File("r", encoding="utf-8", errors="replace"), help="One query a line; - for stdin."
)
@library_option
@json_option
def search_command(
    words: tuple[str, ...],
    limit: int,
    as_of: date | None,
    pin: tuple[str, ...],
    exact: bool,
    explain: bool,
    batch: Any,
    library: str | None,
    as_json: bool,
    folder: tuple[str, ...],
    **facets: tuple[str, ...],
) -> None:
    """Find the line to say.

    WORDS are what the buyer said. Filters may stand among them: '#stage' @persona vs:competitor is:kind in:folder
    product: motion: segment: surface: (quote '#stage' in a shell).
    """
    filters = {facet: values for facet, values in {**facets, "folder": folder}.items() if values}
    question = " ".join(words)
    if batch is None and not question.strip() and not filters:
        raise UsageError(
            "Nothing to look for: give the buyer's words or a filter, as in `playbook search too expensive`"
        )
    asked = {"filters": filters, "context": _pinned(pin), "correct": not exact}
    session = open_session(library, as_of)
    if batch is not None:
        _batch(session, batch, asked, limit, explain, as_of)
        return
    results = _ask(session, question, asked, limit, as_of)
    if results.unknown:
        raise UsageError(results.unknown[0])
    if results.absent and (results.hits or not as_json):
        raise NothingFound(results.absent[0])
    if as_json:
        from playbook.finding.answers import results_json

        print_json(results_json(results, session, question, on=as_of, explain=explain))
        if results.absent:
            click.echo(f"playbook: {results.absent[0]}", err=True)
    else:
        _print(results, session, day_of(session, as_of), explain)
    if not results.hits:
        click.get_current_context().exit(1)


def _pinned(pin: tuple[str, ...]) -> dict[str, list[str]]:
    """The call's context from `facet=value` options. Raises UsageError for what is not one."""
    context: dict[str, list[str]] = {}
    for given in pin:
        facet, _, value = given.partition("=")
        if not value.strip():
            raise UsageError(f"--pin takes facet=value, as in --pin stage=negotiation; {given!r} is not that")
        if facet not in FACETS:
            raise UsageError(f"--pin knows no facet {facet!r}; it takes {', '.join(FACETS)}")
        context.setdefault(facet, []).append(value)
    return context


def _ask(session: Session, question: str, asked: Any, limit: int, as_of: date | None) -> Results:
    from playbook.search.query import parse_query

    # What comes as an argument is finished: the last word is no beginning of another.
    return session.searcher.search(parse_query(f"{question} ", **asked), limit=limit, today=day_of(session, as_of))


def _batch(session: Session, lines: Any, asked: Any, limit: int, explain: bool, as_of: date | None) -> None:
    from playbook.finding.answers import results_json

    for line in lines:
        question = line.rstrip("\r\n")
        results = _ask(session, question, asked, limit, as_of)
        row = results_json(results, session, question, on=as_of, explain=explain)
        # One wrong line must not end the others; it says why it found nothing.
        wrong = (*results.unknown, *results.absent)
        print_json_line(row | {"problem": wrong[0]} if wrong else row)


def _print(results: Results, session: Session, day: date, explain: bool) -> None:
    """Hits for eyes, pipes and screen readers: the words to say of the first three whole, the rest a line each."""
    from playbook.finding.answers import card_text, found_place
    from playbook.finding.badge import badge
    from playbook.search.reasons import reasons
    from playbook.text.safe import one_line

    if results.corrected:
        said = f'Showing results for "{one_line(results.corrected)}" instead of "{one_line(" ".join(results.query.words))}"'
        click.echo(f"{said} (--exact searches as typed)\n")
    for number, hit in enumerate(results.hits, 1):
        trust = session.trust(hit.card, day)
        if number <= 3:
            # Of a page it is the place that was found that answers, not its first paragraph.
            found = found_place(hit.card, session, results.query, 300).text if hit.card.kind == "page" else None
            text = card_text(hit.card, session, trust, whole=False, instead=found)
            click.echo(f"{number}. {text}")
        else:
            click.echo(f"{number}. {one_line(hit.card.title)}  ({hit.card.kind}, {badge(hit.card, trust).short})")
            click.echo(f"  {one_line(found_place(hit.card, session, results.query).text)}")
        if explain:
            click.echo(f"  score {hit.score:.2f}")
            for said, name, value in reasons(hit.explain):
                click.echo(f"    {value:+.2f}  {said} ({name})")
        click.echo()
    if not results.hits:
        click.echo("Nothing found. Try fewer words, the buyer's own word, or no filter.", err=True)
    else:
        more = f"{len(results.hits)} of {results.total}" if results.total > len(results.hits) else f"{results.total}"
        click.echo(f"{more} found in {results.took_ms:.1f} ms ({results.engine})", err=True)


@click.command("show")
@card_argument
@as_of_option
@click.option("--plain", is_flag=True, help="Only the words to say, as plain text.")
@library_option
@json_option
def show_command(name: str, as_of: date | None, plain: bool, library: str | None, as_json: bool) -> None:
    """Show a card: the words to say first, then the rest; of a long page its beginning and the list of its sections.

    ID is a card's id, its path with or without content/ and .md, a former name, or path#heading.
    """
    from playbook.finding.answers import card_text, whole_card_json
    from playbook.finding.badge import badge
    from playbook.review.marks import mark_of
    from playbook.text.safe import display

    session = open_session(library, as_of)
    card = session.snapshot.resolve(name)
    trust = session.trust(card, day_of(session, as_of))
    if as_json:
        print_json(whole_card_json(card, session, trust) | {"mark": _mark_json(session, card.path)})
    elif plain:
        if not card.say:
            raise NothingFound(
                f"The card {card.id} has no words to say; `playbook show {card.id}` prints the whole of it"
            )
        click.echo(display(card.say).strip())
        mark = badge(card, trust)
        if mark.internal or trust.state in {"expired", "retired"} or trust.changed_since:
            click.echo(mark.full, err=True)
    else:
        forced = mark_of(session.library, card.path, session.snapshot.commit)
        marked = forced.sentence(session.snapshot.settings.timezone) if forced else ""
        click.echo(card_text(card, session, trust, whole=True, marked=marked))


def _mark_json(session: Session, path: str) -> dict[str, Any] | None:
    """That the card stands as it does because somebody forced it, ruled on it, or quickly fixed it."""
    from playbook.review.marks import mark_json, mark_of

    mark = mark_of(session.library, path, session.snapshot.commit)
    return mark_json(mark, session.snapshot.settings.timezone) if mark else None


@click.command("copy")
@card_argument
@click.option("--internal", is_flag=True, help="Copy words that are marked internal, too.")
@library_option
@json_option
def copy_command(name: str, internal: bool, library: str | None, as_json: bool) -> None:
    """Copy the words to say to the clipboard; says how."""
    from playbook import clipboard
    from playbook.errors import LibraryUnreadable
    from playbook.finding.copying import to_copy
    from playbook.text.tokens import count_words

    session = open_session(library)
    card = session.snapshot.resolve(name)
    wanted = to_copy(card, session.trust(card))
    if not wanted.text:
        raise NothingFound(f"The card {card.id} has no words to say; nothing was copied")
    if wanted.ask and not internal:
        raise NotPermitted(f"{wanted.ask}; nothing was copied; --internal copies them all the same")

    def by_terminal(text: str) -> None:
        sys.stderr.write(clipboard.osc52(text))
        sys.stderr.flush()

    done = clipboard.copy(wanted.text, by_terminal if sys.stderr.isatty() else None)
    if done is None:
        raise LibraryUnreadable(
            "No clipboard can be reached from here; `playbook show --plain` prints the words instead"
        )
    if as_json:
        print_json({"id": card.id, "text": wanted.text, "how": done.how, "sure": done.sure, "badge": wanted.badge})
    else:
        verb = "Copied" if done.sure else "Sent"
        click.echo(f"{verb} {count_words(wanted.text)} words with {done.how}; {wanted.badge}", err=True)
