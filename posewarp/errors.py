"""The errors that a user can mend; everything else that is raised is a bug of ours."""


class PosewarpError(Exception):
    """A user's input cannot be used.

    The message is one line: which file, flag or field; what was expected; what to do.
    """


class DataError(PosewarpError):
    """A data set, an image or an annotation cannot be used."""


class MissingSplitError(DataError):
    """A data set has no video in the split that was asked for."""


class ModelError(PosewarpError):
    """A model, its weights or its configuration cannot be used."""


class UsageError(PosewarpError):
    """A flag or an argument is missing, or has a value outside its range."""
