-- What lets a role further than policies reach, or keeps it from everything: (what, way out) for each.
WITH given AS (
    SELECT r.oid, r.rolname, r.rolsuper, r.rolbypassrls, r.rolreplication FROM pg_roles AS r WHERE r.rolname = %(role)s
), tables AS (
    SELECT c.oid, c.relowner, c.relname, c.relacl FROM unnest(%(tables)s::text[]) AS t (name)
    JOIN pg_class AS c ON c.oid = to_regclass(t.name)
)
SELECT 'it is a superuser', format('ALTER ROLE %%I NOSUPERUSER', rolname) FROM given WHERE rolsuper
UNION ALL
SELECT 'it bypasses row-level security (BYPASSRLS)', format('ALTER ROLE %%I NOBYPASSRLS', rolname)
FROM given WHERE rolbypassrls AND NOT rolsuper
UNION ALL
SELECT 'it may read everything by replication', format('ALTER ROLE %%I NOREPLICATION', rolname)
FROM given WHERE rolreplication AND NOT rolsuper
UNION ALL
SELECT
    format('it is, or can become, %%I, %%s', r.rolname, CASE
        WHEN r.rolsuper THEN 'a superuser'
        WHEN r.rolbypassrls THEN 'which bypasses row-level security'
        WHEN r.rolname LIKE 'pg\_%%' THEN 'which can act for the server itself'
        ELSE 'the owner of ' || (SELECT min(t.relname) FROM tables AS t WHERE t.relowner = r.oid)
    END),
    format('REVOKE %%I FROM %%I', r.rolname, given.rolname)
FROM given, pg_roles AS r
WHERE NOT given.rolsuper AND pg_has_role(given.oid, r.oid, 'MEMBER') AND (
    r.oid IN (SELECT relowner FROM tables)
    OR r.oid <> given.oid AND (r.rolsuper OR r.rolbypassrls)
    OR r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_write_all_data')
)
UNION ALL
SELECT
    format('it has the privilege %%s on %%s%%s, which policies do not bound', p.privilege, t.relname, CASE
        WHEN EXISTS (SELECT FROM aclexplode(t.relacl) AS a WHERE a.grantee = 0 AND a.privilege_type = p.privilege)
        THEN ' as everyone has' ELSE '' END),
    format('REVOKE %%s ON %%s FROM %%s', p.privilege, t.oid::regclass, CASE
        WHEN EXISTS (SELECT FROM aclexplode(t.relacl) AS a WHERE a.grantee = 0 AND a.privilege_type = p.privilege)
        THEN 'PUBLIC' ELSE format('%%I (or from a role that it is a member of)', given.rolname) END)
FROM given, tables AS t, unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p (privilege)
WHERE NOT given.rolsuper AND NOT pg_has_role(given.oid, t.relowner, 'USAGE')
  AND (has_table_privilege(given.oid, t.oid, p.privilege)
       OR p.privilege = 'REFERENCES' AND has_any_column_privilege(given.oid, t.oid, 'REFERENCES'))
UNION ALL
SELECT
    format('the policy %%I on %%s asks %%s, which the role may not read, so that everything would fail', p.polname,
        p.polrelid::regclass, d.refobjid::regclass),
    format('GRANT SELECT ON %%s TO %%I, or name the roles that the policy is for: ALTER POLICY %%I ON %%s TO ROLE',
        d.refobjid::regclass, given.rolname, p.polname, p.polrelid::regclass)
FROM given, pg_policy AS p
JOIN pg_depend AS d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> p.polrelid
WHERE p.polrelid IN (SELECT oid FROM tables) AND NOT p.polpermissive
  AND EXISTS (SELECT FROM unnest(p.polroles) AS r (id) WHERE r.id = 0 OR pg_has_role(given.oid, r.id, 'USAGE'))
  AND NOT has_any_column_privilege(given.oid, d.refobjid, 'SELECT')
GROUP BY p.oid, p.polname, p.polrelid, d.refobjid, given.rolname
