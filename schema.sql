-- The catalogue of a Marsham archive, version 6. Made from the tables in
-- snapshots/tables.py and extract/tables.py by `make schema`; do not edit.
--
-- This text loads into SQLite and PostgreSQL alike. The archive's own catalogue differs in four
-- ways only: on SQLite the tables marked "without rowid" are made so, url.url is not stored but
-- put together when it is read, and an index of words is kept of what pages say (word_index, FTS5);
-- on PostgreSQL url.urlkey and url.url have COLLATE "C", so that ranges follow the order of bytes.

-- One commit, and the note beside the files from which its rows can be made anew.
--   id: counts up from 1
--   written: when the commit was made
--   sha256: hex; of its file below manifests/commits/
CREATE TABLE commit_note (
    id INTEGER NOT NULL,
    written BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (id)
);

-- A person's decision on a value, or on who is who. Made anew from decisions.jsonl.
--   id: counts up from 1
--   action: correct, reject, confirm, add, merge, split, assign or undo
--   reach: page, site or entities
--   place: key of the page, or of the site; else empty
--   url: where the value was seen; else empty
--   timestamp: of the capture in which it was seen
--   seq: of that capture
--   kind: contact, partnership, count ...
--   record: what the record is called; or an entity's key
--   field: of the record: phone, name ...
--   value: the value seen when it was decided; null once it was erased
--   digest: SHA-256 (hex) of that value; null once it was erased
--   new: the value that is right; another entity's key; who is to look
--   reason: why
--   author: who decided
--   decided: when
--   first: holds for captures from this time; null for all before
--   last: holds for captures up to this time; null for all after
--   state: active, superseded, stale or erased
--   superseded_by: the decision that took its place
CREATE TABLE correction (
    id INTEGER NOT NULL,
    action TEXT NOT NULL,
    reach TEXT NOT NULL,
    place TEXT NOT NULL,
    url TEXT NOT NULL,
    timestamp BIGINT,
    seq INTEGER,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT,
    digest TEXT,
    "new" TEXT,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    decided BIGINT NOT NULL,
    first BIGINT,
    last BIGINT,
    state TEXT NOT NULL,
    superseded_by INTEGER,
    PRIMARY KEY (id)
);

CREATE INDEX correction_place ON correction (place);

-- One crawl: what was asked for, and how far it is.
--   id: counts up from 1
--   snapshot_id: what it captures is in
--   identity: SHA-256 (hex) of the order
--   asked: the order, as JSON
--   state: running, stopped or finished
--   begun: when it was begun
--   ended: when it stopped or finished; null while it runs
--   spent: milliseconds it ran, all runs together
--   exchanges: how many were stored
--   bytes: of the answers, as they came
--   counts: addresses by their state, as JSON
CREATE TABLE crawl (
    id INTEGER NOT NULL,
    snapshot_id INTEGER NOT NULL,
    identity TEXT NOT NULL,
    asked TEXT NOT NULL,
    state TEXT NOT NULL,
    begun BIGINT NOT NULL,
    ended BIGINT,
    spent BIGINT NOT NULL,
    exchanges INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (snapshot_id)
);

CREATE INDEX ix_crawl_identity ON crawl (identity);

-- A partnership or contact through time; put together anew whenever pages were read.
--   id: made of its key
--   kind: partnership or contact
--   key: stable name, as it stands in addresses
--   partnership_id: the partnership a contact belongs to
--   code: of the reference list; a partnership's
CREATE TABLE entity (
    id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    partnership_id BIGINT,
    code TEXT,
    PRIMARY KEY (id),
    UNIQUE (kind, key)
);

-- What the entities there are were put together from.
--   id: 1
--   made_of: SHA-256 of all that went in
CREATE TABLE entity_build (
    id INTEGER NOT NULL,
    made_of BYTEA NOT NULL,
    PRIMARY KEY (id)
);

-- What a record says of an entity; equal states are one row.
--   id: made of its values
--   fields: JSON: each field with its values
CREATE TABLE entity_state (
    id BIGINT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (id)
);

