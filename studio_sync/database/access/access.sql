-- Who may work with the rows of which client. Policies and functions read it; its owner alone writes it.
CREATE TABLE IF NOT EXISTS studio_sync.access (
    role REGROLE NOT NULL,
    top  UUID NOT NULL,     -- the row of the client
    can  TEXT NOT NULL CHECK (can IN ('read', 'write', 'approve')),
    PRIMARY KEY (role, top)
);

-- Whom the policies bound: every role that was granted a client, also after that was taken away again, for as
-- long as it has privileges from elsewhere. A role can take its own name out of a policy (DROP OWNED BY itself),
-- and not out of this.
CREATE TABLE IF NOT EXISTS studio_sync.bound (
    role REGROLE PRIMARY KEY
);

-- Who asks: the role that PostgreSQL holds a statement against, also inside a function that runs as its owner.
CREATE OR REPLACE FUNCTION studio_sync.caller() RETURNS name
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END
$$;

-- Whether policies bound a statement that runs as `role`: as a bound role, as a member of one, or as whatever
-- else a bound role becomes by SET ROLE. Functions that run as their owner are their owner's.
CREATE OR REPLACE FUNCTION studio_sync.is_bound(role name) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM studio_sync.bound AS b
        WHERE pg_has_role($1, b.role, 'USAGE')
           OR $1 = studio_sync.caller() AND b.role = (SELECT oid FROM pg_roles WHERE rolname = session_user)
    )
$$;
