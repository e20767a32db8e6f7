"""The plan that `-n` prints is the plan that runs: a push and a pull, each planned first and then done."""

import json
from contextlib import AbstractContextManager

from tests.harness import Result
from tests.machine.watch import Machine, is_decision
from tests.machine.words import FindingError
from tests.machine.world import Clone

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
        for name in _SAME:
            if plan[name] != outcome[name]:
                raise FindingError(f"{arguments}: {name}: planned {plan[name]}, done {outcome[name]}")
        return done
