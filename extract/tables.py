"""The fact tables: what pages say, as observations that never change.

An *extraction* is one reading of one payload by one version of the extractor, and by a site's
recipe where one is for the page; captures of the same bytes share it. Contacts, partnerships and
claims are views of its observations.
"""

from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from snapshots.tables import metadata

__all__ = [
    "ENTITY_TABLES",
    "FACT_TABLES",
    "WORD_INDEX",
    "correction",
    "entity",
    "entity_build",
    "entity_key",
    "entity_relation",
    "entity_sighting",
    "entity_state",
    "entity_view",
    "extraction",
    "extraction_failure",
    "metadata",
    "observation",
    "page_sketch",
    "page_text",
    "page_version",
    "review_item",
]

page_text = Table(
    "page_text",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="counts up from 1"),
    Column(
        "digest", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the text, UTF-8"
    ),
    Column("text", Text, nullable=False, comment="canonical text; spans count its characters"),
    comment="One row for each distinct text.",
)

extraction = Table(
    "extraction",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="counts up from 1"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-1 of the payload, decoded"),
    Column("version", Integer, nullable=False, comment="version of the extractor"),
    Column(
        "recipe", LargeBinary, nullable=False, comment="SHA-256 of its recipe; empty without one"
    ),
    Column("text_id", ForeignKey("page_text.id"), nullable=False, index=True, comment="its text"),
    Column("title", Text, nullable=False, comment="what the page is called; empty when nothing"),
    Column("url", Text, nullable=False, comment="the address its links were resolved against"),
    Column("charset_declared", Text, nullable=False, comment="empty when none was"),
    Column("charset_used", Text, nullable=False, comment="in which it was read"),
    Column("problems", Text, nullable=False, comment="what made reading doubtful, a line each"),
    UniqueConstraint("digest", "version", "recipe"),
    comment="One reading of one payload; the same bytes are never read twice by the same rules.",
)

extraction_failure = Table(
    "extraction_failure",
    metadata,
    Column(
        *("extraction_id", ForeignKey("extraction.id")),
        primary_key=True,
        autoincrement=False,
        comment="the reading",
    ),
    Column("cause", Text, nullable=False, comment="time, memory, crash or fault"),
    Column("what", Text, nullable=False, comment="how it went, in words"),
    comment="A reading that was given up, with neither text nor observations.",
)

page_sketch = Table(
    "page_sketch",
    metadata,
    Column(
        *("extraction_id", ForeignKey("extraction.id")),
        primary_key=True,
        autoincrement=False,
        comment="the reading",
    ),
    Column(
        *("state", Text),
        nullable=False,
        comment="content, not-found, error, redirect, off-topic, withdrawn, empty; by its words",
    ),
    Column("base", Text, nullable=False, comment="raw address of its base element; else empty"),
    Column("hashes", LargeBinary, nullable=False, comment="8 bytes for each block, in order"),
    Column("units", LargeBinary, nullable=False, comment="the blocks, JSON lines, deflated"),
    comment="The blocks of a page and their hashes, by which its captures are compared.",
)

page_version = Table(
    "page_version",
    metadata,
    Column("url_id", Integer, nullable=False, comment="of the capture"),
    Column("timestamp", BigInteger, nullable=False, comment="of the capture"),
    Column("seq", Integer, nullable=False, comment="of the capture"),
    Column(
        *("extraction_id", ForeignKey("extraction.id")),
        nullable=False,
        index=True,
        comment="the reading of its payload",
    ),
    PrimaryKeyConstraint("url_id", "timestamp", "seq"),
    ForeignKeyConstraint(
        ["url_id", "timestamp", "seq"], ["capture.url_id", "capture.timestamp", "capture.seq"]
    ),
    comment="What a capture says: the newest reading of its payload.",
    sqlite_with_rowid=False,
)

observation = Table(
    "observation",
    metadata,
    Column("extraction_id", ForeignKey("extraction.id"), nullable=False, comment="it is from"),
    Column("position", Integer, nullable=False, comment="order in the reading, from 0"),
    Column("kind", Text, nullable=False, comment="contact, partnership, count, link ..."),
    Column("record", Integer, nullable=False, comment="number among the records of its kind"),
    Column("parent", Integer, comment="the partnership a contact belongs to"),
    Column("field", Text, nullable=False, comment="of the record: phone, url, label ..."),
    Column("raw", Text, nullable=False, comment="as printed"),
    Column("value", Text, nullable=False, comment="as read"),
    Column("text_start", Integer, comment="first character in the canonical text"),
    Column("text_end", Integer, comment="first character behind it"),
    Column("source", Text, nullable=False, comment="text, href, meta ..."),
    Column("rule", Text, nullable=False, comment="the rule that read it"),
    Column("confidence", Float, nullable=False, comment="0 to 1"),
    PrimaryKeyConstraint("extraction_id", "position"),
    comment="One value of one field of one record on a page.",
    sqlite_with_rowid=False,
)

