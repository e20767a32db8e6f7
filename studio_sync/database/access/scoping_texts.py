"""The bodies of the SQL functions of access by client, with placeholders for the tables."""

FUNCTION = """CREATE OR REPLACE FUNCTION {name}({takes}) RETURNS {gives}
LANGUAGE sql {manner} SECURITY DEFINER SET search_path = pg_catalog, pg_temp{rows} AS $$
{body}
$$"""

STEPS_FUNCTION = """CREATE OR REPLACE FUNCTION {name}({takes}) RETURNS {gives}
LANGUAGE plpgsql {manner} SECURITY DEFINER SET search_path = pg_catalog, pg_temp{rows} AS $$
#variable_conflict use_column
{body}
$$"""

# Parameters are referenced by number: a column of the same name would shadow them.
TOPS = """    SELECT DISTINCT a.top FROM studio_sync.access AS a
    WHERE pg_has_role(studio_sync.caller(), a.role, 'USAGE')
      AND CASE $1 WHEN 'read' THEN true WHEN 'write' THEN a.can IN ('write', 'approve')
          WHEN 'approve' THEN a.can = 'approve' END"""
# No join: it would be planned for a client of average size, as a scan of the rows of all others.
MINE = "    SELECT t.id FROM {table} AS t WHERE t.{parent} = ANY (ARRAY(SELECT {above}($1)))"
ACCESS = """    SELECT a.top, t.{slot}::text,
           CASE WHEN bool_or(a.can = 'approve') THEN 'approve' WHEN bool_or(a.can = 'write') THEN 'write'
           ELSE 'read' END
    FROM studio_sync.access AS a LEFT JOIN {table} AS t ON t.id = a.top
    WHERE pg_has_role(studio_sync.caller(), a.role, 'USAGE')
    GROUP BY a.top, t.{slot}"""
RUNS = """    SELECT r.id FROM studio_sync.runs AS r
    WHERE r.role = studio_sync.caller() AND r.at > now() - interval '1 day'"""
HAS_ROW = "SELECT FROM {table} WHERE id = split_part($1, '/', 1)::uuid"
# An id unknown to the ledger may be the id of somebody else's next row.
FORGOTTEN = """    SELECT NOT EXISTS ({known})
       AND (SELECT coalesce(bool_and(v.top = $2), false) FROM studio_sync.versions AS v WHERE v.rid = $1)"""
LOCK = """    SELECT t.id, t.xmin::text::bigint FROM {source}
    WHERE t.id = ANY ($1) AND {top} IN (SELECT {tops}('write'))
    ORDER BY t.id FOR UPDATE OF t"""
PRESENT = """    SELECT t.id FROM {source}
    WHERE $1 = {kind} AND t.id = ANY ($2) AND {top} IN (SELECT {tops}('read'))"""
ANYWHERE = """    SELECT t.id FROM {table} AS t WHERE $1 = {kind} AND t.id = ANY ($2)"""
BELOW = """    SELECT {kind}, t.id FROM {source}
    WHERE $1 = {parent_kind} AND t.{parent} = ANY ($2) AND {top} IN (SELECT {tops}('write'))"""
LOCKED = """    SELECT FROM {source}
        WHERE {root}.id = $1 AND {top} IN (SELECT {tops}('write')) AND NOT {open}"""
LOCKED_BELOW = """BEGIN
    -- Locked from the top down, and read in a later statement: what is approved meanwhile is seen.
    PERFORM FROM {source} WHERE t.id = $1 AND {top} IN (SELECT {tops}('write')) FOR UPDATE OF t;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
{locks}
    RETURN EXISTS (
    {locked}
    );
END"""

MAY_STAND = """DECLARE
    -- While a statement changes a row, this finds it as it was before.
    here uuid := (SELECT {top} FROM {source} WHERE t.id = $1);
    there uuid := (SELECT {upper_top} FROM {upper} WHERE t.id = $2);
BEGIN
    -- Who may not approve in both clients takes nothing approved from one to the other.
    RETURN here IS NULL OR here = there
        OR (SELECT count(*) FROM {tops}('approve') AS m (own) WHERE own IN (here, there)) = 2
        OR NOT {locked_below}($1);
END"""

LOCK_BELOW = "    PERFORM FROM {source} WHERE {root}.id = $1 ORDER BY t.id FOR UPDATE OF t;"
COUNT = """    UPDATE {table} AS t SET {column} = n.count, updated_at = now()
    FROM (
        SELECT p.id, (SELECT count(*) FROM {counted} WHERE {root}.{parent} = p.id) AS count
        FROM {table} AS p WHERE p.id = ANY ($1)
    ) AS n
    WHERE t.id = n.id AND t.{column} IS DISTINCT FROM n.count
      AND t.id IN (SELECT t.id FROM {source} WHERE {top} IN (SELECT {tops}('write')))
    RETURNING t.id"""

REORDER = """BEGIN
    -- Locked first, and read in a later statement: what is approved meanwhile is seen.
    PERFORM FROM {source} WHERE {top} IN (SELECT {tops}('write')) AND t.{parent} IN (
        SELECT x.{parent} FROM {table} AS x WHERE x.id = ANY ($1)
    ) ORDER BY t.id FOR UPDATE OF t;
    RETURN QUERY
    UPDATE {table} AS t SET {order} = n.value, updated_at = now()
    FROM unnest($1, $2) AS n (id, value)
    WHERE t.id = n.id AND t.id IN (SELECT t.id FROM {source} WHERE {top} IN (SELECT {tops}('write')))
      AND NOT EXISTS (
          -- No two locked rows may change places.
          SELECT FROM {table} AS x JOIN {table} AS y ON y.{parent} = x.{parent} AND y.{order} > x.{order}
          LEFT JOIN unnest($1, $2) AS nx (id, value) ON nx.id = x.id
          LEFT JOIN unnest($1, $2) AS ny (id, value) ON ny.id = y.id
          WHERE x.{parent} = t.{parent} AND NOT {x_open} AND NOT {y_open}
            AND coalesce(nx.value, x.{order}) >= coalesce(ny.value, y.{order})
      )
    RETURNING t.id;
END"""
