"""Everything that can happen, by name, and how often."""

from collections.abc import Mapping

from tests.machine import accidents, git_actions, people, studio_actions
from tests.machine.watch import Act

_OFTEN: Mapping[Act, int] = {
    people.edit_file: 5,
    people.add_to_file: 2,
    people.rewrite_file: 1,
    people.retype_in_file: 2,
    people.comment_in_file: 1,
    people.delete_in_files: 1,
    people.new_in_files: 1,
    people.move_in_files: 1,
    people.edit_both: 4,
    people.slip: 1,
    people.type_status: 1,
    people.edit_row: 5,
    people.add_to_row: 2,
    people.retype_in_row: 2,
    people.delete_row: 1,
    people.new_row: 1,
    people.drag_row: 1,
    people.move_row: 1,
    people.step_row: 2,
    git_actions.commit: 4,
    git_actions.stage: 1,
    git_actions.branch: 1,
    git_actions.merge: 2,
    git_actions.revert: 1,
    git_actions.cherry_pick: 1,
    git_actions.stash: 2,
    git_actions.reset: 2,
    studio_actions.push: 5,
    studio_actions.plain_push: 3,
    studio_actions.pull: 5,
    studio_actions.keep: 1,
    studio_actions.resolve: 4,
    studio_actions.resolve_field: 1,
    studio_actions.read: 3,
    studio_actions.undo: 1,
    studio_actions.restore: 1,
    studio_actions.advance: 3,
    studio_actions.move: 1,
    studio_actions.new: 1,
    studio_actions.follow: 2,
    accidents.kill: 2,
    accidents.lost_reply: 1,
    accidents.race: 2,
    accidents.save_during_pull: 1,
    accidents.backup: 1,
    accidents.restore_backup: 1,
    accidents.ci: 1,
}

ACTIONS: Mapping[str, Act] = {act.__name__: act for act in _OFTEN}
DRAW: tuple[str, ...] = tuple(act.__name__ for act, times in _OFTEN.items() for _ in range(times))
