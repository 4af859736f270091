"""After any history of changes, runs and kills a refreshed table holds what it should, and the next run is idle."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from lake_refreshing import BAD, Killed, Refreshed, Unit

UNITS = st.tuples(st.sampled_from(["s", "s|", "it's"]), st.sampled_from(["a", "|a", "b\\", "'"]))


class History(RuleBasedStateMachine):
    """The model is `wanted`, a dict of units and values, and what each unit takes from others."""

    @initialize(has_ledger=st.booleans(), wanted=st.dictionaries(UNITS, st.integers(0, BAD), max_size=8))
    def start(self, has_ledger: bool, wanted: dict[Unit, int]) -> None:
        self.refreshed = Refreshed(Path(tempfile.mkdtemp(prefix="relpins-refresh-")), has_ledger)
        self.wanted = wanted
        self.affected: set[Unit] = set()
        self.is_current = False
        self.run()

    @rule(unit=UNITS, value=st.integers(0, BAD))
    def put(self, unit: Unit, value: int) -> None:
        self.is_current &= self.wanted.get(unit) == value
        self.wanted[unit] = value

    @rule(unit=UNITS)
    def drop(self, unit: Unit) -> None:
        self.is_current &= unit not in self.wanted
        self.wanted.pop(unit, None)

    @rule(unit=UNITS, around=st.sampled_from("xyz"))
    def affect(self, unit: Unit, around: str) -> None:
        self.refreshed.around[unit] = around
        self.affected.add(unit)
        self.is_current = False

    @rule(batch_units=st.integers(1, 4))
    def run(self, batch_units: int = 2) -> None:
        self.refreshed.run(self.wanted, self.affected, batch_units=batch_units)
        self.affected.clear()
        self.is_current = True

    @rule(kill_after=st.integers(0, 12), batch_units=st.integers(1, 4))
    def run_until_killed(self, kill_after: int, batch_units: int) -> None:
        try:
            self.refreshed.run(self.wanted, self.affected, kill_after=kill_after, batch_units=batch_units)
        except Killed:
            self.is_current = False
        else:
            self.affected.clear()
            self.is_current = True

    @invariant()
    def holds_what_it_should(self) -> None:
        if self.is_current:
            assert self.refreshed.content() == self.refreshed.expected(self.wanted)

    def teardown(self) -> None:
        if not hasattr(self, "refreshed"):
            return
        try:
            self.run()
            self.holds_what_it_should()
            assert self.refreshed.plan(self.wanted).is_empty
        finally:
            shutil.rmtree(self.refreshed.folder)


def test_any_history_of_a_refreshed_table() -> None:
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=14,
            stateful_step_count=10,
            derandomize=True,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
