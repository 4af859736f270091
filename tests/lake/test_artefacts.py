"""Artefacts, and the files under them, are whole or absent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from relpins_resources.lake.artefacts import Artefacts
from relpins_resources.lake.files import new_folder, read_json, remove_folder, sweep_leftovers, write_json


@pytest.fixture
def store(tmp_path: Path) -> Artefacts:
    return Artefacts(tmp_path / "artefacts")


def write(folder: Path) -> Mapping[str, Any]:
    (folder / "model.bin").write_bytes(b"weights")
    return {"seed": 3}


def failing(folder: Path) -> Mapping[str, Any]:
    (folder / "model.bin").write_bytes(b"half")
    raise RuntimeError("out of memory")


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_made_is_found(store: Artefacts) -> None:
    assert store.get("clip_model", "1.0") is None
    made = store.make("clip_model", "1.0", write)
    assert made == store.get("clip_model", "1.0")
    assert made.manifest == {"name": "clip_model", "version": "1.0", "seed": 3}
    assert (made.folder / "model.bin").read_bytes() == b"weights"
    assert store.versions("clip_model") == ["1.0"]
    assert store.versions("ranker") == []


def test_a_version_is_made_once(store: Artefacts) -> None:
    made = store.make("clip_model", "1", write)
    assert store.make("clip_model", "1", failing) == made


def test_a_failure_leaves_nothing(store: Artefacts) -> None:
    store.make("clip_model", "1", write)
    with pytest.raises(RuntimeError, match="out of memory"):
        store.make("clip_model", "2", failing)
    assert entries(store.root / "clip_model") == ["1"]
    assert store.get("clip_model", "2") is None


def test_a_kill_leaves_what_no_one_sees_and_a_sweep_removes(store: Artefacts) -> None:
    store.make("clip_model", "1", write)
    killed = new_folder(store.root / "clip_model" / "2.0")
    aside = killed.__enter__()
    (aside / "manifest.json").write_text("{}")
    (store.root / "clip_model" / "3").mkdir()  # a folder without a manifest is no version either
    assert store.versions("clip_model") == ["1"]
    assert store.get("clip_model", "3") is None
    assert store.sweep() == 1
    assert not aside.exists()
    assert entries(store.root / "clip_model") == ["1", "3"]
    assert store.make("clip_model", "3", write).manifest["seed"] == 3


def test_drop(store: Artefacts) -> None:
    store.make("clip_model", "1", write)
    store.make("clip_model", "2", write)
    store.drop("clip_model", "1")
    store.drop("clip_model", "1")
    assert store.versions("clip_model") == ["2"]
    assert entries(store.root / "clip_model") == ["2"]
    assert store.sweep() == 0


def test_a_json_value_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "value.json"
    assert read_json(path) is None
    assert read_json(path, {}) == {}
    write_json(path, {"a": [1, None, "ü"]})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert read_json(path) == {"a": [1, None, "ü"]}
    assert entries(path.parent) == ["value.json"]


def test_removing_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    remove_folder(tmp_path / "a")
    remove_folder(tmp_path / "a")
    assert entries(tmp_path) == []


def test_a_kill_while_removing_leaves_nothing_under_the_name(store: Artefacts, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(folder: Path) -> None:
        (folder / "model.bin").unlink()
        raise KeyboardInterrupt

    store.make("clip_model", "1", write)
    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            store.drop("clip_model", "1")
    assert store.get("clip_model", "1") is None
    assert store.sweep() == 1
    assert entries(store.root / "clip_model") == []


def test_a_sweep_takes_only_what_was_left_aside(tmp_path: Path) -> None:
    left = tmp_path / f".table.lance.{'0' * 32}"
    for name in ("kept", ".hidden", ".hidden.folder", left.name):
        (tmp_path / name).mkdir()
    assert sweep_leftovers(tmp_path) == 1
    assert sweep_leftovers(tmp_path / "absent") == 0
    assert entries(tmp_path) == [".hidden", ".hidden.folder", "kept"]
