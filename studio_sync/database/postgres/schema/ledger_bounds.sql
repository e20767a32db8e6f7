-- What the ledger takes, whoever enters it: everybody's commands read what one role wrote.
-- NOT VALID: entries that are there already stay, and readers leave out those that are not of this form.

-- Which part of the database a push covered: rows at the top (clients). NULL: all of it.
ALTER TABLE studio_sync.runs ADD COLUMN reach UUID[];

-- Whoever is bound by row-level security covered a part, however its runs were entered.
UPDATE studio_sync.runs SET reach = '{}' WHERE role NOT IN (
    SELECT r.rolname FROM pg_catalog.pg_roles AS r
    WHERE r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, (
        SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = 'studio_sync.runs'::regclass
    ), 'USAGE')
);

ALTER TABLE studio_sync.runs
    ADD CONSTRAINT runs_at CHECK (at >= '2000-01-01Z' AND at < '9999-01-01Z') NOT VALID,
    ADD CONSTRAINT runs_actor CHECK (length(actor) <= 1000) NOT VALID,
    ADD CONSTRAINT runs_source CHECK (source ~ '^[a-z][a-z -]{0,62}$') NOT VALID,
    ADD CONSTRAINT runs_git_commit CHECK (git_commit ~ '^([0-9a-f]{40}|[0-9a-f]{64})$') NOT VALID,
    ADD CONSTRAINT runs_message CHECK (length(message) <= 100000) NOT VALID;

-- A number that no honest ledger comes near would leave no room for the record's next versions: it is put beyond
-- those that count, where every reader leaves it out.
UPDATE studio_sync.versions SET number = 1000000001 + (random() * 1000000000)::int
WHERE number < 1000000000 AND number > 1000000 + (SELECT count(*) FROM studio_sync.versions);

ALTER TABLE studio_sync.versions
    ADD CONSTRAINT versions_kind CHECK (kind ~ '^[a-z][a-z0-9_]{0,62}$') NOT VALID,
    ADD CONSTRAINT versions_rid CHECK (rid ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}($|/)') NOT VALID,
    ADD CONSTRAINT versions_number CHECK (number BETWEEN 1 AND 1000000000) NOT VALID,
    ADD CONSTRAINT versions_digests CHECK (octet_length(digests) % 16 = 0 AND octet_length(digests) <= 16000) NOT VALID,
    ADD CONSTRAINT versions_document CHECK (json_typeof(document) = 'object' AND pg_column_size(document) <= 67108864) NOT VALID,
    ADD CONSTRAINT versions_decision CHECK (jsonb_typeof(decision) = 'object' AND pg_column_size(decision) <= 1048576) NOT VALID;

ALTER TABLE studio_sync.notes
    ADD CONSTRAINT notes_kind CHECK (kind ~ '^[a-z][a-z0-9_]{0,62}$') NOT VALID,
    ADD CONSTRAINT notes_rid CHECK (rid ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}($|/)') NOT VALID,
    ADD CONSTRAINT notes_number CHECK (number BETWEEN 0 AND 1000000000) NOT VALID,
    ADD CONSTRAINT notes_digests CHECK (octet_length(digests) % 16 = 0 AND octet_length(digests) <= 16000) NOT VALID,
    ADD CONSTRAINT notes_fields CHECK (cardinality(fields) <= 1000) NOT VALID;

-- A role that is bound by policies of the database's own says neither when, nor as whom, nor how far.
CREATE OR REPLACE FUNCTION studio_sync.stamp_run() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.at := now();
    NEW.role := current_user;
    NEW.reach := '{}';
    RETURN NEW;
END
$$;
CREATE TRIGGER stamp BEFORE INSERT ON studio_sync.runs FOR EACH ROW
    WHEN (row_security_active('studio_sync.runs'::regclass::oid)) EXECUTE FUNCTION studio_sync.stamp_run();

-- Nor does it choose a version's number, as it may not see all those that count.
CREATE OR REPLACE FUNCTION studio_sync.number_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.number := 1 + coalesce(
        (SELECT max(v.number) FROM studio_sync.versions AS v WHERE v.rid = NEW.rid AND v.number < 1000000000), 0
    );
    RETURN NEW;
END
$$;
CREATE TRIGGER number BEFORE INSERT ON studio_sync.versions FOR EACH ROW
    WHEN (row_security_active('studio_sync.versions'::regclass::oid)) EXECUTE FUNCTION studio_sync.number_version();

REVOKE ALL ON FUNCTION studio_sync.stamp_run(), studio_sync.number_version() FROM PUBLIC;

-- A role that was granted clients enters versions through functions that a grant makes, and no longer itself.
DO $$
DECLARE
    granted name;
BEGIN
    IF to_regclass('studio_sync.access') IS NOT NULL THEN
        FOR granted IN EXECUTE
            'SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE r.oid IN (SELECT role FROM studio_sync.access)'
        LOOP
            EXECUTE format('REVOKE INSERT ON studio_sync.runs, studio_sync.versions, studio_sync.notes FROM %I', granted);
        END LOOP;
    END IF;
END
$$;

UPDATE studio_sync.meta SET version = 3;
