"""A made-up library of any size: English-like words at natural frequencies, typed cards, the same for the same seed."""

from __future__ import annotations

import random
import subprocess
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

_ONSETS = "b br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr qu r s sc sh sl sp st str t th tr v w"
_VOWELS = "a e i o u ai ea ee ie oa oo ou"
_CODAS = "b ck ct d f g l ll lt m mp n nd ng nt p r rd rk rt s sh ss st t th v x"
_COMMON = """
the of and to a in is you that it for was on are as with they be at one have this from or had by not but what
all were we when your can said there use an each which she do how their if will up other about out many then
them these so some her would make like him into time has look two more write go see number no way could people
my than first been call who its now find long down day did get come made may part price cost budget contract
late delivery van driver route plan team buyer expensive competitor quote discount renewal timing risk trust
data security support onboarding training integration
"""
KINDS = ("objection", "stage", "battlecard", "persona", "claim", "air-cover")
FOLDERS = {
    "objection": "objections",
    "stage": "stages",
    "battlecard": "battlecards",
    "persona": "personas",
    "claim": "claims",
}
STAGES = ("prospecting", "discovery", "evaluation", "negotiation", "closing", "onboarding", "expansion")
PERSONAS = ("cfo", "managing-director", "operations-director", "it-lead", "procurement")
COMPETITORS = ("acme", "rutero", "pallas", "cargonaut")


@dataclass(frozen=True)
class Made:
    """One document: its path and its Markdown, front matter included; `title` and `body` are parts of it."""

    path: str
    title: str
    aliases: tuple[str, ...]
    body: str
    markdown: str


class Words:
    """A vocabulary of `size` words, drawn with frequencies that fall as 1/rank (Zipf), as in any language."""

    def __init__(self, size: int = 20_000, seed: int = 7) -> None:
        self.random = random.Random(seed)
        onsets, vowels, codas = [*_ONSETS.split(), ""], _VOWELS.split(), [*_CODAS.split(), "", "", "", ""]
        words = list(dict.fromkeys(_COMMON.split()))
        seen = set(words)
        draw = self.random.choice
        while len(words) < size:
            word = "".join(draw(onsets) + draw(vowels) + draw(codas) for _ in range(draw((1, 2, 2, 3, 3, 4))))
            if len(word) > 2 and word not in seen:
                seen.add(word)
                words.append(word)
        self.words = words
        self._ladder = list(accumulate(1 / (rank + 2.7) for rank in range(size)))

    def some(self, count: int) -> list[str]:
        """So many words, drawn by frequency."""
        top = self._ladder[-1]
        return [self.words[bisect_left(self._ladder, self.random.random() * top)] for _ in range(count)]


def documents(count: int, *, words_each: int = 240, seed: int = 7) -> Iterator[Made]:
    """`count` typed documents with titles, aliases, headings and about `words_each` words."""
    words = Words(seed=seed)
    draw = words.random
    rank = {word: at for at, word in enumerate(words.words)}
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        telling = [word for word in words.some(60) if rank[word] > 40] or ["price"]
        title = " ".join(draw.choices(telling, k=draw.randint(2, 6))).capitalize()
        aliases = tuple(
            " ".join(words.some(draw.randint(1, 2)) + draw.choices(telling, k=1)) for _ in range(draw.randint(1, 4))
        )
        sections = []
        for heading in ("They say", "Acknowledge", "Ask", "Answer", "Proof", "Next step"):
            length = max(8, int(draw.gauss(words_each / 6, words_each / 18)))
            drawn = words.some(length)
            for at in range(0, length, 9):
                drawn[at] = draw.choice(telling)
            lines = [" ".join(drawn[at : at + 14]) for at in range(0, length, 14)]
            sections.append(f"## {heading}\n" + "\n".join(line.capitalize() + "." for line in lines))
        body = f"# {title}\n\n" + "\n\n".join(sections) + "\n"
        front = (
            f"---\ntitle: {title}\nkind: {kind}\naliases: [{', '.join(aliases)}]\nstages: [{draw.choice(STAGES)}]\n"
            f"personas: [{draw.choice(PERSONAS)}]\ncompetitors: [{draw.choice(COMPETITORS)}]\n"
            "owner: someone@example.com\n---\n"
        )
        folder = FOLDERS.get(kind, kind)
        yield Made(f"content/{folder}/card-{number:05d}.md", title, aliases, body, front + body)


SETTINGS = '[library]\nname = "Benchmark"\nstages = [' + ", ".join(f'"{stage}"' for stage in STAGES) + "]\n"


def write_repository(place: Path, made: list[Made], *, message: str = "Add the cards", branch: str = "main") -> str:
    """One commit with the documents and a settings file in a bare repository, by fast-import; gives the commit's id."""
    fresh = not (place / "HEAD").exists()
    if fresh:
        subprocess.run(["git", "init", "-q", "--bare", "-b", branch, str(place)], check=True)
    note = message.encode()
    stream = bytearray(f"commit refs/heads/{branch}\ncommitter Bench <bench@example.com> 1790000000 +0000\n".encode())
    stream += b"data %d\n%s\n" % (len(note), note)
    if not fresh:
        stream += f"from refs/heads/{branch}^0\n".encode()
    files = [(document.path, document.markdown) for document in made]
    if fresh:
        files.append(("content/playbook.toml", SETTINGS))
    for path, text in files:
        data = text.encode()
        stream += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
    subprocess.run(["git", "-C", str(place), "fast-import", "--quiet", "--force"], input=bytes(stream), check=True)
    done = subprocess.run(["git", "-C", str(place), "rev-parse", branch], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def questions(made: list[Made], count: int, *, seed: int = 11) -> list[str]:
    """Questions of one to four words, as somebody would ask for one of the documents: from title, alias or text."""
    draw = random.Random(seed)
    asked = []
    for _ in range(count):
        document = draw.choice(made)
        source = draw.choice((document.title, draw.choice(document.aliases), document.body))
        words = [word.strip(".#").lower() for word in source.split() if word.strip(".#")]
        at = draw.randrange(len(words))
        asked.append(" ".join(words[at : at + draw.choice((1, 2, 2, 3, 3, 4))]))
    return asked


def keystrokes(asked: list[str]) -> Iterator[str]:
    """Every state of the search box while the questions are typed one after another."""
    for question in asked:
        for end in range(1, len(question) + 1):
            yield question[:end]
