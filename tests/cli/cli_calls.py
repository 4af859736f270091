"""Calling the command, in this process or in one of its own, and what a folder holds, byte for byte."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relpins_assets.cli import main

COMMAND = Path(sys.executable).with_name("relpins")


@dataclass(frozen=True)
class Called:
    """What a call printed and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """All of stdout as strict JSON, which has no NaN and no Infinity."""
        return json.loads(self.out, parse_constant=_no_constant)

    def assert_refused(self, *words: str) -> None:
        """Exit code 2 and one line on stderr that has each of `words`."""
        assert (self.code, self.out) == (2, ""), self
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("relpins: ")
        assert not [word for word in words if word not in lines[0]], lines[0]


@dataclass(frozen=True)
class Built:
    """A home, its source, and what the build that made it printed."""

    home: Path
    source: Path
    called: Called


def run_command(folder: Path, *arguments: object, **environment: str) -> Called:
    """The installed command in a process of its own, in `folder`."""
    given = {name: value for name, value in os.environ.items() if name not in ("RELPINS_HOME", "DAGSTER_HOME")}
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        cwd=folder,
        env={**given, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Called(done.returncode, done.stdout, done.stderr)


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> Called:
    """Run `relpins` with these arguments in this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return Called(ended.value.code, out, err)


def contents(folder: Path) -> dict[str, str]:
    """A hash of each file below a folder, by path; folders too, so that an empty one is seen."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
