"""Proposals by the thousand at a hub, by fast-import: a content and two comments each, on differing commits of main."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from benchmarks import corpus

MAINS = 20  # commits of main after the first, for proposals to stand on
FILES_EACH = 5  # that each of those commits changes
_COMMENTS = ("Says who? A rep asked for it last week.", "The pricing team does; see the page they keep.")


def write_mains(hub: Path, made: list[corpus.Made]) -> list[str]:
    """Commits on main that change a few files each; gives all commits of main, the oldest first."""
    draw = random.Random(5)
    mains = [_main(hub)]
    for number in range(MAINS):
        some = [
            corpus.Made(card.path, card.title, card.aliases, card.body, f"{card.markdown}\nMore, line {number}.\n")
            for card in draw.sample(made, FILES_EACH)
        ]
        mains.append(corpus.write_repository(hub, some, message=f"Change {FILES_EACH} cards"))
    return mains


def write_proposals(hub: Path, made: list[corpus.Made], count: int, mains: list[str], *, first: int = 0) -> None:
    """So many open proposals, each of one card's first answer line, in words that no main changed."""
    draw = random.Random(first + 1)
    fed = bytearray()
    for number in range(first, first + count):
        card, base = draw.choice(made), draw.choice(mains)
        id = f"20260901-say-it-better-{_letters(number)}"
        when, author = 1_790_000_000 + number * 60, f"Rep {number % 40} <rep{number % 40}@example.com>"
        text = card.markdown.replace("## Answer\n", f"## Answer\nBetter words, number {number}.\n")
        subject = f"Say it better: {card.title}"
        said = _trailers("propose", number, 0, id, Kind="edit", Why=f"Buyers asked {number} times", About=card.path)
        # Marks are forgotten with the process; three for each proposal name its commits meanwhile.
        mark = 3 * (number - first) + 1
        fed += _commit(id, mark, author, when, f"{subject}\n\nBetter words, number {number}.\n\n{said}\n", base)
        data = text.encode()
        fed += b"M 100644 inline %s\ndata %d\n%s\n" % (card.path.encode(), len(data), data)
        for at, words in enumerate(_COMMENTS, 1):
            said = _trailers("comment", number, at, id, Path=card.path, Anchor=f"{12 + at}:{number:08x}")
            message = f"Comment on {subject}\n\n{words}\n\n{said}\n"
            fed += _commit(id, mark + at, f"Mia {at} <mia{at}@example.com>", when + at, message, f":{mark + at - 1}")
    subprocess.run(["git", "-C", str(hub), "fast-import", "--quiet"], input=bytes(fed), check=True)


def _main(hub: Path) -> str:
    done = subprocess.run(["git", "-C", str(hub), "rev-parse", "main"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _letters(number: int) -> str:
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[number >> shift & 31] for shift in (25, 20, 15, 10, 5, 0))


def _trailers(word: str, number: int, at: int, id: str, **more: str) -> str:
    said = {"Event": word, "Event-Id": f"{number:030x}{at:02x}", "Proposal": id, **more}
    return "\n".join(f"Playbook-{name}: {value}" for name, value in said.items())


def _commit(id: str, mark: int, who: str, when: int, message: str, parent: str) -> bytes:
    raw = message.encode()
    head = f"commit refs/heads/proposals/{id}\nmark :{mark}\nauthor {who} {when} +0000\ncommitter {who} {when} +0000\n"
    return f"{head}data {len(raw)}\n".encode() + raw + f"from {parent}\n".encode()
