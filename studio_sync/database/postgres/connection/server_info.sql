-- What a connection leads to, in one row.
SELECT
    current_setting('server_version'),
    current_setting('server_version_num')::int,
    version(),
    pg_is_in_recovery(),
    current_setting('transaction_read_only')::bool,
    pg_backend_pid(),
    current_setting('server_encoding'),
    r.rolname::text
FROM pg_roles AS r
WHERE r.rolname = current_user
