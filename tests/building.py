"""A small builder of real git libraries: files in, commits out, with authors and dates."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class LibraryBuilder:
    """A repository under `path`; `bare` is a hub of its own made from it on demand."""

    path: Path
    branch: str = "main"
    made: bool = field(default=False, init=False)

    def git(self, *args: str, env: dict[str, str] | None = None, input: bytes | None = None) -> str:
        """Run git in the working tree and give its output."""
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, **(env or {})},
            input=input,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def init(self) -> LibraryBuilder:
        """Make the repository when it is not there."""
        if not self.made:
            self.path.mkdir(parents=True, exist_ok=True)
            self.git("init", "-q", "-b", self.branch)
            self.made = True
        return self

    def write(self, name: str, text: str | bytes) -> LibraryBuilder:
        """Put a file into the working tree."""
        self.init()
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def remove(self, name: str) -> LibraryBuilder:
        """Take a file out of the working tree."""
        (self.path / name).unlink()
        return self

    def commit(
        self, message: str = "Change the words", *, author: str = "Ann Author <ann@example.com>", date: str = ""
    ) -> str:
        """Commit everything and give the commit's id; `date` is ISO."""
        self.init()
        name, _, mail = author.partition(" <")
        env = {
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": mail.rstrip(">"),
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": mail.rstrip(">"),
        }
        if date:
            env |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        self.git("add", "-A", env=env)
        self.git("commit", "-q", "--allow-empty", "-m", message, env=env)
        return self.git("rev-parse", "HEAD")

    def bare(self, place: Path) -> Path:
        """A bare hub made from the repository."""
        subprocess.run(["git", "clone", "-q", "--bare", str(self.path), str(place)], check=True, capture_output=True)
        return place
