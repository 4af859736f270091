"""Lists as TREC has them, judged from the files alone: the numbers must be ours."""

from math import log2
from pathlib import Path

import numpy as np
import pytest
from evaluation_worlds import T, even_odd_world, pins, random_world, saved

from relpins_assets.evaluation.evaluate import evaluate
from relpins_assets.evaluation.protocol import build_queries
from relpins_assets.evaluation.trec import write_trec
from relpins_resources.errors import RelpinsError


def test_whoever_reads_the_files_alone_finds_our_numbers(tmp_path: Path):
    queries = build_queries(even_odd_world(16), T)
    n = len(queries.pin_ids)
    lists = np.array([np.random.default_rng(pin).permutation(n) for pin in range(n)])
    written = write_trec(tmp_path / "trec", queries, {"article's blend": lists})
    assert written["qrels.txt"] == len(queries.relevant.items)
    answers: dict[str, set[str]] = {}
    for line in (tmp_path / "trec" / "qrels.txt").read_text().splitlines():
        topic, _, pin, is_relevant = line.split(" ")
        assert is_relevant == "1"
        answers.setdefault(topic, set()).add(pin)
    run: dict[str, list[tuple[float, str]]] = {}
    for line in (tmp_path / "trec" / "articles_blend.run").read_text().splitlines():
        topic, _, pin, rank, score, _ = line.split(" ")
        run.setdefault(topic, []).append((-float(score), pin))
        assert len(run[topic]) == int(rank)
    found = [
        sum(1 / log2(i + 2) for i, (_, pin) in enumerate(sorted(run[topic])[:5]) if pin in pins)
        / sum(1 / log2(i + 2) for i in range(min(5, len(pins))))
        for topic, pins in answers.items()
    ]
    ours = evaluate(lists[queries.query_pins], queries, (5,)).summary
    assert len(found) == len(queries)
    assert np.mean(found) == pytest.approx(ours["ndcg@5"])


def test_known_pins_and_empty_places_are_left_out_and_odd_ids_keep_lines_whole(tmp_path: Path):
    tables = {"pins": pins("a b", "c/d", "e%"), "board_pins": saved(("my board", "a b", -1), ("my board", "c/d", 1))}
    queries = build_queries(tables, T)
    lists = np.array([[0, 1, -1, 2], [-1] * 4, [-1] * 4])
    write_trec(tmp_path, queries, {"one": lists})
    assert (tmp_path / "qrels.txt").read_text() == "my%20board/a%20b 0 c%2Fd 1\n"
    assert (tmp_path / "one.run").read_text().splitlines() == [
        "my%20board/a%20b Q0 c%2Fd 1 4 one",
        "my%20board/a%20b Q0 e%25 2 3 one",
    ]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(RelpinsError, match="taken is a file; give a folder"):
        write_trec(tmp_path / "taken", build_queries(random_world(0), T), {})
