"""The rules of status, each guard by itself and all of them together: pure, without a database."""

import pytest

from studio_sync.core.plan.decision import Choice, Decision, Grant, granted
from studio_sync.core.status.guards import GUARDS, Policy, judge_transitions, roots
from studio_sync.core.status.rules import StatusRules, Stricter
from studio_sync.core.status.transition import Forest, StatusNode, Transition, status_of
from studio_sync.core.values.kind import STATUS, Need
from studio_sync.core.values.record import PARENT, Version, digests, rid_of
from studio_sync.kinds import ALL_KINDS, KINDS

POLICY = Policy(KINDS)
FLOWS = [kind for kind in ALL_KINDS if kind.flow]
CONTENTS = KINDS["session"].needs["content_created"][0].of


def version(kind, status="draft", *, own="s", parent="p", slot="1.1", **values):
    """A version that says `status`, and these values beside the defaults."""
    kind = KINDS[kind]
    said = {f.name: f.default for f in kind.fields} | values
    if kind.flow:
        said[STATUS] = status
    return Version(
        rid_of(kind, own, parent, slot), kind.name, parent, slot if kind.slot else "", digests(kind, said)
    )


def transition(kind, before, after, *fields, decisions=(), parent="p", own="s", **values):
    """The way of one record between two statuses; None: it is not there on that side."""
    old = None if before is None else version(kind, before, own=own, parent=parent)
    new = None if after is None else version(kind, after, own=own, parent=parent, **values)
    status = (STATUS,) if before is not None and after is not None and before != after else ()
    some = old or new
    return Transition(
        KINDS[kind], some.rid, old, new, (*status, *fields), f"content/{kind}.md",
        tuple(Decision(c) for c in decisions),
    )  # fmt: skip


def node(kind, status, *, parent="s", own=""):
    return StatusNode(rid_of(KINDS[kind], own, parent, ""), KINDS[kind], parent, status, f"content/{kind}")


def codes(*transitions, nodes=(), policy=POLICY):
    """The codes of everything that speaks against these, in order."""
    return [v.code for verdicts in judge_transitions(transitions, nodes, policy).values() for v in verdicts]


def hint(*transitions, nodes=(), policy=POLICY):
    ((verdict, *_), *_) = judge_transitions(transitions, nodes, policy).values()
    return verdict.hint


@pytest.mark.parametrize("kind", FLOWS, ids=lambda k: k.name)
def test_every_kind_with_a_flow_says_what_locks_and_every_need_names_kinds_and_statuses_that_there_are(kind):
    assert kind.locked
    assert set(kind.locked) <= set(kind.flow)
    assert kind.flow[0] not in kind.locked
    for status, needs in (kind.needs or {}).items():
        assert status in kind.flow[1:]
        for need in needs:
            for name in need.of:
                assert kind in KINDS.ancestors(KINDS[name])
                assert not need.status or need.status in KINDS[name].flow


# --- steps

STEPS = [
    (kind.name, before, after)
    for kind in FLOWS
    for before in kind.flow
    for after in kind.flow
    if before != after
]


@pytest.mark.parametrize(("kind", "before", "after"), STEPS)
def test_one_step_forward_passes_more_are_skipping_and_back_is_a_decision(kind, before, after):
    flow = KINDS[kind].flow
    steps = flow.index(after) - flow.index(before)
    below = [node(name, "approved") for name in CONTENTS] if kind == "session" else []
    below += [node("session", "published", own="x", parent="s")] if kind == "program" else []
    found = codes(transition(kind, before, after), nodes=below)
    assert found == ([] if steps == 1 else ["status-skipped"] if steps > 1 else ["reopen-needed"])
    if steps > 1:
        assert hint(transition(kind, before, after), nodes=below) == (
            f"next legal status: {flow[flow.index(before) + 1]}"
        )
    if steps < 0:
        assert codes(transition(kind, before, after, decisions=[Choice.REOPEN])) == []


