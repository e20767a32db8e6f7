-- What others changed in the ten tables, as it happened. The triggers of `studio db track` fill it; without them it
-- stays empty. No command decides by it, and a studio that does not know it works as before.
CREATE TABLE IF NOT EXISTS studio_sync.changes (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- rises with each change of a row, under its lock
    run      UUID NOT NULL,     -- of the transaction and of who acted in it; not in studio_sync.runs
    began    TIMESTAMPTZ NOT NULL DEFAULT now(),
    at       TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    role     TEXT NOT NULL,     -- of the database
    actor    TEXT,              -- for whom the application claims to act (studio.actor); NULL: it claims nothing
    top      UUID,              -- the row of the client that it belongs to; NULL: nobody knows any more
    kind     TEXT NOT NULL,
    rid      TEXT NOT NULL,     -- the record's identity, as in studio_sync.versions
    row_id   UUID NOT NULL,
    parent   TEXT NOT NULL,
    slot     TEXT NOT NULL,
    document JSONB,             -- the row's columns since then; NULL: it is gone
    before   JSONB              -- the columns that were different, as they were; NULL: there was no row
);
-- Names may be longer than an ordered index takes.
CREATE INDEX IF NOT EXISTS changes_rid ON studio_sync.changes USING hash (rid);
CREATE INDEX IF NOT EXISTS changes_slot ON studio_sync.changes USING hash (slot) WHERE parent = '';
CREATE INDEX IF NOT EXISTS changes_run ON studio_sync.changes (run);
CREATE INDEX IF NOT EXISTS changes_top ON studio_sync.changes (top, id);
CREATE INDEX IF NOT EXISTS changes_at ON studio_sync.changes (at, id);
ALTER TABLE studio_sync.changes ENABLE ROW LEVEL SECURITY;
