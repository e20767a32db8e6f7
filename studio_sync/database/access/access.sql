-- Who may work with the rows of which client. Policies and functions read it; its owner alone writes it.
CREATE TABLE IF NOT EXISTS studio_sync.access (
    role REGROLE NOT NULL,
    top  UUID NOT NULL,     -- the row of the client
    can  TEXT NOT NULL CHECK (can IN ('read', 'write', 'approve')),
    PRIMARY KEY (role, top)
);

-- Who asks: the role that PostgreSQL holds a statement against, also inside a function that runs as its owner.
CREATE OR REPLACE FUNCTION studio_sync.caller() RETURNS name
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END
$$;
