"""Pulling the plug: builds killed at random moments, and the next build ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from running import differences, run, workspace_of
from worlds import SmallWorld

from relpins_assets.schemas import TABLES

N_KILLS = 10
BUILD = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from running import run, workspace_of
import relpins_resources.encoders.grid, relpins_resources.describers.pixels
print("ready", flush=True)
run(workspace_of(Path({home!r}), Path({source!r})))
print("done", flush=True)
"""


def test_killed_builds_end_equal_to_an_unkilled_one(tmp_path: Path, built: Path) -> None:
    source, home = tmp_path / "source", tmp_path / "home"
    SmallWorld.of().write(source)
    rng = random.Random(20_260_601)
    build_s = _time_of_a_build(source, tmp_path / "timed")
    n_killed = 0
    while n_killed < N_KILLS:
        if _killed_after(rng.uniform(0.02, 1.0) * build_s, home, source):
            n_killed += 1
        else:
            shutil.rmtree(home)  # it finished first: the next one starts over
    run(workspace_of(home, source))
    unkilled = workspace_of(built / "home", built / "source").lake
    killed = workspace_of(home, source).lake
    kept = [name for name, schema in TABLES.items() if schema.kind in ("raw", "trained", "derived", "ledger")]
    assert differences(unkilled, killed, kept) == []
    assert killed.snapshots.current() is not None


def _time_of_a_build(source: Path, home: Path) -> float:
    started_at = time.monotonic()
    run(workspace_of(home, source))
    return time.monotonic() - started_at


def _killed_after(seconds: float, home: Path, source: Path) -> bool:
    """Whether a build, killed so long after its first step, was killed before it was done."""
    script = BUILD.format(tests=str(Path(__file__).parent), home=str(home), source=str(source))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        said = process.stdout.read()
    return "done" not in said
