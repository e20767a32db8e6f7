"""Connection parameters: those of libpq, and those that other drivers use."""

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
"""Other drivers' names for `sslmode`, by parameter and value."""

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
"""Parameters of Prisma, JDBC, SQLAlchemy, node-postgres and others, which libpq rejects."""

KNOWN = LIBPQ | FOREIGN

ENVIRONMENT = {
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "dbname": "PGDATABASE",
    "port": "PGPORT",
    "options": "PGOPTIONS",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcertmode": "PGSSLCERTMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR",
    "sslsni": "PGSSLSNI",
    "requirepeer": "PGREQUIREPEER",
    "require_auth": "PGREQUIREAUTH",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "gssencmode": "PGGSSENCMODE",
    "krbsrvname": "PGKRBSRVNAME",
    "gsslib": "PGGSSLIB",
    "gssdelegation": "PGGSSDELEGATION",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
}
"""Environment variables for parameters that the address omits, as with psql.

PGHOST, PGHOSTADDR and PGSERVICE choose the server, and PGSSLMODE its protection: they have rules of their
own.
"""

DECLARABLE: dict[str, frozenset[str] | None] = {
    "application_name": None,
    "channel_binding": None,
    "client_encoding": None,
    "connect_timeout": None,
    "dbname": None,
    "fallback_application_name": None,
    "gssencmode": frozenset({"disable"}),
    "host": None,
    "keepalives": None,
    "keepalives_count": None,
    "keepalives_idle": None,
    "keepalives_interval": None,
    "load_balance_hosts": None,
    "password": None,
    "port": None,
    "ssl_max_protocol_version": None,
    "ssl_min_protocol_version": None,
    "sslcertmode": frozenset({"disable"}),
    "sslmode": None,
    "sslnegotiation": None,
    "sslrootcert": frozenset({"system"}),
    "sslsni": None,
    "target_session_attrs": None,
    "tcp_user_timeout": None,
    "user": None,
}
"""The parameters allowed in a URL in studio.yaml, with their allowed values (None: any).

The others name files, services and accounts of the user's machine, an address beside the displayed host,
or settings that weaken the connection: a file in a repository must not decide those.
"""