def test_a_decision_of_another_kind_lets_nothing_pass():
    others = [Choice.RENUMBER, Choice.IMPORT, Choice.DELETE]
    assert codes(transition("article", "approved", "draft", decisions=others)) == ["reopen-needed"]
    assert codes(transition("article", "draft", "approved", decisions=list(Choice))) == ["status-skipped"]


def test_a_new_row_starts_at_the_first_status_unless_it_is_imported():
    for kind in FLOWS:
        assert codes(transition(kind.name, None, kind.flow[0])) == []
        for status in (*kind.flow[1:], None, "odd"):
            new = Transition(kind, "s", None, version(kind.name, status), ())
            assert codes(new) == ["first-status"]
            imported = Transition(
                kind, "s", None, version(kind.name, status), (), "", (Decision(Choice.IMPORT),)
            )
            assert codes(imported) == []


def test_a_status_that_nobody_knows_is_not_pushed():
    found = transition("article", "draft", "done")
    assert codes(found) == ["unknown-status"]
    assert hint(found) == "next legal status: review"
    assert hint(transition("article", "approved", "done")) == "next legal status: approved"
    unset = Transition(
        KINDS["article"], "s", version("article", "draft"), version("article", None), (STATUS,)
    )
    assert codes(unset) == ["unknown-status"]


def test_what_the_database_has_at_an_unknown_status_comes_back_at_the_start_by_a_decision():
    assert codes(transition("article", "odd", "draft")) == ["reopen-needed"]
    assert codes(transition("article", "odd", "draft", decisions=[Choice.REOPEN])) == []
    assert codes(transition("article", "odd", "approved", decisions=[Choice.REOPEN])) == ["status-skipped"]
    assert codes(transition("article", "odd", "odd", "content")) == []


def test_a_row_without_a_status_stands_before_the_first():
    kind = KINDS["article"]
    old = version("article", None)
    assert codes(Transition(kind, "s", old, version("article", "draft"), (STATUS,))) == []
    assert codes(Transition(kind, "s", old, version("article", "review"), (STATUS,))) == ["status-skipped"]


def test_no_approve_refuses_every_step_to_approved_or_published_and_no_other():
    policy = Policy(KINDS, no_approve=True)
    below = [node(name, "approved") for name in CONTENTS]
    assert codes(transition("article", "review", "approved"), policy=policy) == ["no-approve"]
    assert codes(transition("session", "content_created", "approved"), nodes=below, policy=policy) == [
        "no-approve"
    ]
    assert codes(transition("session", "approved", "published"), nodes=below, policy=policy) == ["no-approve"]
    assert codes(transition("article", "draft", "review"), policy=policy) == []
    reopened = transition("session", "published", "approved", decisions=[Choice.REOPEN])
    assert codes(reopened, policy=policy) == []
    imported = transition("article", None, "approved", decisions=[Choice.IMPORT])
    assert codes(imported, policy=policy) == ["no-approve"]
    kept = transition("article", "approved", "approved")
    assert codes(kept, policy=policy) == []


# --- what is locked


@pytest.mark.parametrize("field", ["content", "sources"])
def test_what_is_approved_changes_only_while_it_is_reopened(field):
    assert codes(transition("article", "approved", "approved", field)) == ["locked"]
    assert codes(transition("article", "review", "review", field)) == []
    reopened = transition("article", "approved", "review", field, decisions=[Choice.REOPEN])
    assert codes(reopened) == []
    assert codes(transition("article", "approved", "review", field)) == ["reopen-needed"]


def test_the_way_out_of_a_lock_names_the_status_to_go_back_to():
    assert "`status: review`" in hint(transition("article", "approved", "approved", "content"))
    assert "`status: content_created`" in hint(transition("session", "published", "published", "title"))


def test_a_step_back_from_one_locked_status_to_another_opens_nothing():
    found = transition("session", "published", "approved", "title", decisions=[Choice.REOPEN])
    assert codes(found) == ["locked"]


def test_words_changed_on_the_way_to_published_are_still_locked():
    below = [node(name, "approved") for name in CONTENTS]
    assert codes(transition("session", "approved", "published", "title"), nodes=below) == ["locked"]


