"""Why a question about DAGs cannot be answered. `service/api/problems.py` maps each error."""


class InvalidQuestionError(ValueError):
    """An argument of a question that makes no sense; its text is a message for the user."""


class NotInGraphError(LookupError):
    """The graph lacks the subject of the question; its text is a message for the user."""
