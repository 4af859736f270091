"""Answers that are paid for: whole after a kill at any byte, the same however often they are folded."""

from __future__ import annotations

from pathlib import Path

from relpins_resources.lake.answers import Answers


def test_what_is_kept_is_there_before_and_after_it_is_folded(tmp_path: Path) -> None:
    answers = Answers(tmp_path, "views")
    assert answers.get(["a", "b"]) == {}
    answers.keep("a", 'one\n"two" ü\u2028')
    assert Answers(tmp_path, "views").get(["a", "b"]) == {"a": 'one\n"two" ü\u2028'}
    answers.fold()
    answers.fold()
    answers.keep("b", "")
    assert Answers(tmp_path, "views").get(["b", "a", "c"]) == {"a": 'one\n"two" ü\u2028', "b": ""}
    assert Answers(tmp_path, "others").get(["a"]) == {}


def test_a_kill_in_the_middle_of_a_line_loses_that_line_only(tmp_path: Path) -> None:
    answers = Answers(tmp_path, "views")
    answers.keep("a", "one")
    answers.keep("b", "two")
    journal = tmp_path / "views.jsonl"
    whole = journal.read_bytes()
    n_first = len(whole.splitlines(keepends=True)[0])
    for n_bytes in range(n_first, len(whole) - 1):
        journal.write_bytes(whole[:n_bytes])
        again = Answers(tmp_path, "views")
        assert again.get(["a", "b"]) == {"a": "one"}
        again.keep("c", "three")
        assert again.get(["a", "b", "c"]) == {"a": "one", "c": "three"}


def test_a_kill_between_table_and_journal_changes_nothing(tmp_path: Path) -> None:
    answers = Answers(tmp_path, "views")
    answers.keep("a", "one")
    whole = (tmp_path / "views.jsonl").read_bytes()
    answers.fold()
    (tmp_path / "views.jsonl").write_bytes(whole)
    again = Answers(tmp_path, "views")
    again.fold()
    assert again.get(["a"]) == {"a": "one"}
    assert not (tmp_path / "views.jsonl").exists()
