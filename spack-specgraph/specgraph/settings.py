"""Settings: the address of the service, the token, the site and the spool.

An option takes precedence over a variable, and a variable over `~/.config/specgraph/config`:

    [specgraph]
    url = https://specgraph.example.org
    site = mycluster
    spool = ~/specgraph-spool
"""

import configparser
import os
import stat
import urllib.parse
from typing import Dict, Optional

from . import owner

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingsError(Exception):
    """A setting is missing or invalid."""


class Settings:
    """The user's settings.

    Attributes:
        url: address of the service without a trailing slash; None if not set.
        token: the secret to send; None if not set.
        site: name of this machine's site; None if not set.
        spool: absolute path of the folder for files that could not be sent.

    """

    def __init__(
        self,
        spool: str,
        url: Optional[str] = None,
        token: Optional[str] = None,
        site: Optional[str] = None,
    ) -> None:
        self.url = url
        self.token = token
        self.site = site
        self.spool = spool

    def require_url(self) -> str:
        """Return the address of the service.

        Raises:
            SettingsError: if it is not set.

        """
        if not self.url:
            config = os.path.join(config_dir(), "config")
            raise SettingsError(
                f"no service address: give --url, or set SPECGRAPH_URL or `url` in {config}"
            )
        return self.url


def config_dir() -> str:
    """Return the folder of the configuration and the token."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(base, "specgraph")


def find_settings(
    url: Optional[str] = None, site: Optional[str] = None, spool: Optional[str] = None
) -> Settings:
    """Return the settings, of which the arguments are the options given by the user.

    Raises:
        SettingsError: if an address is invalid, or others can read the token.

    """
    configured = _read_config(os.path.join(config_dir(), "config"))

    def pick(option: Optional[str], variable: str, key: str) -> Optional[str]:
        return option or os.environ.get(variable) or configured.get(key)

    address = pick(url, "SPECGRAPH_URL", "url")
    folder = pick(spool, "SPECGRAPH_SPOOL", "spool") or default_spool()
    url = normalize_url(address) if address else None
    return Settings(
        url=url,
        token=_find_token() or (owner.find_token(url) if url and is_loopback(url) else None),
        site=pick(site, "SPECGRAPH_SITE", "site"),
        spool=absolute_path(folder),
    )


def normalize_url(text: str) -> str:
    """Return a complete address: `https` is the default scheme, or `http` for this machine.

    Raises:
        SettingsError: if the address is invalid or contains a password, which messages would show.

    """
    text = text.strip()
    if "://" not in text:
        host = urllib.parse.urlsplit("//" + text).hostname
        text = ("http://" if host in LOOPBACK else "https://") + text
    text = text.rstrip("/")
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise SettingsError("an address must not contain a user or password; use a token")
    try:
        parts = urllib.parse.urlsplit(text)
        # Reading the port raises ValueError if it is not a number.
        valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        valid = False
    if not valid or not _is_printable(text) or parts.query or parts.fragment:
        raise SettingsError(
            f"{text!r} is not the address of a service; use one like https://specgraph.example.org"
        )
    return text


def _is_printable(text: str) -> bool:
    """Return whether a text is printable ASCII without blanks, as HTTP requires."""
    return all("!" <= letter <= "~" for letter in text)


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine."""
    host = urllib.parse.urlsplit(url).hostname or ""
    return host in LOOPBACK or host.startswith("127.")


def default_spool() -> str:
    """Return the folder of the spool if none is set."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(base, "specgraph", "spool")


def absolute_path(path: str) -> str:
    """Return an absolute path, with `~` expanded."""
    return os.path.abspath(os.path.expanduser(path))


def _read_config(path: str) -> Dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
        return dict(parser["specgraph"]) if parser.has_section("specgraph") else {}
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error


def _find_token() -> Optional[str]:
    """Return the token from the environment, or else from a file that only the user can read."""
    token = os.environ.get("SPECGRAPH_TOKEN", "").strip()
    if token:
        return _validate_token(token, "SPECGRAPH_TOKEN")
    path = os.path.join(config_dir(), "token")
    try:
        with open(path, encoding="utf-8") as file:
            # Of the open file, so that it cannot be replaced between the check and the reading.
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SettingsError(
                    f"others can read the token in {path}, so it is not used: chmod 600 {path}"
                )
            return _validate_token(file.read().strip(), path) or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the token in {path} cannot be read: {error}") from error


def _validate_token(token: str, source: str) -> str:
    """Return a token that can be part of a header; otherwise the client's error would show it.

    Raises:
        SettingsError: if it cannot.

    """
    if not _is_printable(token):
        raise SettingsError(f"{source} does not hold a token: a token is a single word")
    return token