correction = Table(
    "correction",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="counts up from 1"),
    Column(
        *("action", Text),
        nullable=False,
        comment="correct, reject, confirm, add, merge, split, assign or undo",
    ),
    Column("reach", Text, nullable=False, comment="page, site or entities"),
    Column("place", Text, nullable=False, comment="key of the page, or of the site; else empty"),
    Column("url", Text, nullable=False, comment="where the value was seen; else empty"),
    Column("timestamp", BigInteger, comment="of the capture in which it was seen"),
    Column("seq", Integer, comment="of that capture"),
    Column("kind", Text, nullable=False, comment="contact, partnership, count ..."),
    Column("record", Text, nullable=False, comment="what the record is called; or an entity's key"),
    Column("field", Text, nullable=False, comment="of the record: phone, name ..."),
    Column("value", Text, comment="the value seen when it was decided; null once it was erased"),
    Column("digest", Text, comment="SHA-256 (hex) of that value; null once it was erased"),
    Column("new", Text, comment="the value that is right; another entity's key; who is to look"),
    Column("reason", Text, nullable=False, comment="why"),
    Column("author", Text, nullable=False, comment="who decided"),
    Column("decided", BigInteger, nullable=False, comment="when"),
    Column("first", BigInteger, comment="holds for captures from this time; null for all before"),
    Column("last", BigInteger, comment="holds for captures up to this time; null for all after"),
    Column("state", Text, nullable=False, comment="active, superseded, stale or erased"),
    Column("superseded_by", Integer, comment="the decision that took its place"),
    Index("correction_place", "place"),
    comment="A person's decision on a value, or on who is who. Made anew from decisions.jsonl.",
)

review_item = Table(
    "review_item",
    metadata,
    Column("id", Text, primary_key=True, comment="16 digits of a hash of page, record and value"),
    Column("reason", Text, nullable=False, comment="why somebody has to look"),
    Column("state", Text, nullable=False, comment="open or decided"),
    Column("place", Text, nullable=False, index=True, comment="key of the page"),
    Column("url_id", Integer, nullable=False, comment="of the newest capture it concerns"),
    Column("timestamp", BigInteger, nullable=False, comment="of that capture"),
    Column("seq", Integer, nullable=False, comment="of that capture"),
    Column("kind", Text, nullable=False, comment="contact, partnership, count ..."),
    Column("record", Text, nullable=False, comment="what the record is called"),
    Column("field", Text, nullable=False, comment="of the record: phone, name ..."),
    Column("value", Text, nullable=False, comment="as read"),
    Column("confidence", Float, nullable=False, comment="of the reading, 0 to 1"),
    Column("told", Text, nullable=False, comment="what is doubtful, in words; else empty"),
    Column("correction_id", Integer, comment="what was decided, or the decision that is stale"),
    Column("assigned", Text, comment="who is to look; null for anybody"),
    comment="A value that a person should look at. Made anew from observations and decisions.",
)

entity = Table(
    "entity",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="made of its key"),
    Column("kind", Text, nullable=False, comment="partnership or contact"),
    Column("key", Text, nullable=False, comment="stable name, as it stands in addresses"),
    Column("partnership_id", BigInteger, comment="the partnership a contact belongs to"),
    Column("code", Text, comment="of the reference list; a partnership's"),
    UniqueConstraint("kind", "key"),
    comment="A partnership or contact through time; put together anew whenever pages were read.",
)

entity_key = Table(
    "entity_key",
    metadata,
    Column("kind", Text, nullable=False, comment="partnership or contact"),
    Column("key", Text, nullable=False, comment="another spelling's key"),
    Column("entity_id", ForeignKey("entity.id"), nullable=False, comment="whom it means"),
    PrimaryKeyConstraint("kind", "key"),
    comment="Keys that lead to an entity besides its own.",
    sqlite_with_rowid=False,
)

