"""The bodies of the SQL functions that append to the ledger, with placeholders for the tables.

Everything that a granted role enters is checked here, because everybody else's commands read it. The
entered records have the alias e. Whether a row exists is looked up record by record, by LIMIT 1: an EXISTS
may be planned as a scan of the rows of all clients.
"""

# ruff: noqa: E501 (SQL is read best as it stands)

ENTER_RUN = """BEGIN
    IF NOT EXISTS (SELECT {tops}('write')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied: no client was granted for writing';
    END IF;
    -- What was covered is what the role may write, whatever it says. Control characters act nowhere.
    INSERT INTO studio_sync.runs (id, actor, source, git_commit, message, role, reach)
    SELECT $1, left(regexp_replace($2, '[[:cntrl:]]+', ' ', 'g'), 1000), $3, $4, left($5, 100000),
        studio_sync.caller(), ARRAY(
            SELECT own FROM {tops}('write') AS m (own) WHERE $6 IS NULL OR own = ANY ($6) ORDER BY own
        )
    ON CONFLICT (id) DO NOTHING;
END"""

OWN_RUN = """    IF $1 NOT IN (SELECT studio_sync.my_runs()) THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied: the run is not one of this role of today';
    END IF;"""

ENTER_VERSIONS = """BEGIN
{own_run}
    IF EXISTS (
        SELECT FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11)
            AS e (top, kind, rid, row_id, parent, slot, digests, document, decision)
        WHERE NOT coalesce(
            e.top IN (SELECT {tops}('write'))
            AND length(e.slot) <= 1000
            AND coalesce(json_typeof(e.document) = 'object' AND pg_column_size(e.document) <= 33554432, true)
            AND coalesce(jsonb_typeof(e.decision) = 'object' AND pg_column_size(e.decision) <= 65536, true)
            AND CASE e.kind
{cases}
                ELSE false END
            -- A record stays of the kind that it was first; what another client had under its id is over.
            AND e.kind = coalesce((
                SELECT v.kind FROM studio_sync.versions AS v
                WHERE v.rid = e.rid AND v.top = e.top AND v.number > 0
                ORDER BY v.number LIMIT 1
            ), e.kind),
            false
        )
    ) THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'permission denied: a version is no record of a client that was granted for writing';
    END IF;
    RETURN QUERY
    INSERT INTO studio_sync.versions
        (run, entry, top, kind, rid, row_id, parent, slot, digests, document, decision, number)
    SELECT $1, e.*, 1 + coalesce((
        SELECT max(v.number) FROM studio_sync.versions AS v WHERE v.rid = e.rid AND v.number < 1000000000
    ), 0)
    FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        AS e (entry, top, kind, rid, row_id, parent, slot, digests, document, decision)
    ON CONFLICT (rid, number) DO NOTHING
    RETURNING rid, number;
END"""

IDENTIFIED = """                WHEN {kind} THEN octet_length(e.digests) IN ({sizes}) AND e.rid = e.row_id::text
                    AND {above}
                    AND ((SELECT true FROM {source} WHERE t.id = e.row_id AND {top} = e.top LIMIT 1) IS NOT NULL
                        OR studio_sync.forgotten(e.rid, e.top))
                    AND (e.document IS NOT NULL
                        OR (SELECT true FROM {table} AS t WHERE t.id = e.row_id LIMIT 1) IS NULL)"""

TOPMOST = "e.parent = '' AND e.row_id = e.top"

BELOW_A_PARENT = """CASE WHEN e.parent ~ {uuid} THEN
                        (SELECT true FROM {parents} WHERE t.id = e.parent::uuid AND {parents_top} = e.top
                            LIMIT 1) IS NOT NULL
                        OR studio_sync.forgotten(e.parent, e.top) AND studio_sync.forgotten(e.rid, e.top) END"""

PLACED = """                WHEN {kind} THEN octet_length(e.digests) IN ({sizes})
                    AND e.rid = {place}
                    AND {above}
                    AND (
                        SELECT true FROM {source} WHERE t.id = e.row_id AND {top} NOT IN (SELECT {tops}('write')) LIMIT 1
                    ) IS NULL
                    AND (e.document IS NOT NULL OR (
                        SELECT true FROM {table} AS t WHERE t.{parent} = e.parent::uuid{slot} LIMIT 1
                    ) IS NULL)"""

ENTER_NOTE = """BEGIN
{own_run}
    IF NOT coalesce(
        $2 IN (SELECT {tops}('write')) AND length($5) <= 1000 AND length($6) <= 1000
        AND coalesce(array_ndims($8), 1) = 1
        AND CASE $3
{cases}
            ELSE false END,
        false
    ) THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'permission denied: a note is on no record of a client that was granted for writing';
    END IF;
    -- A note on a version that is not there says nothing.
    INSERT INTO studio_sync.notes (id, run, top, kind, rid, parent, slot, digests, fields, number)
    SELECT gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $9
    WHERE EXISTS (
        SELECT FROM studio_sync.versions AS v WHERE v.rid = $4 AND v.number = $9 AND v.kind = $3 AND v.top = $2
    );
END"""

NOTED = "            WHEN {kind} THEN octet_length($7) IN ({sizes}) AND $8 <@ {fields}::text[]"
