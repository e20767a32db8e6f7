import pickle
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from studio_sync.database.address.url import has_password, parse_address
from studio_sync.errors import UsageError


def parts(text, **variables):
    return conninfo_to_dict(parse_address(text, variables).conninfo)


def given_parts(text, **variables):
    found = parts(text, **variables)
    return tuple(found.get(name) for name in ("user", "password", "host", "port", "dbname"))


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "POSTGRESQL",
        "postgresql+psycopg",
        "postgresql+psycopg2",
        "postgresql+asyncpg",
        "jdbc:postgresql",
    ],
)
def test_every_scheme_that_hosters_print_is_understood(scheme):
    assert given_parts(f"{scheme}://ann:pw@db.example.com:6543/studio") == (
        "ann",
        "pw",
        "db.example.com",
        "6543",
        "studio",
    )


@pytest.mark.parametrize(
    "pasted",
    [
        "  postgres://ann:pw@h/d\n",
        '"postgres://ann:pw@h/d"',
        "' postgres://ann:pw@h/d '",
        "psql 'postgres://ann:pw@h/d'",
        "DATABASE_URL=postgres://ann:pw@h/d",
        'export STUDIO_DATABASE_URL="postgres://ann:pw@h/d"',
        "DATABASE_URL: postgres://ann:pw@h/d",
        "<postgres://ann:pw@h/d>",
    ],
)
def test_what_is_pasted_along_is_left_out(pasted):
    assert given_parts(pasted) == ("ann", "pw", "h", None, "d")


@pytest.mark.parametrize(
    "password",
    [
        "p@ss",
        "p#ss",
        "p/ss",
        "p:ss",
        "p?ss",
        "p%ss",
        "50%",
        "a@b@c",
        "1/x",
        "1?a=b",
        "p&q=r",
        "[x]",
        "p ss",
        "@",
        "#?/:@",
    ],
)
def test_an_unescaped_character_in_a_password_is_repaired(password):
    assert given_parts(f"postgres://ann:{password}@db.example.com:5432/d?sslmode=require") == (
        "ann",
        password,
        "db.example.com",
        "5432",
        "d",
    )


def test_an_escaped_password_is_decoded():
    assert parts("postgres://ann:p%40%2F%C3%A9%25@h/d")["password"] == "p@/é%"


@pytest.mark.parametrize("password", ["50%and%40", "%E9", "%C3%A9%"])
def test_a_password_that_may_be_escaped_or_not_is_explained(password):
    with pytest.raises(UsageError) as caught:
        parse_address(f"postgres://ann:{password}@h/d")
    assert "%25" in caught.value.hint
    assert password not in f"{caught.value!r}"


@pytest.mark.parametrize(
    "text",
    [
        "host=h user=ann password=pw dbname=d",
        "host = h user = ann password = 'pw' dbname = d",
        r"user=ann password=p\w dbname=d host='h' ",
    ],
)
def test_name_and_value_pairs_are_understood(text):
    assert given_parts(text) == ("ann", "pw", "h", None, "d")


def test_quotes_and_backslashes_in_pairs_follow_libpq():
    assert parts(r"password='it\'s \\ x' dbname=d")["password"] == r"it's \ x"


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("postgres://h/d?user=me@tenant", "me@tenant"),
        ("postgres://h/d?user=me@tenant&password=x@y", "me@tenant"),
        ("postgres://ann:pw@h/d?application_name=a@b", "ann"),
    ],
)
def test_an_at_sign_in_the_query_does_not_end_the_login(text, user):
    assert given_parts(text)[0] == user
    assert given_parts(text)[2] == "h"


def test_sockets_several_hosts_and_ipv6_are_understood():
    assert parts("postgresql:///d?host=/var/run/postgresql")["host"] == "/var/run/postgresql"
    assert parts("postgresql://ann@%2Ftmp%2Fa b:5433/d".replace(" ", "%20"))["host"] == "/tmp/a b"
    assert given_parts("postgres://u:p@h1:1,h2/d")[2:4] == ("h1,h2", "1,")
    assert given_parts("postgres://u:p@[::1]:99/d")[2:4] == ("::1", "99")
    assert given_parts("postgres://u:p@[fe80::1]/d")[2:4] == ("fe80::1", None)


