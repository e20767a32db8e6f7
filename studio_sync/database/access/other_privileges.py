"""Catalogue query: which privileges on the tables a role has that studio did not grant."""

ON_THE_TABLES = """
SELECT EXISTS (
    SELECT FROM pg_roles AS r, pg_class AS c, aclexplode(c.relacl || ARRAY(
        SELECT x FROM pg_attribute AS t, unnest(t.attacl) AS x WHERE t.attrelid = c.oid
    )) AS a
    WHERE r.rolname = %(role)s AND (c.relnamespace::regnamespace::text, c.relname) IN (
        SELECT quote_ident(s), n FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS t (s, n)
    ) AND a.grantee <> c.relowner
      AND CASE a.grantee WHEN 0 THEN true WHEN r.oid THEN a.grantor <> c.relowner
          ELSE pg_has_role(r.oid, a.grantee, 'MEMBER') END
)
"""
ON_OTHER_TABLES = """
SELECT EXISTS (
    SELECT FROM pg_roles AS r, pg_class AS c, aclexplode(c.relacl) AS a
    WHERE r.rolname = %(role)s AND a.grantee = r.oid
      AND c.relnamespace::regnamespace::text IN (SELECT quote_ident(s) FROM unnest(%(schemas)s::text[]) AS s)
      AND c.relname <> ALL (%(names)s)
)
"""
