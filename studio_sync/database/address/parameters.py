"""Parameters in addresses of databases: what libpq knows, and what others add."""

LIBPQ = frozenset(
    {
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "dbname",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "options",
        "passfile",
        "password",
        "port",
        "replication",
        "require_auth",
        "requirepeer",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcertmode",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
        "user",
    }
)

SECRET = ("password", "sslpassword")

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

SSL = {
    "ssl": {"true": "require", "1": "require", "false": "disable", "0": "disable", "no-verify": "require"}
    | {mode: mode for mode in SSL_MODES},
    "sslaccept": {"strict": "verify-full"},
    "sslmode": {"no-verify": "require"},
}
"""What others call `sslmode`, by parameter and value."""

SEARCH_PATH = frozenset({"schema", "currentSchema", "search_path"})

FOREIGN = frozenset(
    {
        "ApplicationName",
        "async_fallback",
        "charset",
        "connection_limit",
        "currentSchema",
        "max_connections",
        "pgbouncer",
        "pool_max_conns",
        "pool_mode",
        "pool_size",
        "pool_timeout",
        "poolmode",
        "prepareThreshold",
        "prepared_statement_cache_size",
        "prepared_statements",
        "preferQueryMode",
        "schema",
        "search_path",
        "serverVersion",
        "socket_timeout",
        "ssl",
        "sslaccept",
        "sslidentity",
        "statement_cache_capacity",
        "statement_cache_mode",
        "statement_cache_size",
        "supa",
        "timezone",
        "uselibpqcompat",
        "workaround",
    }
)
"""Parameters of Prisma, JDBC, SQLAlchemy, node-postgres and others, which libpq refuses."""

KNOWN = LIBPQ | FOREIGN