@pytest.mark.parametrize(
    "query",
    [
        "pgbouncer=true&connection_limit=1",
        "schema=public",
        "pool_timeout=0&statement_cache_size=0&sslmode=require",
        "supa=base-pooler.x",
        "never_heard_of=1",
    ],
)
def test_parameters_of_other_programs_are_left_out_with_a_note(query):
    target = parse_address(f"postgres://ann:pw@h/d?{query}")
    assert set(conninfo_to_dict(target.conninfo)) == {
        "user",
        "password",
        "host",
        "dbname",
        "sslmode",
        "connect_timeout",
    }
    assert target.notes


@pytest.mark.parametrize("query", ["schema=tenant", "currentSchema=tenant", "search_path=a,b"])
def test_a_foreign_parameter_that_would_matter_is_refused(query):
    with pytest.raises(UsageError, match="schema") as caught:
        parse_address(f"postgres://ann:pw@h/d?{query}")
    assert "search_path" in caught.value.hint


def test_a_misspelt_parameter_is_named():
    with pytest.raises(UsageError, match="did you mean sslmode"):
        parse_address("postgres://ann:pw@h/d?sslmod=disable")


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgres://u@db.example.com/d", "require"),
        ("postgres://u@10.0.0.1/d", "require"),
        ("postgres://u@localhost,db.example.com/d", "require"),
        ("postgres://u@localhost/d?hostaddr=10.0.0.1", "require"),
        ("postgres://u@db.example.com/d?sslmode=disable", "disable"),
        ("postgres://u@db.example.com/d?sslmode=verify-full", "verify-full"),
        ("postgres://u@db.example.com/d?sslaccept=strict", "verify-full"),
        ("postgres://u@db.example.com/d?ssl=true", "require"),
        ("postgres://u@db.example.com/d?sslmode=no-verify", "require"),
        ("postgres://u@localhost/d", None),
        ("postgres://u@127.0.0.1/d", None),
        ("postgres://u@[::1]/d", None),
        ("postgresql:///d?host=/run", None),
        ("dbname=d", None),
    ],
)
def test_tls_is_asked_for_off_this_machine_unless_the_address_says_otherwise(address, mode):
    assert parts(address).get("sslmode") == mode


def test_the_environment_may_ask_for_more_than_tls_but_not_for_less():
    assert parts("postgres://u@h/d", PGSSLMODE="verify-full")["sslmode"] == "verify-full"
    assert parts("postgres://u@h/d", PGSSLMODE="prefer")["sslmode"] == "require"


def test_a_host_from_the_environment_counts_as_off_this_machine():
    target = parse_address("postgresql:///d", {"PGHOST": "db.example.com"})
    assert not target.loopback
    assert target.label == "db.example.com/d"
    assert "sslmode='require'" in target.conninfo


@pytest.fixture
def services(tmp_path):
    file = tmp_path / "services"
    file.write_text(
        "# ours\n[other]\nhost=h\n\n[prod]\nhost=db.example.com\nuser=ann\nport=6543\n[odd]\nldap://x\n"
    )
    return {"PGSERVICEFILE": str(file)}


def test_a_service_is_looked_up_in_the_users_own_file(services):
    target = parse_address("service=prod dbname=d", services)
    assert (target.label, target.loopback) == ("ann@db.example.com:6543/d", False)
    assert parts("service=prod user=bob", **services)["user"] == "bob"
    assert parse_address("dbname=d", {**services, "PGSERVICE": "prod"}).label == "ann@db.example.com:6543/d"
    assert parse_address("host=h", {**services, "PGSERVICE": "prod"}).label == "h"


