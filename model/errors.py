"""Problems a person can mend: every message is one plain line that names the value and the way out."""


class LabError(Exception):
    """Base of all errors that the command line prints and the pages show, without a traceback."""


class DataError(LabError):
    """A table, a file of vectors or a data set is not what was asked for."""


class SettingsError(LabError):
    """An option has an unknown name, a wrong type or a value out of range."""


class ModelError(LabError):
    """A saved model or vocabulary is malformed, or does not fit what is asked of it."""


class RunError(LabError):
    """A run or a job cannot be found, read, started or changed."""


class Stopped(Exception):
    """A training ended early because it was asked to: `reason` is the state its run then has."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason  # "cancelled" or "interrupted"