@pytest.mark.parametrize("field", [PARENT, "number", "order_index"])
def test_what_is_locked_keeps_its_place_unless_it_is_renumbered(field):
    for status in ("approved", "published"):
        assert codes(transition("session", status, status, field)) == ["renumber-needed"]
        assert codes(transition("session", status, status, field, decisions=[Choice.RENUMBER])) == []
    assert codes(transition("session", "content_created", "content_created", field)) == []


def test_a_new_place_is_no_leave_to_change_the_words():
    found = transition("session", "approved", "approved", "number", "title", decisions=[Choice.RENUMBER])
    assert codes(found) == ["locked"]


def test_what_stands_above_something_locked_keeps_its_place_too():
    chapter = Transition(
        KINDS["chapter"], "c", version("chapter"), version("chapter"), ("number",), "content/chapter.md"
    )
    inside = [node("session", "approved", parent="c", own="s")]
    assert codes(chapter, nodes=inside) == ["renumber-needed"]
    assert codes(chapter, nodes=[node("session", "draft", parent="c", own="s")]) == []
    deep = [node("session", "draft", parent="c", own="s"), node("article", "approved")]
    assert codes(chapter, nodes=deep) == ["renumber-needed"]
    titled = Transition(KINDS["chapter"], "c", version("chapter"), version("chapter"), ("title",))
    assert codes(titled, nodes=inside) == []


def test_nothing_locked_is_deleted_nor_what_stands_above_it_whatever_was_decided():
    everything = list(Choice)
    assert codes(transition("article", "approved", None, decisions=everything)) == ["delete-locked"]
    assert codes(transition("article", "review", None, decisions=[Choice.DELETE])) == []
    chapter = Transition(KINDS["chapter"], "c", version("chapter"), None, (), "", (Decision(Choice.DELETE),))
    session = transition("session", "draft", None, parent="c")
    article = transition("article", "approved", None, parent="s")
    inside = [node("session", "draft", parent="c", own="s"), node("article", "approved")]
    assert codes(chapter, session, article, nodes=inside) == ["delete-locked"] * 3
    # The article stays, and still nothing above it may go.
    assert codes(chapter, session, nodes=inside) == ["delete-locked"] * 2


def test_what_moves_out_lets_its_old_parent_go():
    chapter = Transition(KINDS["chapter"], "c", version("chapter"), None, ())
    moved = Transition(
        KINDS["session"], "s", version("session", "approved", parent="c"),
        version("session", "approved", parent="d"), (PARENT,), "", (Decision(Choice.RENUMBER),),
    )  # fmt: skip
    inside = [node("session", "approved", parent="c", own="s"), node("article", "approved")]
    assert codes(chapter, moved, nodes=inside) == []


# --- what a status needs


def test_a_session_needs_its_contents_to_be_there():
    step = transition("session", "draft", "content_created")
    assert codes(step, nodes=[node(name, "draft") for name in CONTENTS]) == []
    assert codes(step, nodes=[node(name, "draft") for name in CONTENTS[:3]]) == ["not-ready"]
    missing = (f"{KINDS[name].file} (there is none)" for name in CONTENTS)
    assert hint(step) == f"needs: {', '.join(missing)}"


def test_a_session_needs_all_contents_approved_to_be_approved_and_to_stay_so_to_be_published():
    for step in (
        transition("session", "content_created", "approved"),
        transition("session", "approved", "published"),
    ):
        ready = [node(name, "approved") for name in CONTENTS]
        assert codes(step, nodes=ready) == []
        ready[2] = StatusNode("s/quiz", KINDS["quiz"], "s", "review", "content/quiz.yaml")
        assert codes(step, nodes=ready) == ["not-ready"]
        assert hint(step, nodes=ready) == "needs: quiz.yaml approved (is review)"