-- A decision to erase captures for good. Made anew from decisions.jsonl.
--   id: counts up from 1
--   kind: page, prefix, host or dates
--   target: the address or host; empty if it went too
--   first: captures from this time on; null for all
--   last: captures up to this time, included
--   reason: why; readers are told
--   authority: who decided; readers are told
--   decided: when it was decided
--   captures: how many captures were erased
--   records: how many WARC records, captures included
CREATE TABLE erasure (
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    first BIGINT,
    last BIGINT,
    reason TEXT NOT NULL,
    authority TEXT NOT NULL,
    decided BIGINT NOT NULL,
    captures INTEGER NOT NULL,
    records INTEGER NOT NULL,
    PRIMARY KEY (id)
);

-- Media types as declared, lower case, without parameters.
--   id: counts up from 1
--   name: empty: none was declared
CREATE TABLE media_type (
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name)
);

-- One row for each distinct text.
--   id: counts up from 1
--   digest: SHA-256 of the text, UTF-8
--   text: canonical text; spans count its characters
CREATE TABLE page_text (
    id INTEGER NOT NULL,
    digest BYTEA NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (digest)
);

-- A value that a person should look at. Made anew from observations and decisions.
--   id: 16 digits of a hash of page, record and value
--   reason: why somebody has to look
--   state: open or decided
--   place: key of the page
--   url_id: of the newest capture it concerns
--   timestamp: of that capture
--   seq: of that capture
--   kind: contact, partnership, count ...
--   record: what the record is called
--   field: of the record: phone, name ...
--   value: as read
--   confidence: of the reading, 0 to 1
--   told: what is doubtful, in words; else empty
--   correction_id: what was decided, or the decision that is stale
--   assigned: who is to look; null for anybody
CREATE TABLE review_item (
    id TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    place TEXT NOT NULL,
    url_id INTEGER NOT NULL,
    timestamp BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    record TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    confidence FLOAT NOT NULL,
    told TEXT NOT NULL,
    correction_id INTEGER,
    assigned TEXT,
    PRIMARY KEY (id)
);

CREATE INDEX ix_review_item_place ON review_item (place);

-- The version of this schema; one row.
--   version: of the schema
CREATE TABLE schema_version (
    version INTEGER NOT NULL,
    PRIMARY KEY (version)
);

-- One dated run, a crawl or an ingested set, of one site.
--   id: counts up from 1
--   label: what people call it
--   kind: ingest or crawl
--   created: when it came into the archive
--   tool: software and version that made it
--   operator: who ran it; empty when not told
--   captures: how many captures belong to it
--   first: its earliest capture; null when it has none
--   last: its latest capture
CREATE TABLE snapshot (
    id INTEGER NOT NULL,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    created BIGINT NOT NULL,
    tool TEXT NOT NULL,
    operator TEXT NOT NULL,
    captures INTEGER NOT NULL,
    first BIGINT,
    last BIGINT,
    PRIMARY KEY (id)
);

