"""The undo of moves: every folder is where it was, unless its place is another one's by now."""

import re
import shlex

from tests.harness import C1, S1, S2, Desk

_NEW = "---\ntitle: Mine\nstatus: draft\n---\n"
_WAY = re.compile(r"studio mv (.*) NUMBER; then: studio (undo .*)")


def test_what_made_room_for_a_new_folder_of_its_own_name_comes_back(synced: Desk) -> None:
    before = synced.files()
    synced.ok("new", "session", f"content/{C1}", "--title", "Asking", "--before", f"content/{S2}")
    synced.ok("undo")
    assert synced.files() == before


def test_a_folder_whose_number_another_one_has_by_now_stays_unless_somebody_wants_both_there(
    synced: Desk,
) -> None:
    synced.ok("mv", "1.2", "1.5")
    synced.write(f"{C1}/1.2-mine/session.md", _NEW)
    found = synced.refused("undo")
    assert f"content/{C1}/1.5-asking: error[collision] its place, 1.2, is another one's by now" in found.err
    assert synced.refused("undo", "-n").err.startswith(found.err.partition("\n")[0])
    synced.ok("undo", "--over")
    assert (synced.content / f"{C1}/1.2-asking").is_dir()
    assert "[duplicate-number]" in synced.refused("push").err
    synced.ok("mv", f"content/{C1}/1.2-mine", "--before", f"content/{S2}")
    synced.ok("push")
    assert (synced.content / f"{C1}/1.3-asking").is_dir()


def test_siblings_that_made_room_wait_for_the_one_that_stays(synced: Desk) -> None:
    synced.write(f"{C1}/1.3-mine/session.md", _NEW)
    synced.ok("mv", "1.3", "--before", "1.1")  # mine 1.1, listening 1.2, asking 1.3
    synced.write(f"{C1}/1.3-other/session.md", _NEW)
    before = set(synced.files())
    found = synced.refused("undo")
    assert "(2 more moves wait for this)" in found.err
    assert found.err.count("error[") == 1
    assert set(synced.files()) == before
    way = _WAY.search(found.err)
    assert way
    synced.ok("mv", *shlex.split(way[1]), "1.9")
    synced.ok(*shlex.split(way[2]))
    for folder in (S1, S2, f"{C1}/1.3-mine"):
        assert (synced.content / folder).is_dir()


def test_a_deleted_folder_is_not_made_again_where_another_one_is_by_now(synced: Desk) -> None:
    synced.sql("DELETE FROM sessions WHERE number = '1.2'")
    synced.ok("pull")
    synced.write(f"{C1}/1.2-mine/session.md", _NEW)
    found = synced.refused("undo")
    assert f"content/{S2}: error[collision] its place, 1.2, is another one's by now" in found.err
    assert not (synced.content / S2).exists()
    again = synced.refused("restore", f"content/{S2}", "--to", synced.ok("log").out.split()[0] + "^").err
    assert f"its place, 1.2, is another one's by now: content/{C1}/1.2-mine\n" in again
    assert f"studio mv content/{C1}/1.2-mine NUMBER; then: studio restore content/{S2} --to " in again
    way = _WAY.search(found.err)
    assert way
    synced.ok("mv", *shlex.split(way[1]), "1.7")
    synced.ok(*shlex.split(way[2]))
    assert (synced.content / f"{S2}/article.md").is_file()
