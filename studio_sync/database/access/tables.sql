-- The tables of the given names: where they are, whose, and whether row-level security binds their owner.
SELECT
    c.relname::text,
    n.nspname::text,
    pg_get_userbyid(c.relowner)::text,
    pg_has_role(c.relowner, 'USAGE'),
    c.relrowsecurity,
    c.relforcerowsecurity AND NOT (w.rolsuper OR w.rolbypassrls),
    coalesce(s.nspowner = c.relowner OR w.rolsuper OR w.rolbypassrls OR pg_has_role(s.nspowner, c.relowner, 'USAGE'), false),
    coalesce(pg_has_role(s.nspowner, 'USAGE'), false)
FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, place)
JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(given.name))
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_namespace AS s ON s.nspname = 'studio_sync'
LEFT JOIN pg_roles AS w ON w.oid = s.nspowner
ORDER BY given.place
