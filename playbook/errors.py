"""Errors as the sentence a person reads: what is wrong, where, and what to do next."""

from __future__ import annotations


class PlaybookError(Exception):
    """Something a person can mend; its text is shown as it is and `exit_code` ends the command."""

    exit_code = 1


class NothingFound(PlaybookError):
    """The question was fine; there is no answer."""

    exit_code = 1


class UsageError(PlaybookError):
    """The command or a value in it is wrong."""

    exit_code = 2


class NotPermitted(PlaybookError):
    """The person, or this machine, may not do that."""

    exit_code = 3


class Conflict(PlaybookError):
    """The words moved underneath, or somebody else holds the lock."""

    exit_code = 4


class RemoteUnreachable(PlaybookError):
    """The hub does not answer, or refuses us."""

    exit_code = 5


class LibraryUnreadable(PlaybookError):
    """The library, or the folder it is kept in, cannot be read or written."""

    exit_code = 6


class Cancelled(PlaybookError):
    """The person stopped it; nothing half-made is left."""

    exit_code = 1
