"""The logs of a service: its own messages, and the access log."""

import logging
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path

import click
import structlog

NO_FILE = "none"
"""In place of a file: no access log."""
STANDARD_ERROR = "-"
"""In place of a file: standard error, where all other messages go."""


def configure_logs(log_format: str, access_log: str, level: int = logging.INFO) -> None:
    """Write messages to standard error, and the access log to its place.

    Args:
        log_format: `text`, or `json` for one JSON object a line.
        access_log: Path of a file, which may be moved away and is then made anew;
            `STANDARD_ERROR` or `NO_FILE`.
        level: Lowest level of other messages.

    Raises:
        click.UsageError: The file cannot be written.
    """
    from service.access_log import LOGGER

    is_terminal = sys.stderr.isatty()
    root = logging.getLogger()
    root.handlers[:] = [_format(logging.StreamHandler(), log_format, colors=is_terminal)]
    root.setLevel(level)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    access = logging.getLogger(LOGGER)
    access.setLevel(logging.INFO)
    access.handlers[:] = []
    access.disabled = access_log == NO_FILE
    access.propagate = access_log == STANDARD_ERROR
    if access_log not in (NO_FILE, STANDARD_ERROR):
        try:
            handler = WatchedFileHandler(Path(access_log), encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"--access-log: {access_log}: {error.strerror}") from error
        access.addHandler(_format(handler, log_format, colors=False))


def _format(handler: logging.Handler, log_format: str, *, colors: bool) -> logging.Handler:
    """Give a handler the format of a log, for messages of libraries too."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _drop_empty,
    ]
    last: list[structlog.typing.Processor]
    if log_format == "json":
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        last = [structlog.dev.ConsoleRenderer(colors=colors, pad_event_to=0)]
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[*shared, drop, *last]
        )
    )
    return handler


def _drop_empty(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Leave out unknown values, such as the token of a request without one."""
    return {key: value for key, value in event.items() if value not in (None, "")}
