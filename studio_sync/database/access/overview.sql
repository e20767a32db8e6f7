-- Roles that can log in, or that others are in, and that row-level security doesn't bind.
SELECT
    r.rolname::text,
    CASE
        WHEN r.rolsuper THEN 'a superuser'
        WHEN r.rolbypassrls THEN 'it bypasses row-level security'
        ELSE 'it owns ' || string_agg(c.relname, ', ' ORDER BY c.relname)
    END
FROM pg_roles AS r
LEFT JOIN pg_class AS c
    ON c.oid IN (SELECT to_regclass(quote_ident(t)) FROM unnest(%s::text[]) AS t)
    AND pg_has_role(r.oid, c.relowner, 'USAGE') AND NOT c.relforcerowsecurity
WHERE r.rolname NOT LIKE 'pg\_%%' AND (r.rolsuper OR r.rolbypassrls OR c.oid IS NOT NULL)
GROUP BY r.oid, r.rolname, r.rolsuper, r.rolbypassrls
ORDER BY 1;

-- Policies on the tables that studio didn't make.
SELECT
    c.relname::text,
    p.polname::text,
    CASE WHEN p.polroles = '{0}' THEN 'everyone'
         ELSE (SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname) FROM pg_roles AS r WHERE r.oid = ANY (p.polroles)) END,
    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), ''),
    NOT p.polpermissive
FROM unnest(%s::text[]) AS t
JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(t))
JOIN pg_policy AS p ON p.polrelid = c.oid
WHERE p.polname <> ALL (%s)
ORDER BY 1, 2;

-- Views on the tables that run as their owner, whom policies don't bind, and the roles that may read them.
SELECT DISTINCT r.rolname::text, v.oid::regclass::text, c.relname::text
FROM unnest(%s::text[]) AS t
JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(t))
JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.classid = 'pg_rewrite'::regclass
JOIN pg_rewrite AS w ON w.oid = d.objid
JOIN pg_class AS v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
JOIN pg_roles AS o ON o.oid = v.relowner
JOIN pg_roles AS r ON r.rolname = ANY (%s)
WHERE (o.rolsuper OR o.rolbypassrls OR pg_has_role(o.oid, c.relowner, 'USAGE'))
  AND NOT coalesce('security_invoker=true' = ANY (v.reloptions) OR 'security_invoker=on' = ANY (v.reloptions), false)
  AND has_any_column_privilege(r.oid, v.oid, 'SELECT')
ORDER BY 1, 2, 3;