@pytest.mark.parametrize("name", ["none", "odd"])
def test_a_service_that_is_not_defined_is_no_local_server(services, name):
    with pytest.raises(UsageError, match=f"service {name}"):
        parse_address(f"service={name}", services)
    with pytest.raises(UsageError, match=f"service {name}"):
        parse_address(f"service={name}")


def test_an_unknown_sslmode_is_refused():
    with pytest.raises(UsageError, match="sslmode") as caught:
        parse_address("postgres://h/d?sslmode=yes")
    assert "verify-full" in caught.value.hint


@pytest.mark.parametrize("value", ["p@ss/w:ord", "plain", "100%", "a%b@c", "x%40@"])
def test_a_variable_in_the_password_may_hold_any_character(value):
    assert parts("postgres://ann:${PW}@h/d", PW=value)["password"] == value


def test_a_variable_that_was_encoded_for_a_url_is_decoded():
    assert parts("postgres://ann:${PW}@h/d", PW="p%40ss")["password"] == "p@ss"


def test_a_variable_may_be_the_whole_address_or_the_password():
    assert parts("${URL}", URL=" 'postgres://ann:p@ss@h/d'\n")["password"] == "p@ss"
    assert parts("host=h password=${PW}", PW="a b'c")["password"] == "a b'c"
    assert parts("postgres://h/d?password=${PW}", PW="x")["password"] == "x"


@pytest.mark.parametrize(
    "text",
    [
        "postgres://${V}:x@h/d",
        "postgres://${V}@h/d",
        "postgres://u@${V}/d",
        "postgres://u@h.${V}.example/d",
        "postgres://u@h:${V}/d",
        "postgres://u@h/${V}",
        "postgres://u@h/d?host=${V}",
        "postgres://u@h/d?application_name=${V}",
        "postgres://u@h/d?${V}=1",
        "postgres://u:a${V}@h/d",
        "postgres://u:${V}a@h/d",
        "postgres://u:${V}${V}@h/d",
        "postgres://u:${${V}}@h/d",
        "postgres://u:${V@h/d",
        "postgres://u:${\u2164}@h/d",
        "postgres://%24%7BV%7D@h/d",
        "postgres://u@h/%24%7BV%7D",
        "postgres://u@%24%7BV%7D/d",
        "${V}/d",
        "${V}?sslmode=disable",
        "${V}://u@h/d",
        "x${V}",
        "host=${V}",
        "user=${V} host=h",
        "host=h password='a ${V}'",
    ],
)
def test_a_variable_is_refused_in_any_other_place_and_its_value_is_not_repeated(text):
    with pytest.raises(UsageError) as caught:
        parse_address(text, {"V": "postgres://s3cret@h/d"})
    assert "variable" in caught.value.message + caught.value.hint
    assert "s3cret" not in caught.value.message + caught.value.hint


def test_what_a_variable_holds_is_searched_for_no_other_variable():
    assert parts("${A}", A="postgres://u:${B}@h/d", B="s3cret")["password"] == "${B}"
    assert parts("postgres://u:${A}@h/d", A="${B}", B="s3cret")["password"] == "${B}"
    with pytest.raises(UsageError):
        parse_address("${A}", {"A": "${B}", "B": "postgres://u@h/d"})


@pytest.mark.parametrize("variables", [{}, {"STUDIO_PW": ""}])
def test_a_variable_that_is_not_set_is_named(variables):
    with pytest.raises(UsageError, match="STUDIO_PW"):
        parse_address("postgres://ann:${STUDIO_PW}@h/d", variables)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("https://app.example.com/project/12", "web address"),
        ("mysql://u:p@h/d", "mysql"),
        ("sbp_0123456789abcdef0123456789abcdef", "API key"),
        ("eyJhbGciOi.eyJpc3MiOi.SflKxwRJSM-_abc", "API key"),
        ("db.example", "neither"),
        ("postgres://u:p@h:port/d", "told apart"),
        ("postgres://u:p@h/d/e", "told apart"),
        ("postgres://u:p@h/d%00", "NUL"),
        ("host=h password='open", "pairs"),
    ],
)
def test_what_is_no_address_is_explained(text, said):
    with pytest.raises(UsageError, match=said) as caught:
        parse_address(text)
    assert caught.value.hint


