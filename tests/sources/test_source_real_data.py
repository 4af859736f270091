"""The real catalogs, where they are at hand: RELPINS_DATA names the folder that holds fashion/ and clothing/."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from relpins_resources.sources import FolderSource
from relpins_resources.sources.content_hash import content_hashes, image_hashes
from relpins_resources.sources.validate import validate

EXPECTED = {
    "fashion": {"pins": (11_998, {"no image": 2})},
    "clothing": {"pins": (5_398, {}), "boards": (348, {}), "board_pins": (5_398, {})},
}


@pytest.fixture(params=sorted(EXPECTED))
def source(request: pytest.FixtureRequest) -> FolderSource:
    data = os.environ.get("RELPINS_DATA")
    if not data or not Path(data, request.param).is_dir():
        pytest.skip(f"set RELPINS_DATA to a folder with {request.param}/ in it to run this on real data")
    return FolderSource(Path(data, request.param))


def test_a_real_catalog_reads(source: FolderSource) -> None:
    source.check()
    scan = source.scan()
    assert scan.warnings == ["kept out of the source, neither a table nor an image: labels.parquet"]
    for file in scan.files:
        rows = source.read(file)
        result = validate(file.table, rows, source.image_path)
        assert (result.accepted.num_rows, result.reasons) == EXPECTED[source.root.name][file.table]
        assert len(set(content_hashes(result.accepted).to_pylist())) == result.accepted.num_rows
        parts = [validate(file.table, batch).accepted for batch in source.read_batches(file)]
        assert pa.concat_tables(parts).equals(result.accepted)
    assert source.column_warnings() == []


def test_real_images_repeat_and_their_hashes_show_it(source: FolderSource) -> None:
    (file,) = source.scan().of_table("pins")
    pins = validate("pins", source.read(file)).accepted
    hashes = image_hashes(pins).to_pylist()
    assert None not in hashes
    assert (len(set(hashes)) < len(hashes)) == (source.root.name == "fashion")