def test_a_program_needs_every_session_far_enough():
    to_review = transition("program", "in_progress", "review", own="p0", parent="c")
    chapter = node("chapter", None, parent="p0", own="c1")

    def sessions(*statuses):
        return [chapter, *(node("session", s, parent="c1", own=f"s{i}") for i, s in enumerate(statuses))]

    assert codes(to_review, nodes=sessions("content_created", "published", "approved")) == []
    assert codes(to_review, nodes=sessions("content_created", "draft")) == ["not-ready"]
    assert codes(to_review, nodes=[chapter]) == ["not-ready"]
    assert hint(to_review, nodes=[chapter]) == "needs: at least one session content_created (there is none)"
    published = transition("program", "review", "published", own="p0", parent="c")
    assert codes(published, nodes=sessions("published", "published")) == []
    assert codes(published, nodes=sessions("published", "approved")) == ["not-ready"]
    assert codes(transition("program", "draft", "in_progress", own="p0", parent="c")) == []


def test_many_that_are_not_ready_are_named_and_counted():
    step = transition("program", "in_progress", "review", own="p0", parent="c")
    nodes = [node("chapter", None, parent="p0", own="c1")]
    nodes += [node("session", "draft", parent="c1", own=f"s{i}") for i in range(8)]
    assert hint(step, nodes=nodes).endswith("(is draft), and 3 more")


def test_a_session_and_its_contents_that_move_together_are_judged_on_the_outcome():
    session = transition("session", "content_created", "approved")
    contents = [transition(name, "review", "approved", parent="s") for name in CONTENTS]
    below = [node(name, "review") for name in CONTENTS]
    assert codes(session, *contents, nodes=below) == []
    assert codes(session, *contents[1:], nodes=below) == ["not-ready"]
    assert codes(session, nodes=below) == ["not-ready"]
    created = [transition(name, None, "draft", parent="s") for name in CONTENTS]
    assert codes(transition("session", "draft", "content_created"), *created) == []
    gone = transition("article", "draft", None, parent="s")
    there = [node(name, "draft") for name in CONTENTS]
    assert codes(transition("session", "draft", "content_created"), gone, nodes=there) == ["not-ready"]
    reopened = transition("article", "approved", "review", parent="s", decisions=[Choice.REOPEN])
    ready = [node(name, "approved") for name in CONTENTS]
    assert codes(session, reopened, nodes=ready) == ["not-ready"]


def test_what_moves_in_or_out_counts_where_it_stands_afterwards():
    step = transition("program", "in_progress", "review", own="p0", parent="c")
    nodes = [
        node("chapter", None, parent="p0", own="c1"),
        node("session", "content_created", parent="c1", own="s1"),
        node("session", "draft", parent="c1", own="s2"),
    ]

    def moved(own, old, new):
        return Transition(
            KINDS["session"], own, version("session", "draft", own=own, parent=old),
            version("session", "draft", own=own, parent=new), (PARENT,),
        )  # fmt: skip

    assert codes(step, nodes=nodes) == ["not-ready"]
    assert codes(step, moved("s2", "c1", "elsewhere"), nodes=nodes) == []
    assert codes(step, moved("s2", "c1", "elsewhere"), moved("s3", "elsewhere", "c1"), nodes=nodes) == [
        "not-ready"
    ]


def test_a_new_draft_session_may_join_what_is_published():
    assert codes(transition("session", None, "draft", parent="c1")) == []


def test_only_what_steps_forward_moves_or_goes_asks_for_what_stands_below():
    quiet = [
        transition("session", None, "draft"),
        transition("session", "draft", "draft", "title"),
        transition("session", "published", "approved", decisions=[Choice.REOPEN]),
        transition("program", "draft", "in_progress"),
        transition("article", "draft", "review"),
    ]
    assert roots(quiet, POLICY) == {}
    assert roots([transition("session", "draft", "content_created", own="x")], POLICY) == {"session": ["x"]}
    assert roots([transition("session", "draft", "draft", "number", own="x")], POLICY) == {"session": ["x"]}
    assert roots([transition("session", "draft", None, own="x")], POLICY) == {"session": ["x"]}


# --- what a workspace adds


def test_a_workspace_may_change_the_required_contents():
    policy = Policy(KINDS, StatusRules({"session": Stricter(contents=("article", "quiz"))}))
    some = [node("article", "approved"), node("quiz", "approved"), node("video", "draft")]
    assert codes(transition("session", "draft", "content_created"), nodes=some, policy=policy) == []
    assert codes(transition("session", "content_created", "approved"), nodes=some, policy=policy) == []
    assert codes(transition("session", "content_created", "approved"), nodes=some[1:], policy=policy) == [
        "not-ready"
    ]


