"""Two changes of one text that lie apart are joined by git, every time."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from playbook.text.apart import lie_apart


def joins(folder: Path, base: bytes, ours: bytes, theirs: bytes) -> bool:
    names = []
    for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
        (folder / name).write_bytes(text)
        names.append(str(folder / name))
    return subprocess.run(["git", "merge-file", "-p", *names], capture_output=True, check=False).returncode == 0


def edited(draw: random.Random, lines: list[bytes], letters: list[bytes]) -> list[bytes]:
    made = lines.copy()
    for _ in range(draw.randint(1, 2)):
        at = draw.randrange(len(made) + 1)
        made[at : at + draw.randint(0, 2)] = [draw.choice(letters) for _ in range(draw.randint(0, 2))]
    return made


def test_whatever_is_said_to_lie_apart_is_joined_by_git(tmp_path: Path) -> None:
    draw = random.Random(1)
    told = 0
    for number in range(1200):
        # Few letters, so that lines repeat and git may slide a change along them.
        letters = [bytes([97 + at]) + draw.choice([b"\n", b"\n", b"\r\n"]) for at in range(draw.randint(2, 9))]
        base = [draw.choice(letters) for _ in range(draw.randint(0, 10))]
        texts = [b"".join(lines) for lines in (base, edited(draw, base, letters), edited(draw, base, letters))]
        if draw.random() < 0.2:
            texts = [text.removesuffix(b"\n") for text in texts]
        if lie_apart(*texts):
            told += 1
            assert joins(tmp_path, *texts), (number, texts)
    assert told > 100


def test_what_git_calls_binary_never_lies_apart() -> None:
    lines = [b"%d\n" % number for number in range(9)]
    base = b"".join(lines)
    ours, theirs = base.replace(b"1\n", b"one\n"), base.replace(b"7\n", b"seven\n")
    assert lie_apart(base, ours, theirs) and lie_apart(base, theirs, ours)
    assert not lie_apart(base, ours.replace(b"one", b"o\0e"), theirs)
    assert not lie_apart(base, ours, base.replace(b"1\n", b"uno\n"))
    assert not lie_apart(base, ours, base.replace(b"2\n", b"two\n")), "nothing stands between"


def test_a_carriage_return_ends_no_line() -> None:
    base = b"a\rb\rc\rd\re"
    assert not lie_apart(base, base.replace(b"a", b"x"), base.replace(b"e", b"y"))
