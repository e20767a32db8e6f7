"""What seldom comes together by itself: each is a few steps, by whose rule alone nothing is lost."""

from tests.machine import git_actions, people
from tests.machine.accidents import backup, once, restore_backup
from tests.machine.offers import NUMBER
from tests.machine.people import WEB
from tests.machine.shape import folders_by_id
from tests.machine.studio_actions import choose_number
from tests.machine.watch import CONFIRMED, ROWS, Machine, all_words
from tests.machine.words import FindingError


def approve_beside_the_web(m: Machine, a: int, b: int, c: int) -> None:
    """One person types an approval into a content, to which the web app adds words; both come together."""
    clone = m.clone(a)
    ready = [p for p, file in clone.files_now().items() if "\nstatus: review\n" in f"\n{file.text}"]
    rows = [row for row in m.world.rows() if row.table == "articles" and row.status == "review"]
    both = [(p, row) for p in ready for row in rows if row.words & clone.files_now()[p].words]
    if not both:
        return
    path, row = both[b % len(both)]
    with m.person():
        clone.write(path, clone.read(path).replace("status: review", "status: approved"))
        m.approvals.approve(clone.name, clone.words())
        old = sorted(row.words)[c % len(row.words)]
        m.world.web.replace(row, old, f"{old} {m.words.fresh(WEB)}")
    m.run(clone, "pull")
    m.run(clone, "push")


def add_while_deleted(m: Machine, a: int, b: int, c: int) -> None:
    """The web app adds a session to a chapter just before a push that deletes it writes."""
    clone = m.clone(a)
    folders = [p.rpartition("/")[0] for p in clone.paths() if p.endswith("/chapter.md")]
    if not folders:
        return
    before = clone.words()
    with m.person():
        clone.remove(folders[b % len(folders)])
        m.words.give_up(before - clone.words(), clone.name)

    def act(*_: object) -> None:
        there = all_words(m.world.rows())
        with m.person():
            people.new_row(m, a, b, c)
        m.late[ROWS] = all_words(m.world.rows()) - there

    m.run(clone, "push", "--partial", "--delete", during=once(m.world.web.writer, "apply", act))


def same_number(m: Machine, a: int, b: int, c: int) -> None:
    """Somebody makes a session in the files, and the web app one with its number; then one gets another."""
    clone = m.clone(a)
    rows = {row.id for row in m.world.rows() if row.table == "chapters"}
    chapters = [(own, folder) for folder, own in folders_by_id(clone, "chapter.md").items() if own in rows]
    if not chapters:
        return
    own, folder = chapters[b % len(chapters)]
    first = folder.rpartition("/")[2].partition("-")[0].lstrip("0")
    number = 10 + c % 3
    with m.person():
        m.world.web.new_session(m.world.new_id(), own, number, m.words.fresh(WEB))
        text = f"---\ntitle: {m.words.fresh(clone.name)}\nstatus: draft\n---\n"
        new = f"content/{folder}/{first}.{number}-{m.words.count}"
        clone.write(f"{new.removeprefix('content/')}/session.md", text)
    result = m.run(clone, "push", "--partial")
    if f"{new}/session.md: error[collision]" in result.text:
        if ["mv", new, NUMBER] not in m.offers[clone.name]:
            raise FindingError(f"{new} is offered no other number: {result.text}")
        choose_number(m, clone, ["mv", new, NUMBER], c)


def lose_a_push(m: Machine, a: int, b: int, c: int) -> None:
    """A backup is restored that was made before a push."""
    backup(m, a, b, c)
    with m.person():
        people.edit_file(m, a, b, c)
    m.run(m.clone(a), "push")
    restore_backup(m, a, b, c)
    m.run(m.clone(a), "pull")


def put_back_what_was_pushed(m: Machine, a: int, b: int, c: int) -> None:
    """A file that was pushed, and not committed, is put back by git; then somebody pushes again."""
    with m.person():
        people.edit_file(m, a, b, c)
    m.run(m.clone(a), "push")
    with m.person():
        git_actions.reset(m, a, 2, c)
    m.run(m.clone(a), "push")


def delete_what_is_learned(m: Machine, a: int, b: int, c: int) -> None:
    """A session is deleted in the files, in which a learner has got on; that may be confirmed."""
    clone = m.clone(a)
    rows = {row.id for row in m.world.rows() if row.table == "sessions"}
    folders = [(own, folder) for folder, own in folders_by_id(clone).items() if own in rows]
    if not folders:
        return
    own, folder = folders[b % len(folders)]
    before = clone.words()
    with m.person():
        m.world.web.learn(own, m.words.fresh("learner"))
        clone.remove(folder)
        m.words.give_up(before - clone.words(), clone.name)
    m.run(clone, "push", "--partial", "--delete", *[CONFIRMED] * (c % 2))
