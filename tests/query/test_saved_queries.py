"""Saved queries: files of two kinds, checked when they are loaded, whose errors point into the file."""

from __future__ import annotations

from pathlib import Path

import article_queries
import pytest
from declared_names import DECLARED

from relpins_resources.errors import RelpinsError
from relpins_resources.query.checking.parameters import ParameterSpec, bind
from relpins_resources.query.checking.saved import load_saved, saved_queries
from relpins_resources.query.errors import QueryError, line_and_column
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.language.yaml_form import to_yaml
from relpins_resources.query.plan import Name, Query, walk

FRONT = """\
---
description: |
  what looks like a pin
parameters:
  item_id: {type: string}
  category: {type: string, required: false}
  limit: {type: integer, default: 20, description: how many}
  anything:
---
"""
BODY = """\
-- a comment
SELECT *
WHERE board_category = $category
  AND item_id != $item_id AND price > $anything
LIMIT $limit
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> QueryError:
    with pytest.raises(QueryError) as caught:
        load_saved(path, DECLARED)
    assert caught.value.problem.startswith(f"{path}: ")
    return caught.value


def test_a_query_with_front_matter(tmp_path: Path) -> None:
    saved = load_saved(write(tmp_path, "related.sql", FRONT + BODY), DECLARED)
    assert (saved.name, saved.description) == ("related", "what looks like a pin")
    assert saved.query == parse_query(BODY)
    assert saved.parameters == (
        ParameterSpec("item_id", "string"),
        ParameterSpec("category", "string", required=False),
        ParameterSpec("limit", "integer", 20, required=False),
        ParameterSpec("anything"),
    )
    assert saved.warnings == ()
    bound = bind(saved.query, {"item_id": "a", "anything": 3}, saved.parameters)
    assert bound.values == {"item_id": "a", "category": None, "limit": 20, "anything": 3}


def test_positions_are_those_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "related.sql", FRONT + BODY)
    saved = load_saved(path, DECLARED)
    [price] = [node for node in walk(saved.query) if isinstance(node, Name) and node.path == ("price",)]
    line, column = line_and_column(saved.text, price.at)
    assert path.read_text().splitlines()[line - 1][column - 1 :].startswith("price >")
    assert saved.text.strip() == BODY.strip()


@pytest.mark.parametrize("name", article_queries.WHOLE)
def test_a_query_without_front_matter(tmp_path: Path, name: str) -> None:
    saved = load_saved(write(tmp_path, f"{name}.sql", article_queries.WHOLE[name]), DECLARED)
    assert (saved.name, saved.description, saved.parameters) == (name, "", ())
    assert saved.query == parse_query(article_queries.WHOLE[name])
    assert saved.text == article_queries.WHOLE[name]


@pytest.mark.parametrize("ending", ["yaml", "yml"])
def test_a_plan_in_yaml(tmp_path: Path, ending: str) -> None:
    query = parse_query(article_queries.BLEND)
    plan = "".join(f"  {line}\n" for line in to_yaml(query).splitlines())
    text = f"name: blend\ndescription: three signals\nparameters: {{item_id: string}}\nplan:\n{plan}"
    saved = load_saved(write(tmp_path, f"mine.{ending}", text), DECLARED)
    assert (saved.name, saved.description, saved.query) == ("blend", "three signals", query)
    assert saved.parameters == (ParameterSpec("item_id", "string"),)
    assert saved.text == text


def test_a_byte_order_mark_and_other_line_ends_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "windows.sql"
    path.write_bytes("\ufeff".encode() + (FRONT + BODY).replace("\n", "\r\n").encode())
    assert load_saved(path, DECLARED).query == parse_query(BODY)


def test_front_matter_of_nothing(tmp_path: Path) -> None:
    saved = load_saved(write(tmp_path, "a.sql", "\n---\n---\nSELECT *"), DECLARED)
    assert (saved.parameters, saved.query) == ((), parse_query("SELECT *"))


def test_a_declared_parameter_that_is_not_used_is_a_warning(tmp_path: Path) -> None:
    text = "---\nparameters: {limt: {type: integer, default: 3}}\n---\nSELECT * LIMIT $limit"
    [warning] = load_saved(write(tmp_path, "a.sql", text)).warnings
    assert "'limt' is not used by the query and was ignored; did you mean limit?" in warning


def test_names_are_checked_against_what_is_declared_if_it_is_given(tmp_path: Path) -> None:
    path = write(tmp_path, "a.sql", "SELECT * WHERE prise > 3")
    assert load_saved(path).name == "a"
    assert "did you mean price?" in refused(path).problem


# ---- errors point into the file


@pytest.mark.parametrize(
    ("text", "words", "line", "rest"),
    [
        (FRONT + "SELECT *\nFORM filter()", "'FORM' is not expected", 11, "FORM"),
        (FRONT + "SELECT *\nWHERE title = 'a' and prise > 3", "'prise'", 11, "prise"),
        (FRONT + "SELECT *\nFROM filter(where='title = ''a''\n and prise > 3')", "'prise'", 12, "prise"),
        (FRONT + "SELECT *\n\n  WHERE merchant_tags > price", "cannot compare", 12, "> price"),
        ("---\nparameters: {a: {type: int}}\n---\nSELECT *", "parameters.a.type: there is no type 'int'", 2, "int}"),
        ("---\nparameters: {a: strin}\n---\nSELECT *", "did you mean string?", 2, "strin"),
        ("---\nparameters: {a: {typ: string}}\n---\nSELECT *", "did you mean type?", 2, "typ"),
        ("---\nparameters: {a: {required: no}}\n---\nSELECT *", "true or false, not 'no'", 2, "no}"),
        ("---\nparameters: {a: {required: true, default: 1}}\n---\nSELECT *", "drop one of the two", 2, "{required"),
        ("---\nparameters: {a b: string}\n---\nSELECT *", "a parameter cannot be called 'a b'", 2, "string"),
        ("---\nparameters: [a]\n---\nSELECT *", "parameters: a mapping", 2, "[a]"),
        ("---\ndescription: 3\n---\nSELECT *", "description: a text is expected here, not 3", 2, "3"),
        ("---\nname: ''\n---\nSELECT *", "the name is empty", 2, "name"),
        ("---\nparams: {a: string}\n---\nSELECT *", "no key 'params' here; did you mean parameters?", 2, "params"),
        ("---\nparameters: {a\n---\nSELECT *", "not YAML", 3, ""),
        ("---\n- a\n---\nSELECT *", "a mapping of keys", 2, "- a"),
        ("\n---\ndescription: a\nSELECT *", "has no end; close it with a line ---", 2, "---"),
        ("---\n---\n", "the query ends here", 1, ""),
        (
            "---\nparameters: {n: {type: integer, default: 5000}}\n---\nSELECT *\nLIMIT $n",
            "is LIMIT and must be from 1 to 1000; got 5000",
            5,
            "$n",
        ),
        (
            "---\nparameters: {n: {type: integer, default: many}}\n---\nSELECT *\nLIMIT $n",
            "its default must be of type integer; got 'many'",
            5,
            "$n",
        ),
    ],
)
def test_an_error_in_a_query_file(tmp_path: Path, text: str, words: str, line: int, rest: str) -> None:
    path = write(tmp_path, "broken.sql", text)
    error = refused(path)
    assert words in error.problem
    assert f"(line {line}, column " in str(error)
    if rest:
        assert str(error).splitlines()[1] == "  " + text.splitlines()[line - 1]
    assert error.text is not None
    assert error.text[error.position :].startswith(rest)


@pytest.mark.parametrize(
    ("text", "words", "line", "rest"),
    [
        ("plan:\n  where: prise > 3\n", "no column 'prise'", 2, "prise"),
        ("plan:\n  limit: 2000\n", "plan.limit: LIMIT takes", 2, "2000"),
        ("plan:\n  where: |\n    title = 'a'\n    and prise > 3\n", "no column 'prise'", 4, "prise"),
        ("plan:\n  retrieve:\n  - similarity: {embedding_ref: clp}\n", "plan.retrieve[0].similarity: ", 3, "{emb"),
        ("description: a\n", "no key `plan`", 1, "desc"),
        ("plan: {}\nparameters: {n: {type: text}}", "parameters.n.type: there is no type 'text'", 2, "text"),
        ("plan: {limit: $n}\nparameters: {n: {default: 0}}", "must be from 1 to 1000", 1, "$n"),
    ],
)
def test_an_error_in_a_plan_file(tmp_path: Path, text: str, words: str, line: int, rest: str) -> None:
    error = refused(write(tmp_path, "broken.yaml", text))
    assert words in error.problem
    assert f"(line {line}, column " in str(error)
    assert text[error.position :].startswith(rest)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"SELECT *", "must end in .sql, .yaml, .yml"),
        ("a.sql", b"SELECT * WHERE title = '\xff'", "no text in UTF-8"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RelpinsError, match=words):
        load_saved(tmp_path / name)
    with pytest.raises(RelpinsError, match="cannot be read: No such file"):
        load_saved(tmp_path / "other.sql")


# ---- folders


def test_a_folder(tmp_path: Path) -> None:
    for name, text in (("b.sql", BODY), ("a.sql", FRONT + BODY), ("c.yaml", "plan: {limit: 3}"), ("notes.md", "?")):
        write(tmp_path, name, text)
    (tmp_path / "old.sql").mkdir()
    found = saved_queries(tmp_path, DECLARED)
    assert list(found) == ["a", "b", "c"]
    assert found["b"].query == found["a"].query
    assert found["c"].query == parse_query("SELECT * LIMIT 3")


def test_an_edited_file_is_another_query(tmp_path: Path) -> None:
    write(tmp_path, "a.sql", "SELECT * LIMIT 3")
    before: Query = saved_queries(tmp_path)["a"].query
    write(tmp_path, "a.sql", "SELECT * LIMIT 4")
    assert saved_queries(tmp_path)["a"].query == parse_query("SELECT * LIMIT 4") != before


def test_two_of_one_name(tmp_path: Path) -> None:
    write(tmp_path, "a.sql", "SELECT *")
    write(tmp_path, "b.sql", "---\nname: a\n---\nSELECT *")
    with pytest.raises(QueryError, match=r"a\.sql and .*b\.sql are both named 'a'; rename one"):
        saved_queries(tmp_path)


def test_one_broken_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a.sql", "SELECT *")
    path = write(tmp_path, "b.sql", "SELECT")
    with pytest.raises(QueryError) as caught:
        saved_queries(tmp_path)
    assert str(path) in str(caught.value)


def test_no_folder_and_an_empty_one(tmp_path: Path) -> None:
    assert saved_queries(tmp_path) == {}
    with pytest.raises(RelpinsError, match=r"no folder .*nowhere"):
        saved_queries(tmp_path / "nowhere")
