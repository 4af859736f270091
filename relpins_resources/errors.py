"""The one error type that people who run relpins are meant to read."""


class RelpinsError(Exception):
    """Something the caller got wrong, in one line: what was received, what is allowed, what to do next.

    The command prints it without a traceback and exits with code 2.
    """


class RunFailed(Exception):
    """A step of a run failed; the message names it and why. What was committed stays, and the next run goes on from it.

    The command prints it without a traceback and exits with code 1.
    """
