-- The tables of the given names as this role sees them on its search path: a row for each, a list of columns in it.
SELECT
    given.name,
    c.relkind::text,
    current_setting('server_version_num')::int,
    pg_is_in_recovery() OR current_setting('transaction_read_only')::bool,
    row_security_active(c.oid),
    EXISTS (
        SELECT FROM pg_trigger t
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype::int & 2 <> 0
    ),
    EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'xmin' AND a.attnum < 0),
    ARRAY(
        SELECT 'SELECT' WHERE has_any_column_privilege(c.oid, 'SELECT') AND NOT EXISTS (
            SELECT FROM pg_attribute a
            WHERE a.attrelid = c.oid AND NOT a.attisdropped AND (a.attnum > 0 OR a.attname = 'xmin')
            AND NOT has_column_privilege(c.oid, a.attnum, 'SELECT')
        )
        UNION ALL
        SELECT p FROM unnest(ARRAY['INSERT', 'UPDATE']) p WHERE has_any_column_privilege(c.oid, p)
        UNION ALL
        SELECT 'DELETE' WHERE has_table_privilege(c.oid, 'DELETE')
    ),
    (
        SELECT array_agg(ARRAY[
            a.attname::text,
            format_type(a.atttypid, a.atttypmod),
            CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END,
            t.typtype::text,
            a.attgenerated::text,
            a.attidentity::text,
            (a.attnotnull OR t.typnotnull)::text,
            pg_get_expr(d.adbin, d.adrelid)
        ] ORDER BY a.attnum)
        FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    )
FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, place)
LEFT JOIN pg_class c ON c.oid = to_regclass(quote_ident(given.name))
ORDER BY given.place
