-- What a workspace remembers: its files as they were last read, and for each database the versions
-- that this tree stands on. Losing it loses nothing that was pushed or committed.

CREATE TABLE IF NOT EXISTS files (
    path     TEXT PRIMARY KEY,          -- relative to the content folder
    size     INTEGER NOT NULL,
    mtime    INTEGER NOT NULL,          -- nanoseconds
    ctime    INTEGER NOT NULL,          -- nanoseconds
    inode    INTEGER NOT NULL,
    stamp    INTEGER NOT NULL,          -- of size, mtime, ctime and inode
    kind     TEXT NOT NULL,             -- '' for a file that is no record
    parent   TEXT NOT NULL,             -- path of the parent's own file, '' at the top
    slot     TEXT NOT NULL,
    id       TEXT,                      -- as written in the file
    digests  BLOB,                      -- NULL: it can't be read as a record
    problems TEXT                       -- JSON, NULL: none
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_by_id ON files (id) WHERE id IS NOT NULL;
CREATE INDEX IF NOT EXISTS files_by_place ON files (parent, kind, slot);
CREATE INDEX IF NOT EXISTS files_stamps ON files (path, stamp);
DROP INDEX IF EXISTS files_of_records;
CREATE INDEX IF NOT EXISTS files_by_kind ON files (kind, id) WHERE kind <> '';
CREATE INDEX IF NOT EXISTS files_with_problems ON files (path) WHERE problems IS NOT NULL;

CREATE TABLE IF NOT EXISTS folders (
    path     TEXT PRIMARY KEY,          -- relative to the content folder, '' for itself
    stamp    INTEGER NOT NULL           -- of its times, inode and what stood in it, -1: list it again
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS databases (
    id       INTEGER PRIMARY KEY,
    label    TEXT NOT NULL UNIQUE,
    lineage  TEXT NOT NULL,
    horizon  INTEGER NOT NULL           -- the database's transaction counter when it was last seen
);

CREATE TABLE IF NOT EXISTS bases (
    db       INTEGER NOT NULL,
    rid      TEXT NOT NULL,
    kind     TEXT NOT NULL,
    parent   TEXT NOT NULL,
    slot     TEXT NOT NULL,
    digests  BLOB NOT NULL,
    path     TEXT NOT NULL,             -- where its file stood
    row_id   BLOB NOT NULL,
    token    INTEGER,                   -- the row's xmin while it was this version, NULL: unknown
    settled  INTEGER NOT NULL,          -- 1: file and row were both this version when last seen
    number   INTEGER NOT NULL,          -- of the newest version in the ledger then, 0: none
    places   TEXT,                      -- JSON: the numbers of fields that stand on older versions
    held     BLOB,                      -- the digests of the file that stood on this; NULL: it said the same
    at       INTEGER NOT NULL,          -- when this was found, in nanoseconds
    PRIMARY KEY (db, rid)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bases_by_path ON bases (path);
CREATE INDEX IF NOT EXISTS bases_by_place ON bases (db, parent, kind, slot);
CREATE INDEX IF NOT EXISTS bases_unsettled ON bases (db, rid) WHERE settled = 0;
CREATE INDEX IF NOT EXISTS bases_settled ON bases (db) WHERE settled = 1;
CREATE INDEX IF NOT EXISTS bases_rows ON bases (db, row_id, token);

-- Records that were in the database and of which it is known here that they were deleted.
CREATE TABLE IF NOT EXISTS gone (
    db     INTEGER NOT NULL,
    rid    TEXT NOT NULL,
    at     INTEGER NOT NULL,            -- when that was found, in nanoseconds
    PRIMARY KEY (db, rid)
) WITHOUT ROWID;

-- Parts of conflicts that were shown whole: only those are settled. A part that changes has another id.
DROP TABLE IF EXISTS shown;
CREATE TABLE IF NOT EXISTS shown_parts (
    db      INTEGER NOT NULL,
    rid     TEXT NOT NULL,
    part    TEXT NOT NULL,              -- a digest of what it is about, and of its three values
    PRIMARY KEY (db, rid, part)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
