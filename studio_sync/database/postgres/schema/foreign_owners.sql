-- Whether anything that `ownership.sql` could name belongs to somebody else, or a table stands in front of another
-- one. As a rule nothing does, which takes a fraction of the time in which all of it is looked at.
SELECT EXISTS (SELECT FROM named WHERE shadows) OR EXISTS (
    SELECT FROM (
        SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'studio_sync'
        UNION ALL SELECT relowner FROM pg_catalog.pg_class
        UNION ALL SELECT typowner FROM pg_catalog.pg_type
        UNION ALL SELECT proowner FROM pg_catalog.pg_proc
        UNION ALL SELECT oprowner FROM pg_catalog.pg_operator
    ) AS owned (role) WHERE role NOT IN (SELECT oid FROM trusted)
)
