-- Who is trusted with what runs, or is read, in studio's statements: superusers, the owners of the database and of
-- the tables, and the role that asks. The start of the two statements about what belongs to nobody of these.
WITH named AS (
    SELECT c.oid, c.relname, c.relowner, EXISTS (
        -- Another table of this name behind it on the search path, of another owner: this one stands in front.
        SELECT FROM pg_catalog.pg_class AS o
        JOIN pg_catalog.pg_namespace AS s ON s.oid = o.relnamespace
        WHERE o.relname = c.relname AND o.oid <> c.oid AND o.relowner <> c.relowner
          AND s.nspname = ANY (current_schemas(false))
    ) AS shadows
    FROM unnest(%(tables)s::text[]) AS given (name)
    JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(quote_ident(given.name))
), certain AS (
    SELECT oid FROM pg_catalog.pg_roles WHERE rolsuper OR rolname = current_user
    UNION
    SELECT datdba FROM pg_catalog.pg_database WHERE datname = current_database()
), trusted AS (
    SELECT oid FROM certain
    UNION
    SELECT relowner FROM named WHERE NOT shadows
)
