"""The settings of an archive, as ``marsham.toml`` in its folder states them."""

import re
import tomllib
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from unicodedata import category

from archiver.errors import SettingsError
from snapshots.replay.banner import OPTIONAL_STATEMENTS
from snapshots.replay.language import LANGUAGES

__all__ = ["Settings", "check_settings", "read_settings", "write_settings"]

_UNPRINTED = ("Cc", "Cs", "Zl", "Zp")  # Unicode categories
_TEMPLATE = """\
# Settings of this archive. `marsham init` wrote this file; change it as you like.

# What the archive is called: in its pages and in the names of its WARC files.
name = {name}

# Who keeps it. The banner over every snapshot names this institution.
institution = {institution}

# Where a reader may write to, and a web master whose site is captured: e-mail or web address.
contact = {contact}

# A sentence of your own at the end of the banner; leave empty for none.
notice = {notice}

# The language of banner and pages for readers whose browser asks for none of ours: "en" or "cy".
language = {language}

# Statements of the banner that you leave out, parted by blanks: working, contacts, cookies, parts.
banner_without = {banner_without}

# Whether scripts of archived pages may run when they are shown. The browser keeps them from the
# live web, from other archived sites and from the banner either way.
scripts = {scripts}

# At which address readers reach the archive, such as "https://archive.example"; empty where
# replay_domain is.
address = {address}

# A domain of which every subdomain leads to `marsham serve`, such as "replay.archive.example": each
# archived site is then shown at a subdomain of its own. Empty: subdomains of localhost for readers
# on this machine, and for others pages without an origin, of which some show less.
replay_domain = {replay_domain}

# Where the catalogue lives. Empty: catalogue.db in this folder. For PostgreSQL:
# "postgresql://user@host/database" (needs marsham[postgres]).
database = {database}

# In which algorithm the records written here declare their payload digest: "sha1", as the field
# does, or "sha256". What is taken in keeps what it declares.
payload_digest = {payload_digest}
"""


_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?"
_DOMAIN = re.compile(_NAME)
_ORIGIN = re.compile(rf"https?://{_NAME}/?")
_DIGESTS = ("sha1", "sha256")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an institution decides about its archive.

    Attributes:
        name: what the archive is called.
        institution: who keeps it, as the banner says.
        contact: an e-mail or web address for readers and web masters.
        notice: one more sentence for the banner; empty for none.
        language: ``en`` or ``cy``, for readers who ask for no language of ours.
        banner_without: statements the banner leaves out, parted by blanks.
        database: database URL of the catalogue; empty for SQLite in the folder.
        scripts: whether archived pages may run their scripts when they are shown.
        address: the origin at which readers reach the archive's own pages; empty where it matters
            to nothing.
        replay_domain: the domain below which each archived site has an origin; empty for none.
        payload_digest: ``sha1`` or ``sha256``, for the records written here.
    """

    name: str = "Marsham"
    institution: str = "this archive"
    contact: str = ""
    notice: str = ""
    language: str = "en"
    banner_without: str = ""
    database: str = ""
    scripts: bool = True
    address: str = ""
    replay_domain: str = ""
    payload_digest: str = "sha1"


def read_settings(path: Path) -> Settings:
    """Read the settings file; what it leaves out keeps its default.

    Raises:
        SettingsError: for a file that is not TOML, an unknown key (the message names the nearest
            known one) or a value that is not text.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"not readable as TOML: {error}") from error
    except OSError as error:
        raise SettingsError(str(path), error.strerror or str(error)) from error
    known = {field.name: field.type for field in fields(Settings)}
    for key, value in found.items():
        if key not in known:
            near = get_close_matches(key, known, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise SettingsError(str(path), f"unknown setting {key!r}; {hint}")
        if known[key] is bool and not isinstance(value, bool):
            raise SettingsError(str(path), f"{key} must be true or false, not {value!r}")
        if known[key] is str and not isinstance(value, str):
            raise SettingsError(str(path), f"{key} must be text in quotes, not {value!r}")
    if found.get("payload_digest", "sha1") not in _DIGESTS:
        reason = f"payload_digest must be one of {', '.join(_DIGESTS)}"
        raise SettingsError(str(path), reason)
    if found.get("language", "en") not in LANGUAGES:
        raise SettingsError(str(path), f"language must be one of {', '.join(LANGUAGES)}")
    for name in found.get("banner_without", "").split():
        if name not in OPTIONAL_STATEMENTS:
            left = ", ".join(OPTIONAL_STATEMENTS)
            reason = f"banner_without names {name!r}; what may be left out is {left}"
            raise SettingsError(str(path), reason)
    settings = Settings(**found)
    check_settings(path, settings)
    return settings


def write_settings(path: Path, settings: Settings) -> None:
    """Write a settings file that explains itself.

    Raises:
        SettingsError: when a text is more than one line, or holds control characters.
    """
    check_settings(path, settings)
    values = {field.name: _quoted(getattr(settings, field.name)) for field in fields(Settings)}
    path.write_text(_TEMPLATE.format(**values), "utf-8")


def check_settings(path: Path, settings: Settings) -> None:
    """Make sure that settings can be written to a file and used.

    Raises:
        SettingsError: when a text is more than one line, or holds control characters (they stand in
            headers, file names and pages, where a line end would begin something else), or when an
            address is none.
    """
    for field in fields(Settings):
        value = getattr(settings, field.name)
        if isinstance(value, str) and any(category(char) in _UNPRINTED for char in value):
            raise SettingsError(str(path), f"{field.name} must be one line of plain text")
    if settings.address and not _ORIGIN.fullmatch(settings.address):
        raise SettingsError(
            str(path),
            f"address must be like https://archive.example, with no path, not {settings.address!r}",
        )
    domain = settings.replay_domain
    if domain and not _DOMAIN.fullmatch(domain):
        raise SettingsError(
            str(path), f"replay_domain must be like replay.archive.example, not {domain!r}"
        )
    if domain and not settings.address:
        raise SettingsError(
            str(path),
            "replay_domain needs address as well: an archived page leads back to it, "
            'as in: address = "https://archive.example"',
        )


def _quoted(value: str | bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    escaped = "".join(
        f"\\u{ord(char):04x}" if char < " " or char in '"\\\x7f' else char for char in value
    )
    return f'"{escaped}"'