entity_state = Table(
    "entity_state",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="made of its values"),
    Column("fields", Text, nullable=False, comment="JSON: each field with its values"),
    comment="What a record says of an entity; equal states are one row.",
)

entity_view = Table(
    "entity_view",
    metadata,
    Column("url_id", Integer, nullable=False, comment="of the capture"),
    Column("timestamp", BigInteger, nullable=False, comment="of the capture"),
    Column("seq", Integer, nullable=False, comment="of the capture"),
    Column("view_id", BigInteger, nullable=False, index=True, comment="what it shows"),
    PrimaryKeyConstraint("url_id", "timestamp", "seq"),
    ForeignKeyConstraint(
        ["url_id", "timestamp", "seq"], ["capture.url_id", "capture.timestamp", "capture.seq"]
    ),
    comment="A capture of a page that names partnerships or contacts, and the view it gives.",
    sqlite_with_rowid=False,
)

entity_sighting = Table(
    "entity_sighting",
    metadata,
    Column("view_id", BigInteger, nullable=False, comment="equal for equal sightings"),
    Column("kind", Text, nullable=False, comment="partnership or contact"),
    Column("record", Integer, nullable=False, comment="its number among the page's records"),
    Column(
        *("entity_id", ForeignKey("entity.id")), nullable=False, index=True, comment="who is seen"
    ),
    Column("state_id", ForeignKey("entity_state.id"), nullable=False, comment="what is said"),
    Column("name", Text, nullable=False, comment="as the page has it"),
    PrimaryKeyConstraint("view_id", "kind", "record"),
    comment="What a page's view says of one entity in one record.",
    sqlite_with_rowid=False,
)

entity_relation = Table(
    "entity_relation",
    metadata,
    Column("view_id", BigInteger, nullable=False, comment="that states it"),
    Column("record", Integer, nullable=False, comment="of the partnership"),
    Column("position", Integer, nullable=False, comment="among its predecessors"),
    Column(
        *("entity_id", ForeignKey("entity.id")), nullable=False, index=True, comment="the successor"
    ),
    Column(
        *("other_id", ForeignKey("entity.id")), nullable=False, index=True, comment="predecessor"
    ),
    Column("name", Text, nullable=False, comment="of the predecessor, as the page has it"),
    PrimaryKeyConstraint("view_id", "record", "position"),
    comment="A partnership that replaced another, as a page states.",
    sqlite_with_rowid=False,
)

entity_build = Table(
    "entity_build",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="1"),
    Column("made_of", LargeBinary, nullable=False, comment="SHA-256 of all that went in"),
    comment="What the entities there are were put together from.",
)

ENTITY_TABLES: Final = (
    entity,
    entity_key,
    entity_state,
    entity_view,
    entity_sighting,
    entity_relation,
    entity_build,
)
FACT_TABLES: Final = (
    page_text,
    extraction,
    extraction_failure,
    page_sketch,
    page_version,
    observation,
    correction,
    review_item,
    *ENTITY_TABLES,
)

WORD_INDEX: Final = "word_index"
# What SQLite keeps beside the tables, by itself: see extract.wordindex. The title counts ten times:
# who looks for a page by its name finds it first.
_WORD_INDEX_DEFINITIONS = (
    """
    CREATE VIEW word_source AS
    SELECT extraction.id AS id, extraction.title AS title, page_text.text AS text
    FROM extraction JOIN page_text ON page_text.id = extraction.text_id
    """,
    """
    CREATE VIRTUAL TABLE word_index USING fts5(
        title, text, content='word_source', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2'
    )
    """,
    "INSERT INTO word_index(word_index, rank) VALUES ('rank', 'bm25(10.0, 1.0)')",
    """
    CREATE TRIGGER words_read AFTER INSERT ON extraction BEGIN
        INSERT INTO word_index(rowid, title, text)
        SELECT id, title, text FROM word_source WHERE id = new.id;
    END
    """,
    """
    CREATE TRIGGER words_forgotten BEFORE DELETE ON extraction BEGIN
        INSERT INTO word_index(word_index, rowid, title, text)
        SELECT 'delete', id, title, text FROM word_source WHERE id = old.id;
    END
    """,
)
for _definition in _WORD_INDEX_DEFINITIONS:
    _made: Any = DDL(_definition)  # type: ignore[no-untyped-call]
    event.listen(extraction, "after_create", _made.execute_if(dialect="sqlite"))
