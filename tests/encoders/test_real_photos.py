"""Real photos, where the data folder is at hand: `RELPINS_DATA=DIR`. The whole figures come from the benchmark."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "encoders.py"


def test_photos_of_the_same_garment_are_near() -> None:
    data = os.environ.get("RELPINS_DATA")
    if not data:
        pytest.skip("set RELPINS_DATA to a folder that holds clothing/pins.parquet and clothing/labels.parquet")
    command = [sys.executable, str(BENCHMARK), "--data", data, "--only", "clothing", "--limit", "1500"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)["clothing"]
    assert figures["p5"] > figures["chance"] + 0.3
