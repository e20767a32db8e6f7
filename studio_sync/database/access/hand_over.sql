-- What a grant made in studio_sync belongs to the owner of the schema, whoever of its members ran it.
DO $$
DECLARE
    owner name := (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'studio_sync');
    made record;
BEGIN
    FOR made IN
        SELECT 'TABLE ' || c.oid::regclass AS what FROM pg_class AS c
        WHERE c.oid IN ('studio_sync.access'::regclass, 'studio_sync.bound'::regclass)
          AND pg_get_userbyid(c.relowner) <> owner
        UNION ALL
        SELECT 'FUNCTION ' || p.oid::regprocedure FROM pg_proc AS p
        WHERE p.pronamespace = 'studio_sync'::regnamespace AND pg_get_userbyid(p.proowner) <> owner
          AND pg_has_role(p.proowner, 'USAGE')
    LOOP
        EXECUTE format('ALTER %s OWNER TO %I', made.what, owner);
    END LOOP;
END
$$
