-- Every foreign key that acts when a row is deleted that it points at; a partitioned table's own counts once.
SELECT
    f.confrelid::bigint,
    f.conrelid::bigint,
    f.confdeltype::text,
    ARRAY(
        SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k (n, i)
        JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.n ORDER BY k.i
    ),
    ARRAY(
        SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k (n, i)
        JOIN pg_attribute AS a ON a.attrelid = f.confrelid AND a.attnum = k.n ORDER BY k.i
    ),
    n.nspname::text,
    c.relname::text,
    f.conrelid::regclass::text,
    has_table_privilege(f.conrelid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
        AND NOT row_security_active(f.conrelid)
FROM pg_constraint AS f
JOIN pg_class AS c ON c.oid = f.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE f.contype = 'f' AND f.conparentid = 0 AND coalesce(to_jsonb(f) ->> 'conenforced', 'true') = 'true'
ORDER BY n.nspname, c.relname, f.conname