def test_a_workspace_may_lock_more_and_ask_for_more():
    stricter = Stricter(
        locked=("content_created",),
        filled={"approved": ("hook", "learning_objectives")},
        below={"content_created": (Need(of=("quiz",), status="review"),)},
    )
    policy = Policy(KINDS, StatusRules({"session": stricter}))
    there = [node(name, "draft") for name in CONTENTS]
    step = transition("session", "draft", "content_created")
    assert codes(step, nodes=there, policy=policy) == ["not-ready"]
    assert hint(step, nodes=there, policy=policy) == "needs: quiz review (is draft)"
    assert codes(transition("session", "content_created", "content_created", "title"), policy=policy) == [
        "locked"
    ]
    ready = [node(name, "approved") for name in CONTENTS]
    approve = transition("session", "content_created", "approved", hook="Why?", learning_objectives=[])
    assert codes(approve, nodes=ready, policy=policy) == ["not-ready"]
    assert hint(approve, nodes=ready, policy=policy) == "needs: learning_objectives"
    full = transition("session", "content_created", "approved", hook="Why?", learning_objectives=["Listen"])
    assert codes(full, nodes=ready, policy=policy) == []


def test_no_approve_is_about_the_declared_statuses_not_about_more_locks():
    policy = Policy(KINDS, StatusRules({"session": Stricter(locked=("content_created",))}), no_approve=True)
    there = [node(name, "draft") for name in CONTENTS]
    assert codes(transition("session", "draft", "content_created"), nodes=there, policy=policy) == []


# --- all of them


def test_every_guard_is_a_question_about_one_passage_and_all_answers_are_given():
    assert len(set(GUARDS)) == len(GUARDS)
    found = transition("session", "published", "draft", "number", "title")
    assert sorted(codes(found)) == ["renumber-needed", "reopen-needed"]
    assert codes(transition("session", "approved", "approved", "number", "title")) == [
        "locked",
        "renumber-needed",
    ]


def test_a_kind_without_a_flow_passes_all_guards():
    assert codes(transition("client", "", "", "name"), transition("program_knowledge", None, "")) == []
    assert status_of(KINDS["client"], version("client")) is None


def test_a_forest_tells_what_stands_below_before_and_after():
    forest = Forest([node("session", "draft", parent="c", own="s"), node("article", "draft")])
    assert [n.rid for n in forest.below("c")] == ["s", "s/article"]
    assert forest.top_of("s/article") == "c"
    after = forest.after([transition("article", "draft", None, parent="s")])
    assert [n.rid for n in after.below("c")] == ["s"]
    assert "s/article" in forest
    assert "s/article" not in after


# --- decisions


def test_a_decision_is_for_a_record_and_everything_below_it():
    grants = [
        Grant(Choice.REOPEN, "all of it", "content/acme"),
        Grant(Choice.REOPEN, "this", "content/acme/p"),
    ]
    this, everything = Decision(Choice.REOPEN, "this"), Decision(Choice.REOPEN, "all of it")
    assert granted(grants, Choice.REOPEN, lambda _: ["content/acme/p/program.md"]) == [this, everything]
    assert granted(grants, Choice.REOPEN, lambda _: ["content/acme/q/program.md"]) == [everything]
    assert granted(grants, Choice.REOPEN, lambda _: ["content/acme-2/client.md"]) == []
    assert granted(grants, Choice.DELETE, lambda _: ["content/acme/client.md"]) == []
    exact = [Grant(Choice.DELETE, "", "content/acme/p/program.md")]
    assert granted(exact, Choice.DELETE, lambda _: ["content/acme/p/program.md"])
    assert granted(exact, Choice.DELETE, lambda _: ["content/acme/p/knowledge/brief.md"]) == []
    assert granted([Grant(Choice.IMPORT)], Choice.IMPORT, lambda _: ["anything"])
