"""Where the service is, and the token for it.

An option wins over a variable, a variable over the file `~/.config/specgraph/config`:

    [specgraph]
    url = https://specgraph.example.org
    site = mycluster
    spool = ~/specgraph-spool
"""

import configparser
import os
import stat
import urllib.parse

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingsError(Exception):
    """Something is not set, or not as it must be."""


class Settings(object):
    """What the user has set.

    :ivar url: of the service, without a slash at its end; None where nobody says.
    :ivar token: the secret to show; None where there is none.
    :ivar site: where this machine is; None where nobody says.
    :ivar spool: the folder for what could not be sent.
    """

    def __init__(self, url=None, token=None, site=None, spool=None):
        self.url = url
        self.token = token
        self.site = site
        self.spool = spool

    def service(self):
        """The address of the service.

        :raises SettingsError: nobody says.
        """
        if not self.url:
            raise SettingsError(
                "which service? Give --url, or set SPECGRAPH_URL, or `url` in %s"
                % os.path.join(config_dir(), "config")
            )
        return self.url


def config_dir():
    """The folder of the configuration and the token."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(base, "specgraph")


def find(url=None, site=None, spool=None):
    """The settings, with what was given as options.

    :raises SettingsError: an address is none, or others can read the token.
    """
    told = _configured(os.path.join(config_dir(), "config"))

    def pick(given, variable, key):
        return given or os.environ.get(variable) or told.get(key)

    address = pick(url, "SPECGRAPH_URL", "url")
    folder = pick(spool, "SPECGRAPH_SPOOL", "spool") or default_spool()
    return Settings(
        url=normal_url(address) if address else None,
        token=_token(),
        site=pick(site, "SPECGRAPH_SITE", "site"),
        spool=os.path.abspath(os.path.expanduser(folder)),
    )


def normal_url(text):
    """An address in full: TLS unless it says otherwise, but not to this very machine.

    :raises SettingsError: it is none, or it holds a password, which messages would show.
    """
    text = text.strip()
    if "://" not in text:
        host = urllib.parse.urlsplit("//" + text).hostname
        text = ("http://" if host in LOOPBACK else "https://") + text
    text = text.rstrip("/")
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise SettingsError("an address must hold no user and no password; use a token")
    try:
        parts = urllib.parse.urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        known = False
    if not known or not _is_plain(text) or parts.query or parts.fragment:
        raise SettingsError("%r is no address of a service" % text)
    return text


def _is_plain(text):
    """Whether a text is of printable ASCII without spaces, as a line of HTTP has to be."""
    return all("!" <= letter <= "~" for letter in text)


def is_loopback(url):
    """Whether an address is of this very machine."""
    host = urllib.parse.urlsplit(url).hostname or ""
    return host in LOOPBACK or host.startswith("127.")


def default_spool():
    """The folder for what could not be sent, where nobody says another."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(base, "specgraph", "spool")


def _configured(path):
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
        return dict(parser["specgraph"]) if parser.has_section("specgraph") else {}
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise SettingsError("%s cannot be read: %s" % (path, error)) from error


def _token():
    """The token of the environment, else of a file that nobody else can read."""
    token = os.environ.get("SPECGRAPH_TOKEN", "").strip()
    if token:
        return _checked(token, "SPECGRAPH_TOKEN")
    path = os.path.join(config_dir(), "token")
    try:
        with open(path, encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SettingsError(
                    "others can read the token in %s, so it is not used: chmod 600 %s"
                    % (path, path)
                )
            return _checked(file.read().strip(), path) or None
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("the token in %s cannot be read: %s" % (path, error)) from error


def _checked(token, place):
    """A token that can stand in a header: what cannot would be shown in the error about it.

    :raises SettingsError: it cannot.
    """
    if not _is_plain(token):
        raise SettingsError("what is in %s is no token: one word is" % place)
    return token
