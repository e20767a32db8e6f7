-- The ledger: every version of every record that a push wrote or a pull saw. Nothing in it is ever changed.

-- A command that wrote into the ledger: who, when, from where, why.
CREATE TABLE studio_sync.runs (
    id         UUID PRIMARY KEY,
    at         TIMESTAMPTZ NOT NULL DEFAULT now(),
    actor      TEXT NOT NULL,                       -- a git identity, or STUDIO_ACTOR
    role       TEXT NOT NULL DEFAULT current_user,  -- of the database
    source     TEXT NOT NULL,                       -- the command
    git_commit TEXT,                                -- HEAD of the workspace at that time
    message    TEXT
);
CREATE INDEX runs_at ON studio_sync.runs (at);

-- A version of one record; numbers count up from 1 for each record, under the lock of its row.
CREATE TABLE studio_sync.versions (
    entry    UUID PRIMARY KEY,
    run      UUID NOT NULL REFERENCES studio_sync.runs (id),
    top      UUID NOT NULL,     -- the row of the client that it belongs to
    kind     TEXT NOT NULL,
    rid      TEXT NOT NULL,     -- the record's identity: its row's id, or its parent's and its place below
    number   INTEGER NOT NULL,
    row_id   UUID NOT NULL,
    parent   TEXT NOT NULL,     -- the identity of the record above, '' for a client
    slot     TEXT NOT NULL,     -- slug, number or type
    digests  BYTEA NOT NULL,    -- of each field's canonical value, in the order of the kind's declaration
    document JSON,              -- the canonical values; NULL: the record was deleted
    decision JSONB,             -- what was decided with it, such as {"reopen": "why"}
    UNIQUE (rid, number)
);
CREATE INDEX versions_run ON studio_sync.versions (run);

-- What a file says that is no version itself, and the version that some of its fields stand on.
CREATE TABLE studio_sync.notes (
    id      UUID PRIMARY KEY,
    run     UUID NOT NULL REFERENCES studio_sync.runs (id),
    top     UUID NOT NULL,
    kind    TEXT NOT NULL,
    rid     TEXT NOT NULL,
    parent  TEXT NOT NULL,      -- of the file, as are slot and digests
    slot    TEXT NOT NULL,
    digests BYTEA NOT NULL,
    fields  TEXT[] NOT NULL,
    number  INTEGER NOT NULL    -- of the version of `rid`
);
CREATE INDEX notes_rid ON studio_sync.notes (rid);

-- Whoever is no owner reads and writes what a policy gives: `studio db grant` makes them, by client.
ALTER TABLE studio_sync.runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE studio_sync.versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE studio_sync.notes ENABLE ROW LEVEL SECURITY;

UPDATE studio_sync.meta SET version = 2;
