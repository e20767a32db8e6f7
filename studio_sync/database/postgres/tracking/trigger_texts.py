"""The SQL of change tracking, with placeholders for the tables."""

# ruff: noqa: E501 (SQL is read best as it stands)

# It runs as its owner, in the transaction of whoever changes a row, and must never abort that transaction:
# whatever may fail is in the inner block, which writes nothing. It waits for no lock.
TRIGGER_FUNCTION = """CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    acting  text := CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role') END;
    -- Whatever the application claims is shown as claimed; control characters act nowhere.
    claimed text := nullif(btrim(left(regexp_replace(left(current_setting('studio.actor', true), 1000), '[[:cntrl:]]+', ' ', 'g'), 200)), '');
    was     jsonb;
    said    jsonb;
    old_rid text;
    new_rid text;
    old_top uuid;
    new_top uuid;
BEGIN
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            was := to_jsonb(OLD) - {derived}::text[];
        END IF;
        IF TG_OP <> 'DELETE' THEN
            said := to_jsonb(NEW) - {derived}::text[];
        END IF;
        IF was = said THEN
            RETURN NULL;
        END IF;
        old_rid := {old_rid};
        new_rid := {new_rid};
        IF was IS NOT NULL AND new_rid IS DISTINCT FROM old_rid THEN
            old_top := {old_top};
        END IF;
        IF said IS NOT NULL THEN
            new_top := {new_top};
        END IF;
    EXCEPTION WHEN OTHERS THEN
        -- No record can be so large, or of such a form.
        RETURN NULL;
    END;
    INSERT INTO studio_sync.changes (run, role, actor, top, kind, rid, row_id, parent, slot, document, before)
    SELECT md5(concat_ws(' ', 'studio', pg_current_xact_id(), extract(epoch FROM now()), acting, claimed))::uuid,
        acting, claimed, e.top, {kind}, e.rid, (e.place ->> 'id')::uuid,
        {parent}, {slot}, e.document, e.before
    FROM (VALUES
        -- What is elsewhere now is another record.
        (old_rid IS DISTINCT FROM new_rid, old_rid, old_top, was, NULL::jsonb, was),
        (true, new_rid, new_top, said, said, CASE WHEN old_rid = new_rid THEN (
            SELECT jsonb_object_agg(key, value) FROM jsonb_each(was) WHERE said -> key IS DISTINCT FROM value
        ) END)
    ) AS e (wanted, rid, top, place, document, before)
    WHERE e.wanted AND e.place IS NOT NULL;
    -- A hint for who listens. A transaction with one can't be prepared for a later commit.
    -- Anyone may fill the queue, whose end every transaction with one would fail at.
    IF current_setting('max_prepared_transactions') = '0' AND pg_notification_queue_usage() < 0.5 THEN
        PERFORM pg_notify({channel}, '');
    END IF;
    RETURN NULL;
END
$$"""

IDENTITY = "{row} ->> 'id'"
PLACE = "concat({row} ->> {parent}, {kind})"
PLACE_WITH_SLOT = "concat({row} ->> {parent}, {kind}, '/', {row} ->> {slot})"

OWN_TOP = "({row} ->> 'id')::uuid"
# A parent that was deleted just now, with everything below it, has just been recorded.
TOP = """coalesce(
                (SELECT {top} FROM {source} WHERE t.id = ({row} ->> {parent})::uuid),
                (SELECT c.top FROM studio_sync.changes AS c WHERE c.rid = {row} ->> {parent} ORDER BY c.id DESC LIMIT 1),
                (SELECT v.top FROM studio_sync.versions AS v WHERE v.rid = {row} ->> {parent} ORDER BY v.number DESC LIMIT 1)
            )"""

# A push by a role that may write the ledger enters its versions itself. A role bound by row-level security
# can't hide its changes by claiming to push.
CREATE_TRIGGER = """CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW
    WHEN (coalesce(current_setting('studio.run', true), '') = '' OR row_security_active('studio_sync.runs'::regclass::oid))
    EXECUTE FUNCTION {function}()"""
