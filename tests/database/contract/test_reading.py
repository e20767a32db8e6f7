"""What a store reads: rows, where they stand, and all of it as one moment shows it."""

import pytest

from studio_sync.core.plan.dependents import Effect
from studio_sync.core.status.transition import StatusNode
from studio_sync.core.values.value import dump_json
from studio_sync.database.values.row import Whereabouts
from studio_sync.database.values.token_sum import TokenMove
from tests.database.contract.backends import Backend
from tests.database.contract.scene import (
    ARTICLE,
    ARTICLE_KIND,
    CHAPTER,
    CHAPTER_2,
    CHAPTER_KIND,
    CLIENT,
    CLIENT_KIND,
    NEW,
    ONE,
    OTHER,
    PROGRAM,
    PROGRAM_KIND,
    SESSION_KIND,
    TWO,
    fill,
    row_of,
)


@pytest.fixture(autouse=True)
def filled(backend: Backend) -> None:
    fill(backend)


def test_the_rows_are_those_of_the_clients(backend: Backend) -> None:
    with backend.open() as store:
        rows, everything, nobodys = store.rows(["mine"]), store.rows(), store.rows([])
        with store.together():
            assert [r.id for r in rows.read(CLIENT_KIND)] == [CLIENT]
            assert {r.id for r in everything.read(CLIENT_KIND)} == {CLIENT, OTHER}
            assert {r.id for r in rows.read(SESSION_KIND)} == {ONE, TWO}
            assert list(nobodys.read(SESSION_KIND)) == []
        assert rows.digest() != everything.digest()
        counts = {name: count for name, (count, _) in rows.digest().items()}
        assert {n: c for n, c in counts.items() if c} == {
            "client": 1, "program": 1, "chapter": 2, "session": 2, "article": 1,
        }  # fmt: skip


def test_a_row_says_what_was_written_in_canonical_form(backend: Backend) -> None:
    backend.update(ARTICLE_KIND, ARTICLE, {"content": "\n\nOne\r\ntwo\n\n", "sources": [{"year": 2010}]})
    backend.update(PROGRAM_KIND, PROGRAM, {"description": "\n \n"})
    with backend.open() as store:
        article, program = row_of(store, ARTICLE_KIND, ARTICLE), row_of(store, PROGRAM_KIND, PROGRAM)
    assert article.values == {"status": "draft", "sources": [{"year": 2010}], "content": "One\ntwo"}
    assert (article.rid, article.parent, article.slot) == (f"{ONE}/article", ONE, "")
    assert program.values is not None
    assert program.values["description"] is None
    assert (program.rid, program.parent, program.slot) == (PROGRAM, CLIENT, "p")


def test_keys_of_objects_come_the_shorter_first(backend: Backend) -> None:
    backend.update(ARTICLE_KIND, ARTICLE, {"sources": [{"year": 2010, "bb": {"ü": 1, "zz": 2}, "a": None}]})
    with backend.open() as store:
        values = row_of(store, ARTICLE_KIND, ARTICLE).values
    assert values is not None
    assert dump_json(values["sources"]) == '[{"a": null, "bb": {"zz": 2, "ü": 1}, "year": 2010}]'


def test_each_write_gives_a_row_another_token_and_the_rows_another_digest(backend: Backend) -> None:
    with backend.open() as store:
        rows = store.rows(["mine"])
        before, digest = row_of(store, ARTICLE_KIND, ARTICLE), rows.digest()
        backend.update(CLIENT_KIND, OTHER, {"name": "Theirs"})
        assert rows.digest() == digest
        backend.update(ARTICLE_KIND, ARTICLE, {"content": "One two"})
        after = row_of(store, ARTICLE_KIND, ARTICLE)
        assert after.token != before.token
        assert rows.digest() != digest
        move = TokenMove("article", ARTICLE, before.token, after.token)
        assert rows.after(digest, [move]) == rows.digest()
        assert rows.unpacked(rows.tokens(["article"])["article"]) == {(after.key(), after.token)}


def test_the_digest_after_rows_came_and_went_is_known_before_it_is_read(backend: Backend) -> None:
    with backend.open() as store:
        rows, old = store.rows(), row_of(store, ARTICLE_KIND, ARTICLE)
        digest = rows.digest()
        backend.delete(ARTICLE_KIND, ARTICLE)
        backend.insert(CHAPTER_KIND, NEW, PROGRAM, "3", {"title": "C", "order_index": 3})
        new = row_of(store, CHAPTER_KIND, NEW)
        moves = [
            TokenMove("article", ARTICLE, old.token, None),
            TokenMove("chapter", NEW, None, new.token),
        ]
        assert rows.after(digest, moves) == rows.digest()
        assert rows.after(digest, []) == digest


def test_where_tokens_are_not_trusted_they_say_nothing(backend: Backend) -> None:
    with backend.open() as store:
        rows = store.rows(tokens=False)
        assert not rows.digest()
        with store.together():
            assert [row.token for row in rows.read(ARTICLE_KIND)] == [None]
        assert {token for _, token in rows.unpacked(rows.tokens(["article"])["article"])} == {-1}


def test_rows_are_read_by_their_ids_whosever_they_are(backend: Backend) -> None:
    with backend.open() as store:
        known = {row_of(store, CLIENT_KIND, own).key() for own in (CLIENT, OTHER)}
        with store.together():
            found = store.rows(["mine"]).read(CLIENT_KIND, {*known, bytes(16)})
            assert {row.id for row in found} == {CLIENT, OTHER}


