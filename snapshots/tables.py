"""The catalogue's tables: what the archive holds, when it was taken, and what went wrong.

Conventions: ids are short integers given by the one writer, counting up from 1; times are 14-digit
timestamps kept as integers (``20110529101621``), so that they sort and read alike; digests are raw
bytes. Everything here can be rebuilt from the archive's files, decisions.jsonl among them, but for
what a crawl has still to do: that stands in the tables of crawls alone.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    and_,
    func,
    literal_column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import DDLCompiler

__all__ = [
    "DIGEST_PREFIX",
    "SCHEMA_VERSION",
    "capture",
    "commit_note",
    "crawl",
    "crawl_note",
    "crawl_site",
    "crawl_url",
    "digest_prefix",
    "erased_record",
    "erasure",
    "intake",
    "listed_page",
    "media_type",
    "metadata",
    "original",
    "problem",
    "same_capture",
    "schema_version",
    "snapshot",
    "stated_date",
    "url",
    "verification",
    "warc_file",
    "withdrawal",
    "withdrawal_reach",
    "withdrawn_payload",
]

SCHEMA_VERSION: Final = 6
# Bytes of a digest that are indexed; among a billion digests one in a thousand shares them.
DIGEST_PREFIX: Final = 5

metadata = MetaData()

# SURT ranges need byte order; PostgreSQL sorts by the language of the database unless told.
_BYTE_ORDERED = Text().with_variant(Text(collation="C"), "postgresql")


class _PutTogether(Computed):
    """A column made of others: when it is read in SQLite, when it is written in PostgreSQL."""

    def __init__(self, of: str) -> None:
        super().__init__(of, persisted=True)


@compiles(_PutTogether, "sqlite")
def _when_read(made: _PutTogether, compiler: DDLCompiler, **_: object) -> str:
    return f"GENERATED ALWAYS AS ({made.sqltext}) VIRTUAL"


# Under which an index has its condition when it is partial. By the names that SQLAlchemy has for it
# the dialects of all databases would be loaded, whichever is used.
_WHERE = "where"


@compiles(CreateIndex)
def _partial(create: CreateIndex, compiler: DDLCompiler, **told: Any) -> str:
    text = str(compiler.visit_create_index(create, **told))  # type: ignore[no-untyped-call]
    condition = create.element.info.get(_WHERE)
    return f"{text} WHERE {condition}" if condition else text


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=False, comment="counts up from 1")


schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False, comment="of the schema"),
    comment="The version of this schema; one row.",
)

snapshot = Table(
    "snapshot",
    metadata,
    _id(),
    Column("label", Text, nullable=False, comment="what people call it"),
    Column("kind", Text, nullable=False, comment="ingest or crawl"),
    Column("created", BigInteger, nullable=False, comment="when it came into the archive"),
    Column("tool", Text, nullable=False, comment="software and version that made it"),
    Column("operator", Text, nullable=False, comment="who ran it; empty when not told"),
    Column("captures", Integer, nullable=False, comment="how many captures belong to it"),
    Column("first", BigInteger, comment="its earliest capture; null when it has none"),
    Column("last", BigInteger, comment="its latest capture"),
    comment="One dated run, a crawl or an ingested set, of one site.",
)

intake = Table(
    "intake",
    metadata,
    _id(),
    Column(
        *("snapshot_id", ForeignKey("snapshot.id")),
        nullable=False,
        index=True,
        comment="the snapshot its captures are part of",
    ),
    Column("name", Text, nullable=False, comment="the input as the operator named it"),
    Column("format", Text, nullable=False, comment="warc, pages.csv, folder, page, memento ..."),
    Column("digest", Text, nullable=False, unique=True, comment="SHA-256 (hex) of the input"),
    Column("taken", BigInteger, nullable=False, comment="when it was taken in"),
    Column("captures", Integer, nullable=False, comment="how many captures came of it"),
    Column("counts", Text, nullable=False, comment="records or saved files by kind, as JSON"),
    comment="One input taken in; the same digest again changes nothing.",
)

warc_file = Table(
    "warc_file",
    metadata,
    _id(),
    Column("path", Text, nullable=False, unique=True, comment="relative to the archive folder"),
    Column("sealed", SmallInteger, nullable=False, comment="1 when finished and read-only"),
    Column("committed_length", BigInteger, nullable=False, comment="bytes that rows may point at"),
    Column("sha256", Text, nullable=False, comment="hex; empty until sealed"),
    Column("created", BigInteger, nullable=False, comment="when it was begun"),
    Column(
        *("adopted", SmallInteger),
        nullable=False,
        default=0,
        comment="1 when copied in whole, 0 when written here",
    ),
    comment="One WARC file of the archive.",
)

commit_note = Table(
    "commit_note",
    metadata,
    _id(),
    Column("written", BigInteger, nullable=False, comment="when the commit was made"),
    Column("sha256", Text, nullable=False, comment="hex; of its file below manifests/commits/"),
    comment="One commit, and the note beside the files from which its rows can be made anew.",
)

original = Table(
    "original",
    metadata,
    Column("sha256", Text, primary_key=True, comment="hex; also its name below originals/"),
    Column("size", BigInteger, nullable=False, comment="in bytes"),
    Column("name", Text, nullable=False, comment="the file as the operator named it"),
    Column(
        *("intake_id", ForeignKey("intake.id")),
        nullable=False,
        index=True,
        comment="the input it first came with",
    ),
    comment="An input file that was not WARC, kept untouched.",
)

listed_page = Table(
    "listed_page",
    metadata,
    Column("intake_id", ForeignKey("intake.id"), nullable=False, comment="the input it came with"),
    Column("position", Integer, nullable=False, comment="order in which they were listed"),
    Column("urlkey", _BYTE_ORDERED, nullable=False, comment="SURT, as in url"),
    Column("url", Text, nullable=False, comment="the address as listed"),
    Column("stated", BigInteger, comment="the time as listed; null when none was"),
    Column("timestamp", BigInteger, comment="of the capture it means; null when there is none"),
    Column("title", Text, nullable=False, comment="what it was called; empty when nothing"),
    PrimaryKeyConstraint("intake_id", "position"),
    comment="A page on a list of pages that came with an input, such as that of a WACZ.",
)
Index("listed_page_place", listed_page.c.urlkey, listed_page.c.timestamp)

media_type = Table(
    "media_type",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True, comment="empty: none was declared"),
    comment="Media types as declared, lower case, without parameters.",
)

url = Table(
    "url",
    metadata,
    _id(),
    Column("urlkey", _BYTE_ORDERED, nullable=False, comment="SURT, at most 600 characters"),
    Column("head", Text, nullable=False, comment="how the URL begins, up to what the key shares"),
    Column("shared", SmallInteger, nullable=False, comment="where that begins in the key, from 1"),
    Column("tail", Text, nullable=False, comment="what follows it"),
    Column(
        *("url", _BYTE_ORDERED, _PutTogether("head || substr(urlkey, shared) || tail")),
        nullable=False,
        comment="the original URL as recorded",
    ),
    Index("url_key", "urlkey"),
    comment="One original URL. Variants of one address share the urlkey.",
)

capture = Table(
    "capture",
    metadata,
    Column("url_id", ForeignKey("url.id"), nullable=False, comment="its address"),
    Column("timestamp", BigInteger, nullable=False, comment="when it was captured"),
    Column("seq", Integer, nullable=False, comment="tells captures of one second apart"),
    Column("file_id", ForeignKey("warc_file.id"), nullable=False, comment="where its record is"),
    Column("record_offset", BigInteger, nullable=False, comment="where the record begins"),
    Column("record_length", BigInteger, nullable=False, comment="bytes as stored"),
    Column("status", SmallInteger, comment="HTTP status; null where there was none"),
    Column("media_type_id", ForeignKey("media_type.id"), nullable=False, comment="as declared"),
    Column("digest", LargeBinary, nullable=False, comment="payload digest; SHA-1 if 20 bytes"),
    Column("kind", SmallInteger, nullable=False, comment="1 response, 2 revisit, 3 resource"),
    Column("grade", SmallInteger, nullable=False, comment="fidelity: 1 A, 2 B, 3 C, 4 D"),
    Column("snapshot_id", ForeignKey("snapshot.id"), nullable=False, comment="it is part of"),
    PrimaryKeyConstraint("url_id", "timestamp", "seq"),
    comment="One response to one request at one moment.",
    sqlite_with_rowid=False,
)


def digest_prefix(taken: FromClause = capture) -> ColumnElement[bytes]:
    """Give the part of a capture's digest that is indexed, for a table of captures or its alias.

    Its numbers are in the text of a query: with parameters in their place no index is used.
    """
    return func.substr(taken.c.digest, literal_column("1"), literal_column(str(DIGEST_PREFIX)))


Index("capture_digest", digest_prefix())


def same_capture(one: FromClause, other: FromClause = capture) -> ColumnElement[bool]:
    """Give the condition that the rows of two tables are about the same capture."""
    return and_(
        one.c.url_id == other.c.url_id,
        one.c.timestamp == other.c.timestamp,
        one.c.seq == other.c.seq,
    )


stated_date = Table(
    "stated_date",
    metadata,
    Column("url_id", Integer, nullable=False, comment="of the capture"),
    Column("timestamp", BigInteger, nullable=False, comment="of the capture"),
    Column("seq", Integer, nullable=False, comment="of the capture"),
    Column("position", SmallInteger, nullable=False, comment="order in which they were found"),
    Column("source", Text, nullable=False, comment="who stated it: address, banner, list ..."),
    Column("stated", Text, nullable=False, comment="4 to 14 digits, as precise as stated"),
    Column("raw", Text, nullable=False, comment="the text it was read from"),
    Column("rule", Text, comment="the rule that chose this one; null for the others"),
    PrimaryKeyConstraint("url_id", "timestamp", "seq", "position"),
    ForeignKeyConstraint(
        ["url_id", "timestamp", "seq"], ["capture.url_id", "capture.timestamp", "capture.seq"]
    ),
    comment="Every date anyone stated for a capture. A WARC-Date alone is the capture's timestamp.",
    sqlite_with_rowid=False,
)

problem = Table(
    "problem",
    metadata,
    _id(),
    Column("intake_id", ForeignKey("intake.id"), index=True, comment="the input it was found in"),
    Column("noted", BigInteger, nullable=False, comment="when it was found"),
    Column("code", Text, nullable=False, comment="short stable name"),
    Column("message", Text, nullable=False, comment="what happened, for people"),
    Column("file", Text, nullable=False, comment="the file as the operator named it"),
    Column("record_offset", BigInteger, comment="byte offset in that file"),
    Column("record_length", BigInteger, comment="bytes concerned"),
    Column("url", Text, comment="the address concerned"),
    comment="Something lost, doubtful or left out.",
)

withdrawal = Table(
    "withdrawal",
    metadata,
    _id(),
    Column("kind", Text, nullable=False, comment="page, prefix, host, dates or value"),
    Column("target", Text, nullable=False, comment="the address, host or value it names"),
    Column("first", BigInteger, comment="captures from this time on; null for all"),
    Column("last", BigInteger, comment="captures up to this time, included"),
    Column("reason", Text, nullable=False, comment="why; readers are told"),
    Column("authority", Text, nullable=False, comment="who decided; readers are told"),
    Column("decided", BigInteger, nullable=False, comment="when it was decided"),
    Column("valid_from", BigInteger, nullable=False, comment="out of view from this time on"),
    Column("valid_until", BigInteger, comment="to this time, included; null for no end"),
    Column("lifted", BigInteger, comment="when it was lifted; null while it stands"),
    comment="A decision to take captures out of view. Made anew from decisions.jsonl.",
)

withdrawal_reach = Table(
    "withdrawal_reach",
    metadata,
    Column("withdrawal_id", ForeignKey("withdrawal.id"), nullable=False, comment="the decision"),
    Column("position", Integer, nullable=False, comment="counts from 0"),
    Column("wide", SmallInteger, nullable=False, comment="0 when it is of one urlkey alone"),
    Column("first_key", _BYTE_ORDERED, nullable=False, comment="first urlkey out of view"),
    Column("beyond_key", _BYTE_ORDERED, nullable=False, comment="first urlkey behind them"),
    Column("first", BigInteger, nullable=False, comment="first time of capture out of view"),
    Column("last", BigInteger, nullable=False, comment="last one"),
    PrimaryKeyConstraint("withdrawal_id", "position"),
    comment="The addresses and times a withdrawal that was not lifted reaches.",
)
Index(  # all that is asked of it for every capture shown, so that its rows need not be read
    "withdrawal_reach_key",
    *(withdrawal_reach.c[name] for name in ("wide", "first_key", "beyond_key", "first", "last")),
    withdrawal_reach.c.withdrawal_id,
)

withdrawn_payload = Table(
    "withdrawn_payload",
    metadata,
    Column("digest", LargeBinary, nullable=False, comment="payload digest, as of a capture"),
    Column("withdrawal_id", ForeignKey("withdrawal.id"), nullable=False, comment="the decision"),
    PrimaryKeyConstraint("digest", "withdrawal_id"),
    comment="The payloads in which a withdrawn value was read, wherever they were captured.",
    sqlite_with_rowid=False,
)

erasure = Table(
    "erasure",
    metadata,
    _id(),
    Column("kind", Text, nullable=False, comment="page, prefix, host or dates"),
    Column("target", Text, nullable=False, comment="the address or host; empty if it went too"),
    Column("first", BigInteger, comment="captures from this time on; null for all"),
    Column("last", BigInteger, comment="captures up to this time, included"),
    Column("reason", Text, nullable=False, comment="why; readers are told"),
    Column("authority", Text, nullable=False, comment="who decided; readers are told"),
    Column("decided", BigInteger, nullable=False, comment="when it was decided"),
    Column("captures", Integer, nullable=False, comment="how many captures were erased"),
    Column("records", Integer, nullable=False, comment="how many WARC records, captures included"),
    comment="A decision to erase captures for good. Made anew from decisions.jsonl.",
)

erased_record = Table(
    "erased_record",
    metadata,
    Column("file_id", Integer, nullable=False, comment="the file it stood in"),
    Column("taken_offset", BigInteger, nullable=False, comment="its place before any erasure"),
    Column("taken_length", BigInteger, nullable=False, comment="bytes it had there"),
    Column("record_offset", BigInteger, nullable=False, comment="where its stub is now"),
    Column("record_length", BigInteger, nullable=False, comment="bytes the stub has"),
    Column("kind", SmallInteger, nullable=False, comment="as of a capture; 0 for other records"),
    Column("url_id", ForeignKey("url.id"), index=True, comment="of a capture; else null"),
    Column("timestamp", BigInteger, comment="of a capture; else null"),
    Column("seq", Integer, comment="of a capture; else null"),
    Column("media_type_id", Integer, comment="of a capture; else null"),
    Column("intake_id", Integer, comment="the input it came with; null where none is noted"),
    Column("erasure_id", Integer, nullable=False, comment="the decision by which it went"),
    PrimaryKeyConstraint("file_id", "taken_offset"),
    comment="A WARC record that was erased; a stub stands in its place.",
    sqlite_with_rowid=False,
)

verification = Table(
    "verification",
    metadata,
    _id(),
    Column("checked", BigInteger, nullable=False, comment="when the check began"),
    Column("level", Text, nullable=False, comment="quick, files, records or deep"),
    Column("what", Text, nullable=False, comment="a file's path; empty for the archive as a whole"),
    Column("warnings", Integer, nullable=False, comment="how many findings were warnings"),
    Column("damage", Integer, nullable=False, comment="how many findings were damage"),
    Column("counts", Text, nullable=False, comment="what was looked at, as JSON"),
    Column("findings", Text, nullable=False, comment="the first findings, as JSON"),
    Index("verification_what", "what", "checked"),
    comment="What a check found of one file, or of the archive as a whole.",
)

crawl = Table(
    "crawl",
    metadata,
    _id(),
    # No foreign key: the snapshot may be made anew while this stays.
    Column("snapshot_id", Integer, nullable=False, unique=True, comment="what it captures is in"),
    Column("identity", Text, nullable=False, index=True, comment="SHA-256 (hex) of the order"),
    Column("asked", Text, nullable=False, comment="the order, as JSON"),
    Column("state", Text, nullable=False, comment="running, stopped or finished"),
    Column("begun", BigInteger, nullable=False, comment="when it was begun"),
    Column("ended", BigInteger, comment="when it stopped or finished; null while it runs"),
    Column("spent", BigInteger, nullable=False, comment="milliseconds it ran, all runs together"),
    Column("exchanges", Integer, nullable=False, comment="how many were stored"),
    Column("bytes", BigInteger, nullable=False, comment="of the answers, as they came"),
    Column("counts", Text, nullable=False, comment="addresses by their state, as JSON"),
    comment="One crawl: what was asked for, and how far it is.",
)

crawl_site = Table(
    "crawl_site",
    metadata,
    _id(),
    Column("crawl_id", ForeignKey("crawl.id"), nullable=False, comment="the crawl"),
    Column("authority", Text, nullable=False, comment="scheme, host and port, as http://host:80"),
    Column("robots", Text, nullable=False, comment="what its robots.txt came to; else empty"),
    Column("state", Text, nullable=False, comment="how it was met so far, as JSON; else empty"),
    Column("cookies", Text, nullable=False, comment="those it set, as JSON; else empty"),
    UniqueConstraint("crawl_id", "authority"),
    comment="A server that a crawl asks, and what is known of it; another crawl knows it anew.",
)

crawl_note = Table(
    "crawl_note",
    metadata,
    Column("crawl_id", ForeignKey("crawl.id"), nullable=False, comment="the crawl"),
    Column("name", Text, nullable=False, comment="what it is about"),
    Column("text", Text, nullable=False, comment="what a crawl that goes on has to know"),
    PrimaryKeyConstraint("crawl_id", "name"),
    comment="What a crawl keeps in mind besides addresses and servers.",
    sqlite_with_rowid=False,
)

crawl_url = Table(
    "crawl_url",
    metadata,
    Column("crawl_id", ForeignKey("crawl.id"), nullable=False, comment="the crawl"),
    Column("id", Integer, nullable=False, comment="counts up from 1 in the order found"),
    Column("url", Text, nullable=False, comment="as it is asked for"),
    Column("key", LargeBinary, nullable=False, comment="16 bytes of a hash of crawl and URL"),
    Column("site_id", Integer, comment="the server; null for one that is not to be asked"),
    Column("via_id", Integer, comment="the address it was found at; null for a seed"),
    Column("path", Text, nullable=False, comment="letters of the hops from a seed to it"),
    Column("priority", SmallInteger, nullable=False, comment="lower ones are asked first"),
    Column(
        "state",
        SmallInteger,
        nullable=False,
        comment="0 queued, 1 leased, 2 done, 3 refused, 4 failed",
    ),
    Column("due", BigInteger, nullable=False, comment="not before; milliseconds since 1970"),
    Column("tries", SmallInteger, nullable=False, comment="how often it was put back"),
    Column("rule", Text, nullable=False, comment="what refused it, or how it failed; else empty"),
    Column("status", SmallInteger, comment="HTTP status of the answer; null without one"),
    Column("outcome", SmallInteger, comment="against what the archive held: see Outcome"),
    Column("timestamp", BigInteger, comment="of its capture; null without one"),
    Column("bytes", BigInteger, comment="of the answer, as they came"),
    Column("leads_to_id", Integer, comment="the address a redirect leads to; else null"),
    PrimaryKeyConstraint("crawl_id", "id"),
    comment="An address that a crawl met.",
    sqlite_with_rowid=False,
)
# Found without the crawl's number: a planner that knows nothing of the table takes that for rare,
# and would go through all addresses of the crawl.
Index("crawl_url_key", crawl_url.c.key, unique=True)
Index(  # of what is still to be asked alone, in the order in which it is
    "crawl_url_queued",
    *(crawl_url.c[name] for name in ("site_id", "priority", "id", "due")),
    info={_WHERE: "state = 0"},
)