@pytest.mark.parametrize("placeholder", ["[YOUR-PASSWORD]", "<password>", "YOUR_PASSWORD"])
def test_a_placeholder_left_in_the_address_is_pointed_out(placeholder):
    with pytest.raises(UsageError, match="placeholder"):
        parse_address(f"postgresql://postgres:{placeholder}@db.example.com:5432/postgres")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("postgres://ann:pw@db.example.com/studio", "ann@db.example.com/studio"),
        ("postgres://ann:pw@db.example.com:6543/studio", "ann@db.example.com:6543/studio"),
        ("postgres://ann:pw@db.example.com", "ann@db.example.com/ann"),
        ("postgresql:///d?host=/run/x", "local socket/d"),
        ("postgres://h/d%1b[31m", "h/d?[31m"),
    ],
)
def test_a_label_names_the_database_to_people(text, label):
    assert parse_address(text).label == label


def test_a_given_label_is_kept():
    assert parse_address("postgresql:///d", label="embedded/acme").label == "embedded/acme"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("postgres://ann:pw@h/d", True),
        ("postgres://ann:pw${X}@h/d", True),
        ("postgres://h/d?password=pw", True),
        ("postgres://h/d?sslpassword=pw", True),
        ("host=h password=pw", True),
        ("postgres://ann:p@w/x#@h:q/d", True),
        ("https://ann:pw@h", True),
        ("postgres://ann@h/d", False),
        ("postgres://ann:${PW}@h/d", False),
        ("postgres://ann:${A}${B}@h/d", False),
        ("${DATABASE_URL}", False),
        ("host=h password=${PW}", False),
        ("host=h user=ann", False),
        ("", False),
    ],
)
def test_a_password_in_an_address_is_noticed(text, answer):
    assert has_password(text) is answer


PASSWORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=6, max_size=30).filter(
    lambda text: text.strip() == text
)
TEMPLATES = st.sampled_from(
    [
        "postgres://ann:{}@db.example.com:5432/studio",
        "postgres://ann:{}@h/d?sslmode=require&pgbouncer=true",
        "postgres://ann:{}@h/d?schema=tenant",
        "postgres://ann:{}@h:port/d",
        "postgres://ann:{}@",
        "postgres://ann:{}/d",
        "postgresql+asyncpg://ann:{}@[::1]/d",
        "host=h user=ann password={} dbname=d",
        "host=h user=ann password='{}' dbname=d",
        "https://ann:{}@h",
        "mysql://ann:{}@h",
        "ann:{}@h/d",
        '"postgres://ann:{}@h/d',
    ]
)


def said_of(address):
    try:
        target = parse_address(address)
    except UsageError as error:
        return f"{error!s} {error!r} {error.hint}"
    return f"{target!r} {target!s} {target.label} {target.notes}"


@settings(max_examples=400, deadline=None)
@given(TEMPLATES, PASSWORDS)
def test_no_message_label_or_repr_holds_a_password(template, password):
    known = "postgresql://USER:PASSWORD@HOST:5432/DATABASE neither a URL nor libpq's name=value pairs"
    # What is said of any other password, too, gives none away: "progra" stands in "for other programs".
    assume(password not in known and password not in said_of(template.format("Zq7Zq7Zq7")))
    shown = said_of(template.format(password))
    assert password not in shown


@settings(max_examples=200, deadline=None)
@given(PASSWORDS)
def test_an_escaped_password_always_arrives_whole(password):
    target = parse_address(f"postgres://ann:{quote(password, safe='')}@h/d")
    assert conninfo_to_dict(target.conninfo)["password"] == password
    assert target.scrub(f"say {password} or {quote(password, safe='')}") == "say *** or ***"


def test_a_target_is_a_plain_value():
    target = parse_address("postgres://ann:pw@h/d")
    assert pickle.loads(pickle.dumps(target)) == target
