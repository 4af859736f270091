"""The frequency filter: images are counted, never repins, and what is cut says why."""

from pathlib import Path

import numpy as np
from said_worlds import Said, workspace_with

from relpins_assets.vocabulary.frequent import Frequent, find_frequent, least_images, load_frequent, save_frequent


def found_in(folder: Path, said: Said, joins: dict[str, list[str]] | None = None, least: int = 2) -> Frequent:
    return find_frequent(workspace_with(folder, said, joins).lake, least, 0.0)


def test_the_bound_is_the_larger_of_count_and_share() -> None:
    assert least_images(1_000, 5, 1e-4) == 5
    assert least_images(60_000, 5, 1e-4) == 6
    assert least_images(60_001, 5, 1e-4) == 7


def test_repins_of_one_image_count_once(tmp_path: Path) -> None:
    said = [(f"p{at}", "color", "red", "title") for at in range(5)]
    found = found_in(tmp_path, said, {"one": [f"p{at}" for at in range(4)], "two": ["p4"]}, least=3)
    (row,) = found.values.to_pylist()
    assert (row["n_pins"], row["is_kept"]) == (2, False)
    assert "2 images" in row["reason"]
    assert "fewer than 3" in row["reason"]
    assert found.kept.num_rows == 0


def test_spellings_stand_together(tmp_path: Path) -> None:
    said = [("a", "style", "boho chic", "title"), ("b", "style", "boho-chic", "title"), ("c", "style", "rare", "title")]
    found = found_in(tmp_path, said)
    kept = {row["value"]: row["is_kept"] for row in found.values.to_pylist()}
    assert kept == {"boho chic": True, "boho-chic": True, "rare": False}


def test_the_same_image_said_twice_does_not_make_two(tmp_path: Path) -> None:
    said = [("a", "style", "boho chic", "title"), ("a", "style", "boho-chic", "boards"), ("b", "color", "red", "title")]
    assert not any(row["is_kept"] for row in found_in(tmp_path, said).values.to_pylist())


def test_carriers_are_the_images_whatever_order_rows_came_in(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    said = sorted(
        {
            (
                f"p{rng.integers(20)}",
                "color",
                str(rng.choice(["red", "blue", "teal"])),
                str(rng.choice(["title", "boards"])),
            )
            for _ in range(60)
        }
    )
    one = found_in(tmp_path / "one", said)
    other = found_in(tmp_path / "other", said[::-1])
    assert one.values.equals(other.values)
    assert one.form.tolist() == other.form.tolist()
    for place, row in enumerate(one.kept.to_pylist()):
        carrying = {f"j{pin}" for pin, _, value, _ in said if value == row["value"]}
        assert {one.join_ids[at] for at in one.images_of(np.array([place]))} == carrying
        assert row["n_pins"] == len(carrying)


def test_a_file_holds_all_of_it_and_nothing_is_nothing(tmp_path: Path) -> None:
    for name, said in (("some", [("a", "color", "red", "title"), ("b", "color", "red", "pixels")]), ("none", [])):
        found = found_in(tmp_path / name, said)
        save_frequent(found, tmp_path)
        again = load_frequent(tmp_path)
        assert again.values.equals(found.values)
        assert (again.form.tolist(), again.image.tolist()) == (found.form.tolist(), found.image.tolist())
        assert again.join_ids == found.join_ids
