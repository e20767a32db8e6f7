-- What studio keeps for itself, apart from the ten tables.
CREATE SCHEMA studio_sync;

-- One row: the version of this schema, by which an older studio knows to leave it alone.
CREATE TABLE studio_sync.meta (
    one     BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
    version INTEGER NOT NULL
);
INSERT INTO studio_sync.meta (version) VALUES (1);

-- Every role has to be able to tell whether it may write.
GRANT USAGE ON SCHEMA studio_sync TO PUBLIC;
GRANT SELECT ON studio_sync.meta TO PUBLIC;
