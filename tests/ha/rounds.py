"""One round: `studio` runs, something happens to the cluster, and everything that must hold is looked at."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from tests.ha.cluster import DOORS, Cluster, wait_for
from tests.ha.faults import FAULTS, Fault, Scene
from tests.ha.wires import Commit
from tests.harness import S1, S2, SESSION, SESSION_2, TABLES, Desk

COMMANDS = {"push": 5, "pull": 3, "watch": 2}
MOMENTS = {"at random": 5, "before COMMIT": 2, "inside COMMIT": 4}
_ARTICLE, _VIDEO = f"{S2}/article.md", f"{S1}/video.md"
_CONTENT = f"SELECT content FROM articles WHERE session_id = '{SESSION_2}'"
_SCRIPT = f"SELECT script FROM videos WHERE session_id = '{SESSION}'"
_LONGEST = 240.0
_TELLS = "import faulthandler, signal; faulthandler.register(signal.SIGUSR1)"
"""What `studio` runs first: so it tells where it stands, if it doesn't end."""


@dataclass(frozen=True)
class Drawn:
    """What a round is about, drawn by its number and the seed."""

    number: int
    command: str
    door: str
    fault: Fault
    moment: str
    delay: float
    """Seconds after the start, where the moment is random; else those that COMMIT gets."""


