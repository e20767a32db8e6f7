from studio_sync.core.status.rules import StatusRules, Stricter
from studio_sync.core.status.stale_approvals import StaleApproval, changed_since, stale_approvals
from studio_sync.core.status.transition import Forest, StatusNode
from studio_sync.core.values.kind import STATUS
from studio_sync.core.values.record import Version, digests, rid_of
from studio_sync.kinds import KINDS

RULES = StatusRules()
CONTENTS = KINDS["session"].needs["content_created"][0].of


def article(status, content="One.", **values):
    kind = KINDS["article"]
    said = {f.name: f.default for f in kind.fields} | {STATUS: status, "content": content} | values
    return Version("s/article", "article", "s", "", digests(kind, said))


def changed(*history, now):
    return changed_since(KINDS["article"], RULES, history, now)


def node(kind, status, own="", parent="s"):
    return StatusNode(rid_of(KINDS[kind], own, parent, ""), KINDS[kind], parent, status)


def told(tops, nodes, changes=()):
    found = stale_approvals(tops, Forest(nodes), RULES, dict.fromkeys(changes, ("content",)))
    return {rid: str(u) for rid, u in found.items()}


def test_what_changed_after_it_was_approved_is_told_by_field():
    first = article("approved")
    assert changed(article("draft"), first, now=first) == ()
    assert changed(article("review", "Zero."), first, now=article("approved", "Two.")) == ("content",)
    assert changed(first, article("approved", "Two."), now=article("approved", "Two.")) == ("content",)
    assert changed(first, article("approved", "Two."), now=article("approved", "One.")) == ()
    assert changed(first, now=article("approved", sources=["A book"])) == ("sources",)


def test_what_was_reopened_and_approved_again_is_as_it_was_approved():
    again = article("approved", "Two.")
    assert changed(article("approved"), article("draft"), again, now=again) == ()
    assert changed(article("approved"), None, again, now=again) == ()


def test_nothing_is_said_of_what_nobody_saw_approved_or_of_what_is_not():
    assert changed(now=article("approved")) == ()
    assert changed(article("review"), now=article("approved", "Two.")) == ()
    assert changed(article("approved"), now=article("review", "Two.")) == ()


def test_a_session_says_what_is_in_work_below_it():
    session = node("session", "approved", "s", "c")
    ready = [node(name, "approved") for name in CONTENTS]
    assert told([session], ready) == {}
    assert told([session], [node("article", "draft"), *ready[1:]]) == {"s": "approved, 1 article in work"}
    assert told([session], ready[1:]) == {"s": "approved, no article"}
    assert told([session], ready, ["s/article"]) == {"s": "approved, 1 article changed since"}


def test_a_program_says_how_many_sessions_are_in_work():
    program = node("program", "published", "p", "c")
    nodes = [node("chapter", None, "c1", "p")]
    nodes += [node("session", "published", f"s{i}", "c1") for i in range(3)]
    assert told([program], nodes) == {}
    assert told([program], [*nodes, node("session", "draft", "s9", "c1")]) == {
        "p": "published, 1 session in work"
    }
    more = [node("session", "draft", f"n{i}", "c1") for i in range(7)]
    found = stale_approvals([program], Forest([*nodes, *more]), RULES, {})
    assert str(found["p"]) == "published, 7 sessions in work"
    assert found["p"].below == ("n0", "n1", "n2", "n3", "n4")


def test_a_session_that_is_in_work_itself_is_so_for_its_program():
    program = node("program", "published", "p", "c")
    session = node("session", "published", "s", "c1")
    nodes = [node("chapter", None, "c1", "p"), session]
    nodes += [node(name, "approved") for name in CONTENTS[1:]] + [node("article", "review")]
    assert told([session, program], nodes) == {
        "s": "published, 1 article in work",
        "p": "published, 1 session in work",
    }


def test_what_changed_itself_and_what_is_below_are_told_together():
    session = node("session", "approved", "s", "c")
    nodes = [node("article", "draft"), *(node(name, "approved") for name in CONTENTS[1:])]
    assert told([session], nodes, ["s", "s/quiz"]) == {
        "s": "approved, changed since, 1 article in work, 1 quiz changed since"
    }


def test_what_changed_below_a_session_is_told_at_its_program_too():
    session, program = node("session", "published", "s", "c1"), node("program", "published", "p", "c")
    nodes = [node("chapter", None, "c1", "p"), session, *(node(name, "approved") for name in CONTENTS)]
    assert told([session, program], nodes, ["s/article"]) == {
        "s": "published, 1 article changed since",
        "p": "published, 1 session changed since",
    }


def test_several_are_told_in_their_plural():
    work, edited = (("quiz", 2), ("article", 1)), (("session", 3),)
    assert str(StaleApproval("p", "published", work=work, edited=edited)) == (
        "published, 2 quizzes in work, 1 article in work, 3 sessions changed since"
    )


def test_the_contents_that_a_workspace_asks_for_count():
    rules = StatusRules({"session": Stricter(contents=("article",))})
    found = stale_approvals(
        [node("session", "approved", "s", "c")], Forest([node("article", "approved")]), rules, {}
    )
    assert found == {}
