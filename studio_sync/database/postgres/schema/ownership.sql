-- What would run, or be read, in studio's statements and belongs to none of those who may be trusted with it:
-- (what, whose, the statement that removes it).
, home AS (
    SELECT oid, nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'studio_sync'
), ours AS (
    SELECT c.oid FROM pg_catalog.pg_class AS c JOIN home ON home.oid = c.relnamespace
), strange AS (
    SELECT oid, prokind, pronamespace, proname, proowner FROM pg_catalog.pg_proc
    WHERE proowner NOT IN (SELECT oid FROM trusted)
)
SELECT 'the schema studio_sync', pg_get_userbyid(nspowner)::text, coalesce(
    -- A ledger that is the owner's is kept.
    (SELECT format('ALTER SCHEMA studio_sync OWNER TO %%I', pg_get_userbyid(c.relowner)) FROM pg_catalog.pg_class AS c
     JOIN home ON home.oid = c.relnamespace WHERE c.relname = 'versions' AND c.relowner IN (SELECT oid FROM trusted)),
    'DROP SCHEMA studio_sync CASCADE'
)
FROM home WHERE nspowner NOT IN (SELECT oid FROM trusted)
UNION ALL
SELECT format('the %%s %%s', k.word, c.oid::regclass), pg_get_userbyid(c.relowner)::text, CASE
    WHEN c.relname IN ('meta', 'runs', 'versions', 'notes') AND c.relkind IN ('r', 'p')
        AND (SELECT nspowner FROM home) IN (SELECT oid FROM trusted)
    THEN format('ALTER TABLE %%s OWNER TO %%I', c.oid::regclass, (SELECT pg_get_userbyid(nspowner) FROM home))
    ELSE format('DROP %%s %%s CASCADE', upper(k.word), c.oid::regclass) END
FROM pg_catalog.pg_class AS c
JOIN ours ON ours.oid = c.oid
JOIN (VALUES ('r', 'table'), ('p', 'table'), ('f', 'foreign table'), ('v', 'view'), ('m', 'materialized view'), ('S', 'sequence')) AS k (relkind, word)
    ON k.relkind = c.relkind::text
WHERE c.relowner NOT IN (SELECT oid FROM trusted)
UNION ALL
SELECT format('the type %%s', t.oid::regtype), pg_get_userbyid(t.typowner)::text, format('DROP TYPE %%s CASCADE', t.oid::regtype)
FROM pg_catalog.pg_type AS t JOIN home ON home.oid = t.typnamespace
WHERE t.typrelid = 0 AND t.typcategory <> 'A' AND t.typowner NOT IN (SELECT oid FROM trusted)
UNION ALL
SELECT format('the function %%s', p.oid::regprocedure), pg_get_userbyid(p.proowner)::text, format('DROP ROUTINE %%s CASCADE', p.oid::regprocedure)
FROM strange AS p JOIN home ON home.oid = p.pronamespace
UNION ALL
SELECT format('the operator %%s', o.oid::regoperator), pg_get_userbyid(o.oprowner)::text, format('DROP OPERATOR %%s CASCADE', o.oid::regoperator)
FROM pg_catalog.pg_operator AS o
WHERE o.oprowner NOT IN (SELECT oid FROM trusted)
  AND (o.oprnamespace IN (SELECT oid FROM home) OR EXISTS (
      SELECT FROM pg_catalog.pg_namespace AS s WHERE s.oid = o.oprnamespace AND s.nspname = ANY (current_schemas(false))
  ) AND EXISTS (
      SELECT FROM pg_catalog.pg_operator AS b WHERE b.oprname = o.oprname AND b.oprnamespace = 'pg_catalog'::regnamespace
  ))
UNION ALL
SELECT format('the trigger %%I on %%s', t.tgname, t.tgrelid::regclass), pg_get_userbyid(p.proowner)::text, format('DROP TRIGGER %%I ON %%s', t.tgname, t.tgrelid::regclass)
FROM pg_catalog.pg_trigger AS t JOIN ours ON ours.oid = t.tgrelid JOIN strange AS p ON p.oid = t.tgfoid
UNION ALL
SELECT format('the function %%s, which %%s on %%s calls', p.oid::regprocedure, l.word, l.relation::regclass), pg_get_userbyid(p.proowner)::text,
    format('DROP ROUTINE %%s CASCADE', p.oid::regprocedure)
FROM strange AS p
JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid = p.oid
JOIN (
    SELECT 'pg_catalog.pg_policy'::regclass, oid, polrelid, 'a policy' FROM pg_catalog.pg_policy
    UNION ALL SELECT 'pg_catalog.pg_rewrite'::regclass, oid, ev_class, 'a rule' FROM pg_catalog.pg_rewrite
    UNION ALL SELECT 'pg_catalog.pg_attrdef'::regclass, oid, adrelid, 'a default' FROM pg_catalog.pg_attrdef
    UNION ALL SELECT 'pg_catalog.pg_constraint'::regclass, oid, conrelid, 'a constraint' FROM pg_catalog.pg_constraint
    UNION ALL SELECT 'pg_catalog.pg_class'::regclass, indexrelid, indrelid, 'an index' FROM pg_catalog.pg_index
) AS l (class, oid, relation, word) ON l.class = d.classid AND l.oid = d.objid
JOIN ours ON ours.oid = l.relation
UNION ALL
-- A function of a name that PostgreSQL has, too, may be taken for it where it fits an argument better.
SELECT format('the function %%s', p.oid::regprocedure), pg_get_userbyid(p.proowner)::text, format('DROP ROUTINE %%s CASCADE', p.oid::regprocedure)
FROM strange AS p JOIN pg_catalog.pg_namespace AS s ON s.oid = p.pronamespace
WHERE s.nspname = ANY (current_schemas(false)) AND EXISTS (
    SELECT FROM pg_catalog.pg_proc AS b WHERE b.proname = p.proname AND b.pronamespace = 'pg_catalog'::regnamespace
)
UNION ALL
SELECT format('the table %%s, which stands in front of another one of its name', n.oid::regclass), pg_get_userbyid(n.relowner)::text,
    format('DROP TABLE %%s CASCADE', n.oid::regclass)
FROM named AS n WHERE n.shadows AND n.relowner NOT IN (SELECT oid FROM certain)