@dataclass
class Told:
    """What a round gave, as a line of the results."""

    number: int
    mode: str
    command: str
    door: str
    fault: str
    moment: str
    code: int = 0
    arrived: bool = False
    acknowledged: bool = False
    lost: bool = False
    failovers: int = 0
    seconds: float = 0.0
    wrong: str = ""
    said: str = ""

    def line(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


def draw(seed: int, number: int) -> Drawn:
    """The round of a number."""
    chance = random.Random(f"{seed}-{number}")
    command = _weighted(chance, COMMANDS)
    fault = chance.choices(FAULTS, [one.weight for one in FAULTS])[0]
    door = chance.choice(DOORS)
    if fault.name.startswith("PgBouncer"):
        door = "pgbouncer"
    elif fault.name.startswith("HAProxy"):
        door = chance.choice(["haproxy", "pgbouncer"])
    moment = _weighted(chance, MOMENTS)
    delay = chance.uniform(0.3, 3.0) if moment == "at random" else chance.choice([0.0, 0.01, 0.1, 0.5])
    return Drawn(number, command, door, fault, moment, delay)


def _weighted(chance: random.Random, table: dict[str, int]) -> str:
    return chance.choices(list(table), list(table.values()))[0]


class Round:
    """A round in the making."""

    def __init__(self, cluster: Cluster, desk: Desk, drawn: Drawn) -> None:
        self.cluster, self.desk, self.drawn = cluster, desk, drawn
        mode = "synchronous" if cluster.synchronous else "asynchronous"
        self.told = Told(drawn.number, mode, drawn.command, drawn.door, drawn.fault.name, drawn.moment)
        self.words, self.web = f"Words {drawn.number}.", f"Web {drawn.number}."
        self._wrong: list[str] = []
        self._printed = ""
        self._process: subprocess.Popen[str] | None = None

    def play(self) -> Told:
        """Play it; what was wrong stands in the result."""
        began = time.monotonic()
        try:
            self._play()
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            self._wrong.append(f"{type(error).__name__}: {error}")
        finally:
            if self._process is not None:
                self._process.kill()
        self.told.seconds = round(time.monotonic() - began, 1)
        self.told.wrong = "; ".join(self._wrong)
        return self.told

    def expect(self, holds: object, what: str) -> None:
        """Note what does not hold."""
        if not holds:
            self._wrong.append(what)

    def _play(self) -> None:
        drawn, desk = self.drawn, self.desk
        leader = self.cluster.settle()
        promotions = self.cluster.promotions()
        found = desk.run("pull")
        self.expect(found.code == 0, f"the pull before: {found}")
        rows, files = self._others(), self._other_files()
        late = bool(drawn.fault.prepare) and not self.cluster.synchronous and drawn.command != "push"
        if drawn.command != "push" and not late:
            self._colleague(leader)
        if drawn.fault.prepare:
            self.cluster.settle()
            drawn.fault.prepare(self.cluster)
        if late:
            self._colleague(leader)
        if drawn.command == "push":
            self._write()
        code, out, err = self._run(Scene(self.cluster, drawn.door, None, leader))  # type: ignore[arg-type]
        self.cluster.settle()
        self.told.failovers = self.cluster.promotions() - promotions
        self._judge(code, out, err)
        self._go_on()
        self.expect(self._others() == rows, "other rows changed")
        self.expect(self._other_files() == files, "other files changed")
        if standings := desk.standings():
            self.expect(standings == {}, f"it does not end in agreement: {standings}")
            for path in standings:  # so that the next round of this workspace begins in agreement
                desk.remove(path)
            desk.forget()
            desk.run("pull")

    def _colleague(self, leader: Any) -> None:
        change = "UPDATE videos SET script = %s, updated_at = now() WHERE session_id = %s"
        leader.ask(change, self.web, SESSION)

    def _write(self) -> None:
        self.desk.write(_ARTICLE, f"---\nstatus: draft\n---\n\n{self.words}\n")

    # --- the run

    def _run(self, scene: Scene) -> tuple[int, str, str]:
        """Run the command, and let the fault happen. Its exit code and what it printed."""
        drawn, wires = self.drawn, self.cluster.wires_of(self.drawn.door)
        happened = threading.Event()

        def happen() -> None:
            if not happened.is_set():
                happened.set()
                drawn.fault.do(scene)

        commit = Commit(happen, inside=drawn.moment == "inside COMMIT", head_start=drawn.delay)
        if drawn.moment != "at random":
            for wire in wires:
                wire.commit = commit
        watching = drawn.command == "watch"
        arguments = ["watch", "--pull", "--every", "3", "--json"] if watching else [drawn.command]
        process = scene.process = self._process = self.desk.spawn(*arguments, code=_TELLS)
        printed = _Printed(process)
        if watching:  # it pushes what is saved while it watches
            wait_for(lambda: '"watching"' in printed.out() or process.poll() is not None, 180, "no watch")
            self._write()
        began = time.monotonic()
        if drawn.moment == "at random":
            time.sleep(drawn.delay)
            happen()
        while not happened.is_set() and time.monotonic() - began < 25:
            if process.poll() is not None:
                break
            time.sleep(0.05)
        happen()  # where there was no such COMMIT
        time.sleep(drawn.fault.lasts)
        self.cluster.network.heal()
        for node in self.cluster.nodes:
            node.start()
        if watching and not drawn.fault.ends_studio:
            self._end_watch(process, printed)
        process.wait(_LONGEST)
        return process.returncode, *printed.whole()

    def _end_watch(self, process: "subprocess.Popen[str]", printed: "_Printed") -> None:
        """Let it catch up, then end it by one Ctrl-C, which must do within some seconds."""
        end = time.monotonic() + 180
        while time.monotonic() < end and process.poll() is None and not self._caught_up(printed.out()):
            time.sleep(0.5)
        self.expect(self._caught_up(printed.out()), "watch does not catch up")
        self.expect(process.poll() is None, "watch ended by itself")
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            load = " ".join(f"{minutes:.1f}" for minutes in os.getloadavg())
            self._wrong.append(f"watch is not ended by one Ctrl-C (load {load})")
            process.send_signal(signal.SIGUSR1)
            time.sleep(1)
            process.kill()

    def _caught_up(self, said: str) -> bool:
        """Whether everything that is known on either side has arrived on the other.

        What it has pushed and a failover lost, it does not push by itself: it says that it is to push.
        """
        leader = self.cluster.leader()
        ((content,),), ((script,),) = leader.ask(_CONTENT), leader.ask(_SCRIPT)
        lost = '"pushed"' in said and '"set-back"' in said and '"pending"' in said
        return (content == self.words or lost) and (self._file_says(script) or self._pulled_and_lost(script))

    def _file_says(self, script: str) -> bool:
        return self.desk.read(_VIDEO).endswith(f"\n{script}\n")

    def _pulled_and_lost(self, script: str) -> bool:
        """Whether the colleague's change was pulled, and then lost in the database."""
        return script != self.web and self._file_says(self.web)

    # --- what must hold

    def _judge(self, code: int, out: str, err: str) -> None:
        """The exit code and the words are true, and nothing is lost where it can't be."""
        told, drawn = self.told, self.drawn
        self._printed = out + err
        told.code, told.said = code, self._printed[-3000:]
        self.expect("Traceback" not in err, "a traceback")
        allowed = {"push": (0, 3), "pull": (0, 3), "watch": (0, -9)}[drawn.command]
        ended = (-9, 130, -2, 0) if drawn.fault.ends_studio else ()
        self.expect(code in (*allowed, *ended), f"exit code {code}")
        self.expect(code != 3 or "error" in err, "no reason is given")
        leader = self.cluster.leader()
        ((content,),), ((script,),) = leader.ask(_CONTENT), leader.ask(_SCRIPT)
        if drawn.command == "pull":
            told.acknowledged = code == 0
            told.arrived = self._file_says(self.web)
            # A change that was lost before the pull read it was never seen.
            unseen = self._file_says(script) and not self.cluster.synchronous
            self.expect(told.arrived or code or unseen, "pull says that it is done, and the file is old")
            told.lost = told.acknowledged and self._pulled_and_lost(script)
        else:
            told.acknowledged = '"pushed"' in out if drawn.command == "watch" else code == 0
            told.arrived = content == self.words
            pulled = drawn.command == "watch" and self._pulled_and_lost(script)
            told.lost = pulled or (told.acknowledged and not told.arrived)
            # Ctrl-C ends a watch with 0, whatever it had still to do.
            done = told.arrived or told.lost or (drawn.command == "watch" and drawn.fault.ends_studio)
            self.expect(code or done, "it says that it is done, and it is not")
        self.expect(not (told.lost and self.cluster.synchronous), "LOST under synchronous replication")
        self.expect(not told.lost or told.failovers, "LOST without a failover")

    def _go_on(self) -> None:
        """A person goes on: what was lost is said, what is to push is pushed, and nothing is taken back."""
        desk, told, drawn = self.desk, self.told, self.drawn
        mine = desk.read(_ARTICLE)
        status = desk.run("status", "--json")
        self.expect(status.code == 0, f"status: {status}")
        if told.lost and status.code == 0:
            said = "set-back" in status.codes or '"set-back"' in self._printed  # by the watch itself
            self.expect(said, "what was lost is not said")
        pulled_before = desk.read(_VIDEO)
        for record in status.json["records"] if told.lost and status.code == 0 else ():
            if record["standing"] == "conflict":  # the way out that is printed: shown, then decided
                self.expect(record["path"].endswith("video.md"), "a push that was lost is a conflict")
                desk.run("diff")
                found = desk.run("resolve", record["path"], "--keep", "files")
                self.expect(found.code == 0, f"resolve: {found}")
        for command in ("push", "pull", "push"):
            found = desk.run(command)
            self.expect(found.code == 0, f"{command} after it: {found}")
        self.expect(desk.read(_ARTICLE) == mine, "the file's words were taken back")
        if self.web in pulled_before:
            self.expect(self.web in desk.read(_VIDEO), "words that were pulled were taken back")
        leader = self.cluster.leader()
        ((content,),) = leader.ask(_CONTENT)
        if drawn.command != "pull":
            self.expect(content == self.words, "the words are not in the database in the end")
            ((times,),) = leader.ask(
                "SELECT count(*) FROM studio_sync.versions WHERE document ->> 'content' = %s", self.words
            )
            self.expect(times == 1, f"the ledger has it {times} times")

    def _others(self) -> dict[str, str]:
        """Everything in the ten tables but what a round changes."""
        leader = self.cluster.leader()
        return {
            table: leader.ask(
                "SELECT md5(string_agg((to_jsonb(t) - 'updated_at' - 'word_count')::text, '' ORDER BY id))"
                f" FROM {table} AS t WHERE id NOT IN (SELECT id FROM articles WHERE session_id = %s"
                " UNION ALL SELECT id FROM videos)",
                SESSION_2,
            )[0][0]
            for table in TABLES
        }

    def _other_files(self) -> dict[str, bytes]:
        return {p: data for p, data in self.desk.files().items() if p not in (_ARTICLE, _VIDEO)}


class _Printed:
    """What a process prints, read while it runs, so that it never waits for a reader."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._lines: dict[str, list[str]] = {"out": [], "err": []}
        self._threads = [
            threading.Thread(target=self._lines[name].extend, args=(stream,), daemon=True)
            for name, stream in (("out", process.stdout), ("err", process.stderr))
            if stream is not None
        ]
        for thread in self._threads:
            thread.start()

    def out(self) -> str:
        """What it has printed on stdout until now."""
        return "".join(self._lines["out"])

    def whole(self) -> tuple[str, str]:
        """Everything, once the process has ended."""
        for thread in self._threads:
            thread.join(10)
        return "".join(self._lines["out"]), "".join(self._lines["err"])