def test_siblings_have_their_order(backend: Backend) -> None:
    with backend.open() as store:
        found = store.rows().siblings(SESSION_KIND, [CHAPTER, CHAPTER_2])
        assert {p: sorted(rows) for p, rows in found.items()} == {CHAPTER: [(ONE, "1.1", 1), (TWO, "1.2", 2)]}
        assert store.rows().siblings(ARTICLE_KIND, [ONE]) == {}


def test_summaries_leave_out_what_is_long(backend: Backend) -> None:
    with backend.open() as store, store.together():
        found = list(store.rows(["mine"]).summaries())
    by_rid = {one.rid: one for one in found}
    places = [one.rid for one in found]
    assert all(one.parent in places[: places.index(one.rid)] for one in found if one.parent)
    session, article = by_rid[ONE], by_rid[f"{ONE}/article"]
    assert (session.title, session.status, session.order, session.minutes) == ("S", "draft", 1, 10)
    assert (article.words, article.title, article.order) == (2, "", None)


def test_it_is_known_which_rows_are_there_and_where(backend: Backend) -> None:
    with backend.open() as store:
        tree = store.tree
        assert tree.present_ids(SESSION_KIND, [ONE, NEW, CHAPTER]) == {ONE}
        assert tree.rows_below(SESSION_KIND, [CHAPTER]) == {(CHAPTER, "1.1"): ONE, (CHAPTER, "1.2"): TWO}
        assert tree.rows_below(CLIENT_KIND, []) == {("", "mine"): CLIENT, ("", "others"): OTHER}
        assert tree.rows_below(ARTICLE_KIND, [ONE]) == {(ONE, ""): ARTICLE}
        assert tree.whereabouts(ARTICLE_KIND, [ARTICLE, NEW]) == {
            ARTICLE: Whereabouts(CLIENT, "mine", "mine/p/1/1.1/article")
        }


def test_what_is_below_rows_is_given_parents_first(backend: Backend) -> None:
    with backend.open() as store:
        nodes = list(store.tree.nodes_below({"chapter": [CHAPTER]}))
        assert {n.rid for n in nodes} == {ONE, TWO, f"{ONE}/article"}
        assert nodes[-1] == StatusNode(f"{ONE}/article", ARTICLE_KIND, ONE, "draft")
        assert [n.rid for n in store.tree.children({"program": [PROGRAM]})] == [CHAPTER, CHAPTER_2]
        assert {n.status for n in store.tree.children({"program": [PROGRAM]})} == {None}
        assert list(store.tree.dependents({"session": [ONE]})) == []


def test_rows_of_other_tables_depend_on_the_given_rows_and_not_on_a_child_that_is_not_among_them(
    backend: Backend,
) -> None:
    backend.learn(ONE)
    with backend.open() as store:
        for doomed in ({"session": [ONE]}, {"session": [ONE, TWO]}, {"chapter": [CHAPTER], "session": [ONE]}):
            (found,) = store.tree.dependents(doomed)
            assert (found.table, found.rows, found.effect) == ("progress", 1, Effect.DELETED)
        for doomed in ({"session": [TWO]}, {"chapter": [CHAPTER]}, {"chapter": [CHAPTER], "session": [TWO]}):
            assert list(store.tree.dependents(doomed)) == []


def test_a_snapshot_shows_one_moment_and_what_comes_later_afterwards(backend: Backend) -> None:
    with backend.open() as store:
        with store.snapshot():
            before = store.rows().digest()
            backend.update(ARTICLE_KIND, ARTICLE, {"content": "Later"})
            assert store.rows().digest() == before
            assert [r.values["content"] for r in store.rows().read(ARTICLE_KIND) if r.values] == ["One two"]
        assert [r.values["content"] for r in _articles(store) if r.values] == ["Later"]


def _articles(store):
    with store.together():
        return list(store.rows().read(ARTICLE_KIND))


def test_a_row_goes_with_what_is_above_it(backend: Backend) -> None:
    backend.delete(CHAPTER_KIND, CHAPTER)
    with backend.open() as store:
        assert store.tree.present_ids(SESSION_KIND, [ONE, TWO]) == set()
        assert store.tree.present_ids(ARTICLE_KIND, [ARTICLE]) == set()
        assert store.tree.present_ids(CHAPTER_KIND, [CHAPTER, CHAPTER_2]) == {CHAPTER_2}


def test_a_role_that_no_grant_binds_sees_everything(backend: Backend) -> None:
    with backend.open() as store:
        assert store.role
        assert store.access.grants() is None
        store.access.hold_visible("here", store.shape().secured, None)
        assert store.access.covered(None, None) is None
        assert store.access.covered(None, ["mine"]) == {CLIENT}


def test_the_history_of_a_server_has_a_mark_and_goes_on(backend: Backend) -> None:
    with backend.open() as store:
        store.hold_trusted("here")
        assert store.shape().tokens
        before = store.server_history()
        backend.update(ARTICLE_KIND, ARTICLE, {"content": "Later"})
        after = store.server_history()
        assert before.mark == after.mark != ""
        assert after.horizon > before.horizon


def test_a_doctor_has_something_to_look_at(backend: Backend) -> None:
    with backend.open() as store:
        for name, exam in store.exams():
            assert list(exam()), name