-- One original URL. Variants of one address share the urlkey.
--   id: counts up from 1
--   urlkey: SURT, at most 600 characters
--   head: how the URL begins, up to what the key shares
--   shared: where that begins in the key, from 1
--   tail: what follows it
--   url: the original URL as recorded
CREATE TABLE url (
    id INTEGER NOT NULL,
    urlkey TEXT NOT NULL,
    head TEXT NOT NULL,
    shared SMALLINT NOT NULL,
    tail TEXT NOT NULL,
    url TEXT GENERATED ALWAYS AS (head || substr(urlkey, shared) || tail) STORED NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX url_key ON url (urlkey);

-- What a check found of one file, or of the archive as a whole.
--   id: counts up from 1
--   checked: when the check began
--   level: quick, files, records or deep
--   what: a file's path; empty for the archive as a whole
--   warnings: how many findings were warnings
--   damage: how many findings were damage
--   counts: what was looked at, as JSON
--   findings: the first findings, as JSON
CREATE TABLE verification (
    id INTEGER NOT NULL,
    checked BIGINT NOT NULL,
    level TEXT NOT NULL,
    what TEXT NOT NULL,
    warnings INTEGER NOT NULL,
    damage INTEGER NOT NULL,
    counts TEXT NOT NULL,
    findings TEXT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX verification_what ON verification (what, checked);

-- One WARC file of the archive.
--   id: counts up from 1
--   path: relative to the archive folder
--   sealed: 1 when finished and read-only
--   committed_length: bytes that rows may point at
--   sha256: hex; empty until sealed
--   created: when it was begun
--   adopted: 1 when copied in whole, 0 when written here
CREATE TABLE warc_file (
    id INTEGER NOT NULL,
    path TEXT NOT NULL,
    sealed SMALLINT NOT NULL,
    committed_length BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    created BIGINT NOT NULL,
    adopted SMALLINT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (path)
);

-- A decision to take captures out of view. Made anew from decisions.jsonl.
--   id: counts up from 1
--   kind: page, prefix, host, dates or value
--   target: the address, host or value it names
--   first: captures from this time on; null for all
--   last: captures up to this time, included
--   reason: why; readers are told
--   authority: who decided; readers are told
--   decided: when it was decided
--   valid_from: out of view from this time on
--   valid_until: to this time, included; null for no end
--   lifted: when it was lifted; null while it stands
CREATE TABLE withdrawal (
    id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    first BIGINT,
    last BIGINT,
    reason TEXT NOT NULL,
    authority TEXT NOT NULL,
    decided BIGINT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_until BIGINT,
    lifted BIGINT,
    PRIMARY KEY (id)
);

-- One response to one request at one moment. (Without rowid.)
--   url_id: its address
--   timestamp: when it was captured
--   seq: tells captures of one second apart
--   file_id: where its record is
--   record_offset: where the record begins
--   record_length: bytes as stored
--   status: HTTP status; null where there was none
--   media_type_id: as declared
--   digest: payload digest; SHA-1 if 20 bytes
--   kind: 1 response, 2 revisit, 3 resource
--   grade: fidelity: 1 A, 2 B, 3 C, 4 D
--   snapshot_id: it is part of
CREATE TABLE capture (
    url_id INTEGER NOT NULL,
    timestamp BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    file_id INTEGER NOT NULL,
    record_offset BIGINT NOT NULL,
    record_length BIGINT NOT NULL,
    status SMALLINT,
    media_type_id INTEGER NOT NULL,
    digest BYTEA NOT NULL,
    kind SMALLINT NOT NULL,
    grade SMALLINT NOT NULL,
    snapshot_id INTEGER NOT NULL,
    PRIMARY KEY (url_id, timestamp, seq),
    FOREIGN KEY(url_id) REFERENCES url (id),
    FOREIGN KEY(file_id) REFERENCES warc_file (id),
    FOREIGN KEY(media_type_id) REFERENCES media_type (id),
    FOREIGN KEY(snapshot_id) REFERENCES snapshot (id)
);

CREATE INDEX capture_digest ON capture (substr(digest, 1, 5));

-- What a crawl keeps in mind besides addresses and servers. (Without rowid.)
--   crawl_id: the crawl
--   name: what it is about
--   text: what a crawl that goes on has to know
CREATE TABLE crawl_note (
    crawl_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (crawl_id, name),
    FOREIGN KEY(crawl_id) REFERENCES crawl (id)
);

-- A server that a crawl asks, and what is known of it; another crawl knows it anew.
--   id: counts up from 1
--   crawl_id: the crawl
--   authority: scheme, host and port, as http://host:80
--   robots: what its robots.txt came to; else empty
--   state: how it was met so far, as JSON; else empty
--   cookies: those it set, as JSON; else empty
CREATE TABLE crawl_site (
    id INTEGER NOT NULL,
    crawl_id INTEGER NOT NULL,
    authority TEXT NOT NULL,
    robots TEXT NOT NULL,
    state TEXT NOT NULL,
    cookies TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (crawl_id, authority),
    FOREIGN KEY(crawl_id) REFERENCES crawl (id)
);

-- An address that a crawl met. (Without rowid.)
--   crawl_id: the crawl
--   id: counts up from 1 in the order found
--   url: as it is asked for
--   key: 16 bytes of a hash of crawl and URL
--   site_id: the server; null for one that is not to be asked
--   via_id: the address it was found at; null for a seed
--   path: letters of the hops from a seed to it
--   priority: lower ones are asked first
--   state: 0 queued, 1 leased, 2 done, 3 refused, 4 failed
--   due: not before; milliseconds since 1970
--   tries: how often it was put back
--   rule: what refused it, or how it failed; else empty
--   status: HTTP status of the answer; null without one
--   outcome: against what the archive held: see Outcome
--   timestamp: of its capture; null without one
--   bytes: of the answer, as they came
--   leads_to_id: the address a redirect leads to; else null
CREATE TABLE crawl_url (
    crawl_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    url TEXT NOT NULL,
    key BYTEA NOT NULL,
    site_id INTEGER,
    via_id INTEGER,
    path TEXT NOT NULL,
    priority SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    due BIGINT NOT NULL,
    tries SMALLINT NOT NULL,
    rule TEXT NOT NULL,
    status SMALLINT,
    outcome SMALLINT,
    timestamp BIGINT,
    bytes BIGINT,
    leads_to_id INTEGER,
    PRIMARY KEY (crawl_id, id),
    FOREIGN KEY(crawl_id) REFERENCES crawl (id)
);

CREATE UNIQUE INDEX crawl_url_key ON crawl_url (key);

CREATE INDEX crawl_url_queued ON crawl_url (site_id, priority, id, due) WHERE state = 0;

-- Keys that lead to an entity besides its own. (Without rowid.)
--   kind: partnership or contact
--   key: another spelling's key
--   entity_id: whom it means
CREATE TABLE entity_key (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    entity_id BIGINT NOT NULL,
    PRIMARY KEY (kind, key),
    FOREIGN KEY(entity_id) REFERENCES entity (id)
);

-- A partnership that replaced another, as a page states. (Without rowid.)
--   view_id: that states it
--   record: of the partnership
--   position: among its predecessors
--   entity_id: the successor
--   other_id: predecessor
--   name: of the predecessor, as the page has it
CREATE TABLE entity_relation (
    view_id BIGINT NOT NULL,
    record INTEGER NOT NULL,
    position INTEGER NOT NULL,
    entity_id BIGINT NOT NULL,
    other_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (view_id, record, position),
    FOREIGN KEY(entity_id) REFERENCES entity (id),
    FOREIGN KEY(other_id) REFERENCES entity (id)
);

CREATE INDEX ix_entity_relation_entity_id ON entity_relation (entity_id);

CREATE INDEX ix_entity_relation_other_id ON entity_relation (other_id);

-- What a page's view says of one entity in one record. (Without rowid.)
--   view_id: equal for equal sightings
--   kind: partnership or contact
--   record: its number among the page's records
--   entity_id: who is seen
--   state_id: what is said
--   name: as the page has it
CREATE TABLE entity_sighting (
    view_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    record INTEGER NOT NULL,
    entity_id BIGINT NOT NULL,
    state_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (view_id, kind, record),
    FOREIGN KEY(entity_id) REFERENCES entity (id),
    FOREIGN KEY(state_id) REFERENCES entity_state (id)
);

CREATE INDEX ix_entity_sighting_entity_id ON entity_sighting (entity_id);

-- A WARC record that was erased; a stub stands in its place. (Without rowid.)
--   file_id: the file it stood in
--   taken_offset: its place before any erasure
--   taken_length: bytes it had there
--   record_offset: where its stub is now
--   record_length: bytes the stub has
--   kind: as of a capture; 0 for other records
--   url_id: of a capture; else null
--   timestamp: of a capture; else null
--   seq: of a capture; else null
--   media_type_id: of a capture; else null
--   intake_id: the input it came with; null where none is noted
--   erasure_id: the decision by which it went
CREATE TABLE erased_record (
    file_id INTEGER NOT NULL,
    taken_offset BIGINT NOT NULL,
    taken_length BIGINT NOT NULL,
    record_offset BIGINT NOT NULL,
    record_length BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    url_id INTEGER,
    timestamp BIGINT,
    seq INTEGER,
    media_type_id INTEGER,
    intake_id INTEGER,
    erasure_id INTEGER NOT NULL,
    PRIMARY KEY (file_id, taken_offset),
    FOREIGN KEY(url_id) REFERENCES url (id)
);

CREATE INDEX ix_erased_record_url_id ON erased_record (url_id);

-- One reading of one payload; the same bytes are never read twice by the same rules.
--   id: counts up from 1
--   digest: SHA-1 of the payload, decoded
--   version: version of the extractor
--   recipe: SHA-256 of its recipe; empty without one
--   text_id: its text
--   title: what the page is called; empty when nothing
--   url: the address its links were resolved against
--   charset_declared: empty when none was
--   charset_used: in which it was read
--   problems: what made reading doubtful, a line each
CREATE TABLE extraction (
    id INTEGER NOT NULL,
    digest BYTEA NOT NULL,
    version INTEGER NOT NULL,
    recipe BYTEA NOT NULL,
    text_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    charset_declared TEXT NOT NULL,
    charset_used TEXT NOT NULL,
    problems TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (digest, version, recipe),
    FOREIGN KEY(text_id) REFERENCES page_text (id)
);

CREATE INDEX ix_extraction_text_id ON extraction (text_id);

-- One input taken in; the same digest again changes nothing.
--   id: counts up from 1
--   snapshot_id: the snapshot its captures are part of
--   name: the input as the operator named it
--   format: warc, pages.csv, folder, page, memento ...
--   digest: SHA-256 (hex) of the input
--   taken: when it was taken in
--   captures: how many captures came of it
--   counts: records or saved files by kind, as JSON
CREATE TABLE intake (
    id INTEGER NOT NULL,
    snapshot_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    digest TEXT NOT NULL,
    taken BIGINT NOT NULL,
    captures INTEGER NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(snapshot_id) REFERENCES snapshot (id),
    UNIQUE (digest)
);

CREATE INDEX ix_intake_snapshot_id ON intake (snapshot_id);

-- The addresses and times a withdrawal that was not lifted reaches.
--   withdrawal_id: the decision
--   position: counts from 0
--   wide: 0 when it is of one urlkey alone
--   first_key: first urlkey out of view
--   beyond_key: first urlkey behind them
--   first: first time of capture out of view
--   last: last one
CREATE TABLE withdrawal_reach (
    withdrawal_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    wide SMALLINT NOT NULL,
    first_key TEXT NOT NULL,
    beyond_key TEXT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (withdrawal_id, position),
    FOREIGN KEY(withdrawal_id) REFERENCES withdrawal (id)
);

CREATE INDEX withdrawal_reach_key ON withdrawal_reach (wide, first_key, beyond_key, first, last, withdrawal_id);

-- The payloads in which a withdrawn value was read, wherever they were captured. (Without rowid.)
--   digest: payload digest, as of a capture
--   withdrawal_id: the decision
CREATE TABLE withdrawn_payload (
    digest BYTEA NOT NULL,
    withdrawal_id INTEGER NOT NULL,
    PRIMARY KEY (digest, withdrawal_id),
    FOREIGN KEY(withdrawal_id) REFERENCES withdrawal (id)
);

-- A capture of a page that names partnerships or contacts, and the view it gives. (Without rowid.)
--   url_id: of the capture
--   timestamp: of the capture
--   seq: of the capture
--   view_id: what it shows
CREATE TABLE entity_view (
    url_id INTEGER NOT NULL,
    timestamp BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    view_id BIGINT NOT NULL,
    PRIMARY KEY (url_id, timestamp, seq),
    FOREIGN KEY(url_id, timestamp, seq) REFERENCES capture (url_id, timestamp, seq)
);

CREATE INDEX ix_entity_view_view_id ON entity_view (view_id);

-- A reading that was given up, with neither text nor observations.
--   extraction_id: the reading
--   cause: time, memory, crash or fault
--   what: how it went, in words
CREATE TABLE extraction_failure (
    extraction_id INTEGER NOT NULL,
    cause TEXT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (extraction_id),
    FOREIGN KEY(extraction_id) REFERENCES extraction (id)
);

-- A page on a list of pages that came with an input, such as that of a WACZ.
--   intake_id: the input it came with
--   position: order in which they were listed
--   urlkey: SURT, as in url
--   url: the address as listed
--   stated: the time as listed; null when none was
--   timestamp: of the capture it means; null when there is none
--   title: what it was called; empty when nothing
CREATE TABLE listed_page (
    intake_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    urlkey TEXT NOT NULL,
    url TEXT NOT NULL,
    stated BIGINT,
    timestamp BIGINT,
    title TEXT NOT NULL,
    PRIMARY KEY (intake_id, position),
    FOREIGN KEY(intake_id) REFERENCES intake (id)
);

CREATE INDEX listed_page_place ON listed_page (urlkey, timestamp);

-- One value of one field of one record on a page. (Without rowid.)
--   extraction_id: it is from
--   position: order in the reading, from 0
--   kind: contact, partnership, count, link ...
--   record: number among the records of its kind
--   parent: the partnership a contact belongs to
--   field: of the record: phone, url, label ...
--   raw: as printed
--   value: as read
--   text_start: first character in the canonical text
--   text_end: first character behind it
--   source: text, href, meta ...
--   rule: the rule that read it
--   confidence: 0 to 1
CREATE TABLE observation (
    extraction_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    record INTEGER NOT NULL,
    parent INTEGER,
    field TEXT NOT NULL,
    raw TEXT NOT NULL,
    value TEXT NOT NULL,
    text_start INTEGER,
    text_end INTEGER,
    source TEXT NOT NULL,
    rule TEXT NOT NULL,
    confidence FLOAT NOT NULL,
    PRIMARY KEY (extraction_id, position),
    FOREIGN KEY(extraction_id) REFERENCES extraction (id)
);

-- An input file that was not WARC, kept untouched.
--   sha256: hex; also its name below originals/
--   size: in bytes
--   name: the file as the operator named it
--   intake_id: the input it first came with
CREATE TABLE original (
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    name TEXT NOT NULL,
    intake_id INTEGER NOT NULL,
    PRIMARY KEY (sha256),
    FOREIGN KEY(intake_id) REFERENCES intake (id)
);

CREATE INDEX ix_original_intake_id ON original (intake_id);

-- The blocks of a page and their hashes, by which its captures are compared.
--   extraction_id: the reading
--   state: content, not-found, error, redirect, off-topic, withdrawn, empty; by its words
--   base: raw address of its base element; else empty
--   hashes: 8 bytes for each block, in order
--   units: the blocks, JSON lines, deflated
CREATE TABLE page_sketch (
    extraction_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    base TEXT NOT NULL,
    hashes BYTEA NOT NULL,
    units BYTEA NOT NULL,
    PRIMARY KEY (extraction_id),
    FOREIGN KEY(extraction_id) REFERENCES extraction (id)
);

-- What a capture says: the newest reading of its payload. (Without rowid.)
--   url_id: of the capture
--   timestamp: of the capture
--   seq: of the capture
--   extraction_id: the reading of its payload
CREATE TABLE page_version (
    url_id INTEGER NOT NULL,
    timestamp BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    extraction_id INTEGER NOT NULL,
    PRIMARY KEY (url_id, timestamp, seq),
    FOREIGN KEY(url_id, timestamp, seq) REFERENCES capture (url_id, timestamp, seq),
    FOREIGN KEY(extraction_id) REFERENCES extraction (id)
);

CREATE INDEX ix_page_version_extraction_id ON page_version (extraction_id);

-- Something lost, doubtful or left out.
--   id: counts up from 1
--   intake_id: the input it was found in
--   noted: when it was found
--   code: short stable name
--   message: what happened, for people
--   file: the file as the operator named it
--   record_offset: byte offset in that file
--   record_length: bytes concerned
--   url: the address concerned
CREATE TABLE problem (
    id INTEGER NOT NULL,
    intake_id INTEGER,
    noted BIGINT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    file TEXT NOT NULL,
    record_offset BIGINT,
    record_length BIGINT,
    url TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY(intake_id) REFERENCES intake (id)
);

CREATE INDEX ix_problem_intake_id ON problem (intake_id);

-- Every date anyone stated for a capture. A WARC-Date alone is the capture's timestamp. (Without rowid.)
--   url_id: of the capture
--   timestamp: of the capture
--   seq: of the capture
--   position: order in which they were found
--   source: who stated it: address, banner, list ...
--   stated: 4 to 14 digits, as precise as stated
--   raw: the text it was read from
--   rule: the rule that chose this one; null for the others
CREATE TABLE stated_date (
    url_id INTEGER NOT NULL,
    timestamp BIGINT NOT NULL,
    seq INTEGER NOT NULL,
    position SMALLINT NOT NULL,
    source TEXT NOT NULL,
    stated TEXT NOT NULL,
    raw TEXT NOT NULL,
    rule TEXT,
    PRIMARY KEY (url_id, timestamp, seq, position),
    FOREIGN KEY(url_id, timestamp, seq) REFERENCES capture (url_id, timestamp, seq)
);
