"""The one exception for what a user gave and cannot be used."""


class InputError(ValueError):
    """A value from outside is unusable: the message names the value, what was expected and the next step.

    Programs that face a user (the command line, pytest's configuration) show the message alone, without a traceback.
    """
