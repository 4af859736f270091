"""Fashion200K's label files: read as they are written, refused clearly where they are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relpins_assets.evaluation.fashion200k import attribute_vocabulary, load_fashion200k, recall_at, truth_matrix
from relpins_resources.errors import RelpinsError

LINES = "women/dresses/1/1_0.jpeg\t0.9\tblack lace dress with long sleeves\nwomen/dresses/2/2_0.jpeg\t0.3\tred dress\n"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    (tmp_path / "dress_test_detect_all.txt").write_text(LINES)
    (tmp_path / "top_train_detect_all.txt").write_text("women/tops/3/3_0.jpeg\t1\tblack top\n")
    (tmp_path / "readme.txt").write_text("not a label file")
    return tmp_path


def test_a_split_is_read_with_its_words_as_attributes(labels: Path) -> None:
    images = load_fashion200k(labels, "test")
    assert [image.category for image in images] == ["dress", "dress"]
    assert images[0].attributes == {"black", "lace", "dress", "long", "sleeves"}
    assert [image.path for image in load_fashion200k(labels, "test", least_score=0.5)] == ["women/dresses/1/1_0.jpeg"]


def test_both_readings_of_recall(labels: Path) -> None:
    images = load_fashion200k(labels, "test")
    words = attribute_vocabulary(images, 1)
    assert words[0] == "dress"
    true = truth_matrix(images, words)
    ranked = np.tile(np.arange(len(words)), (2, 1))
    assert recall_at(ranked, true, 1) == {"hit@1": 1.0, "set_recall@1": pytest.approx((1 / 5 + 1 / 2) / 2)}


@pytest.mark.parametrize("line", ["no tabs at all", "a.jpeg\tsure\ta dress", "a.jpeg\t0.5"])
def test_a_line_that_is_no_label_is_named(labels: Path, line: str) -> None:
    (labels / "skirt_test_detect_all.txt").write_text(LINES + line + "\n")
    with pytest.raises(RelpinsError, match=r"skirt_test_detect_all\.txt, line 3"):
        load_fashion200k(labels, "test")


def test_a_folder_without_labels_and_an_unknown_split_are_refused(labels: Path, tmp_path: Path) -> None:
    with pytest.raises(RelpinsError, match="has no label file of split"):
        load_fashion200k(tmp_path / "elsewhere", "train")
    with pytest.raises(RelpinsError, match="Fashion200K has train, test"):
        load_fashion200k(labels, "validation")
