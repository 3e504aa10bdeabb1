"""People at their own machines, each with a playbook and an identity of their own, saying commands to one hub."""

from __future__ import annotations

import io
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from saying import Said, Say
from team import Team

from playbook.text.safe import display

MAILS = {"rep": "rep@example.com", "mia": "mia@example.com", "max": "max@example.com", "pia": "pia@example.com"}


@dataclass
class Crew:
    """`crew("mia", "proposals")` says a command as Mia, who opens the team's hub with her first one."""

    team: Team
    place: Path
    say: Say
    environment: pytest.MonkeyPatch
    there: set[str] = field(default_factory=set)

    def __call__(self, who: str, *arguments: str, input: str | bytes = "") -> Said:
        if who not in self.there:
            self.there.add(who)
            self.be(who)
            assert self.say("open", str(self.team.hub), "--name", "team", "--no-app").code == 0
        self.be(who)
        raw = input if isinstance(input, bytes) else input.encode()
        self.environment.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        said = self.say(*arguments)
        # Whatever anybody wrote, nothing that a terminal would obey comes out.
        assert display(said.out + said.err) == said.out + said.err
        return said

    def be(self, who: str, name: str = "") -> None:
        """Sit at that person's machine."""
        config = self.place / f"gitconfig-{who}"
        config.write_text(f'[user]\n\tname = "{name or who.capitalize()}"\n\temail = {MAILS.get(who, who)}\n')
        self.environment.setenv("GIT_CONFIG_GLOBAL", str(config))
        self.environment.setenv("PLAYBOOK_HOME", str(self.home(who)))

    def home(self, who: str) -> Path:
        """That person's PLAYBOOK_HOME."""
        return self.place / f"home-{who}"

    def refs(self) -> dict[str, str]:
        """Every ref of the hub and of everybody's managed repository: what was written anywhere."""
        found = {}
        for git_dir in (self.team.hub, *sorted(self.place.glob("home-*/data/libraries/*.git"))):
            rows = subprocess.run(
                ["git", "--git-dir", str(git_dir), "for-each-ref", "--format=%(refname) %(objectname)"],
                capture_output=True, check=True,
            )  # fmt: skip
            for row in rows.stdout.decode().splitlines():
                ref, _, commit = row.partition(" ")
                found[f"{git_dir}:{ref}"] = commit
        return found

    def propose(self, who: str, words: str = "One late van costs more.", card: str = "objections/price") -> str:
        """A proposal of that person's, sent; gives its id."""
        said = self(who, "propose", card, "-m", words, "--json")
        assert said.code == 0, said.err
        assert said.json["sent"]
        id: str = said.json["proposal"]
        return id

    def row(self, who: str, id: str) -> dict[str, object]:
        """What `proposal show` says of it, at that person's machine, once they have synced."""
        assert self(who, "sync").code == 0
        shown: dict[str, object] = self(who, "proposal", "show", id, "--json").json
        return shown

    def away(self) -> None:
        """Take the hub out of everybody's reach."""
        self.team.hub.rename(self.team.hub.with_suffix(".away"))

    def back(self) -> None:
        """Bring it back."""
        self.team.hub.with_suffix(".away").rename(self.team.hub)

    def read_only(self) -> None:
        """Have the hub be one that may only be read. As root nothing is closed, so it says what it says to others."""
        said = "error: cannot lock ref 'refs/heads/x': Unable to create 'x.lock': Permission denied"
        self.team.hook("reference-transaction", f'[ "$1" != prepared ] || {{ echo "{said}" >&2; exit 1; }}\n')

    def open_again(self) -> None:
        """Have the hub take work again."""
        for hook in (self.team.hub / "hooks").iterdir():
            hook.unlink()
