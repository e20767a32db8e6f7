import psycopg
import pytest

from studio_sync.database.postgres.rows.row_reader import Rows
from studio_sync.database.values.token_sum import Digest, TokenMove
from studio_sync.kinds import KINDS

MINE, OTHERS = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"
PROGRAM, THEIRS = "20000000-0000-4000-8000-000000000001", "20000000-0000-4000-8000-000000000002"


@pytest.fixture
def filled(connection: psycopg.Connection) -> psycopg.Connection:
    for client, slug, program in ((MINE, "mine", PROGRAM), (OTHERS, "others", THEIRS)):
        connection.execute("INSERT INTO clients (id, slug, name) VALUES (%s, %s, 'A')", (client, slug))
        connection.execute(
            "INSERT INTO programs (id, client_id, slug, name) VALUES (%s, %s, 'p', 'P')", (program, client)
        )
    return connection


def digest(connection: psycopg.Connection) -> Digest:
    return Rows(connection, KINDS, ["mine"]).digest()


def token(connection: psycopg.Connection, own: str) -> int:
    (found,) = connection.execute("SELECT xmin::text::bigint FROM programs WHERE id = %s", (own,))
    return int(found[0])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE programs SET name = name WHERE id = %s",
        "DELETE FROM programs WHERE id = %s",
        "INSERT INTO chapters (program_id, number, title, order_index) VALUES (%s, 1, 'C', 1)",
    ],
)
def test_the_digest_of_rows_changes_with_each_write_and_not_with_what_others_hold(
    filled: psycopg.Connection, change: str
) -> None:
    before = digest(filled)

    filled.execute(change, (THEIRS,))
    assert digest(filled) == before
    filled.execute(change, (PROGRAM,))
    assert digest(filled) != before


def test_without_trusted_tokens_there_is_no_digest(filled: psycopg.Connection) -> None:
    assert not Rows(filled, KINDS, ["mine"], tokens=False).digest()


def test_the_rows_of_a_workspace_are_those_of_its_clients(filled: psycopg.Connection) -> None:
    rows = Rows(filled, KINDS, ["mine"])
    everything = Rows(filled, KINDS)

    assert len(rows.unpacked(rows.tokens(["program"])["program"])) == 1
    assert len(everything.unpacked(everything.tokens(["program"])["program"])) == 2
    assert everything.digest() != rows.digest()


def test_a_digest_is_written_and_read_again(filled: psycopg.Connection) -> None:
    found = digest(filled)

    assert Digest.parse(str(found)) == found
    assert found["program"][0] == 1
    for text in ("", "program:1:None", "program", "a:b:c", "program:1:2:3"):
        assert not Digest.parse(text)


def test_what_a_digest_will_be_is_known_from_the_rows_that_change(filled: psycopg.Connection) -> None:
    rows, before, old = Rows(filled, KINDS, ["mine"]), digest(filled), token(filled, PROGRAM)

    filled.execute("UPDATE programs SET name = 'Q' WHERE id = %s", (PROGRAM,))
    now = token(filled, PROGRAM)
    after = rows.after(before, [TokenMove("program", PROGRAM, old, now)])
    assert after == digest(filled) != before

    new = "20000000-0000-4000-8000-000000000009"
    filled.execute("INSERT INTO programs (id, client_id, slug, name) VALUES (%s, %s, 'n', 'N')", (new, MINE))
    assert rows.after(after, [TokenMove("program", new, None, token(filled, new))]) == digest(filled)

    filled.execute("DELETE FROM programs")
    gone = [TokenMove("program", PROGRAM, now, None)]
    assert rows.after(after, gone) == digest(filled)
    assert rows.after(after, []) == after
    assert not rows.after(Digest(), gone)
