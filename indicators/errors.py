"""The one exception for what a user gave and cannot be used."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """A value from outside is unusable: the message names the value, what was expected and the next step.

    Programs that face a user (the command line, pytest's configuration) show the message alone, without a traceback.
    """


class NotMeasured(InputError):  # noqa: N818 - an answer, not an error
    """A measurement of a study is not made yet; the message says by which command it is."""


class NotApplicable(Exception):  # noqa: N818 - an answer, not an error
    """The study lacks what the claim needs; the message is the reason."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name nearest to one that is not, as a question within a message; empty where none is near."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {found[0]!r}? " if found else ""
