"""The plan that `-n` prints is the plan that runs: a push and a pull, each planned first and then done."""

import json
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from posixpath import dirname
from typing import Any

from tests.harness import Result
from tests.machine.watch import Machine, is_decision
from tests.machine.words import FindingError
from tests.machine.world import Clone

_Record = dict[str, Any]
_SAME = ("records", "counts", "problems")


class Planner(Machine):
    """Somebody who looks at the plan of every push and pull before it runs."""

    def run(
        self,
        clone: Clone,
        *arguments: str,
        during: AbstractContextManager[object] | None = None,
        kill: int = 0,
        codes: tuple[int, ...] = (0, 1),
    ) -> Result:
        """Run `studio` in a clone, with `-n` first. Raises FindingError, also where the two differ."""
        plans = arguments[0] in ("push", "pull") and "--json" not in arguments and not is_decision(arguments)
        if not plans or kill or during is not None:
            return super().run(clone, *arguments, during=during, kill=kill, codes=codes)
        planned = super().run(clone, *arguments, "-n", "--json", codes=codes)
        done = super().run(clone, *arguments, "--json", codes=codes)
        if planned.code != done.code:
            raise FindingError(f"{arguments}: planned {planned.text}, done {done.text}")
        plan, outcome = json.loads(planned.out), json.loads(done.out)
        moved = _moved(clone, plan["records"], outcome["records"])
        for name in _SAME:
            if _after(plan[name], moved) != outcome[name]:
                raise FindingError(f"{arguments}: {name}: planned {plan[name]}, done {outcome[name]}")
        return done


def _moved(clone: Clone, plan: list[_Record], outcome: list[_Record]) -> Mapping[str, str]:
    """The folders that a pull has moved: where each was when it was planned, and where it is now."""
    now = {one["id"]: one["path"] for one in outcome if one["id"]}
    places = {
        one["path"]: now[one["id"]] for one in plan if one["id"] in now and one["path"] != now[one["id"]]
    }
    there = {old: new for old, new in places.items() if (clone.root / new).exists()}
    return {dirname(old): dirname(new) for old, new in there.items()}


def _after(planned: object, moved: Mapping[str, str]) -> object:
    """What was planned, with the paths that the run's own moves give it: its ways out work after it."""
    if not moved:
        return planned
    folders = "|".join(re.escape(folder) for folder in sorted(moved, key=len, reverse=True))
    return json.loads(re.sub(rf"({folders})(?=[/\"' :])", lambda found: moved[found[1]], json.dumps(planned)))
