"""The edit file: what it may say, what is refused and how, and what stays of it when a line is added or taken out."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_assets.vocabulary.edit_file import add_edit, remove_edit
from relpins_assets.vocabulary.editing import Entry, Unmet, apply_edit, apply_edits
from relpins_assets.vocabulary.edits import VERBS, Edit, edits_digest, edits_path, parse_edits, read_edits
from relpins_resources.errors import RelpinsError

ENTRIES = [
    Entry("style", "bohemian", ("boho", "boho chic", "bohemian")),
    Entry("style", "coastal", ("beachy", "coastal")),
    Entry("color", "coral", ("coral",)),
]
BY_HAND = """\
# ours
edits:
    - ban: color/coral   # too rare
    # the next one is Ana's
    - rename: "style/boho"
      to: 'boho'

# the end
"""


def one(text: str) -> Edit:
    (edit,) = parse_edits(f"edits: [{text}]", "here")
    return edit


def shown(entries: list[Entry]) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(entry.key, entry.value, entry.members) for entry in entries}


def test_merge_makes_one_called_as_the_first_or_as_said() -> None:
    joined = ("beachy", "boho", "boho chic", "bohemian", "coastal")
    assert apply_edit(ENTRIES, one("{merge: [style/boho, style/beachy]}"))[0].value == "bohemian"
    merged = apply_edit(ENTRIES, one("{merge: [style/boho, style/beachy], into: sea gipsy}"))
    assert shown(merged) == {
        ("style", "sea gipsy", tuple(sorted((*joined, "sea gipsy")))),
        ("color", "coral", ("coral",)),
    }


def test_split_takes_forms_out_and_leaves_the_rest() -> None:
    parts = shown(apply_edit(ENTRIES, one("{split: style/boho, forms: [bohemian]}")))
    assert {("style", "boho", ("boho", "boho chic")), ("style", "bohemian", ("bohemian",))} <= parts
    assert len(parts) == 4


def test_rename_keeps_every_form_and_ban_takes_all() -> None:
    renamed = apply_edit(ENTRIES, one("{rename: STYLE/Beachy, to: Sea Side}"))
    assert ("style", "sea side", ("beachy", "coastal", "sea side")) in shown(renamed)
    assert {entry.value for entry in apply_edit(ENTRIES, one("{ban: style/boho chic}"))} == {"coastal", "coral"}


def test_edits_apply_in_their_order_and_what_has_no_place_is_told() -> None:
    edits = parse_edits("edits: [{ban: color/coral}, {ban: color/coral}, {rename: style/boho, to: hippie}]", "here")
    entries, idle = apply_edits(ENTRIES, edits[:1])
    assert len(entries) == 2
    assert not idle
    entries, idle = apply_edits(ENTRIES, edits)
    assert {entry.value for entry in entries} == {"hippie", "coastal"}
    assert list(idle) == [edits[1]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{ban: style/bohemien}", ("style/bohemian", "list --key style")),
        ("{ban: color/boho}", ("style/boho",)),
        ("{ban: fabric/wool}", ("fabric", "color, style")),
        ("{rename: style/boho, to: beachy}", ("style/coastal", "merge")),
        ("{merge: [style/boho, style/bohemian]}", ("one attribute already",)),
        ("{split: style/coastal, forms: [beachy, coastal]}", ("nothing of", "beachy, coastal")),
        ("{split: style/coastal, forms: [boho]}", ("no form boho", "beachy, coastal")),
    ],
)
def test_what_has_no_place_names_what_is_near(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(Unmet) as raised:
        apply_edit(ENTRIES, one(text))
    assert all(word in str(raised.value) for word in words), str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "edits: {a: b}",
        "- ban: a/b",
        "edits: [ban]",
        "edits: [{forbid: a/b}]",
        "edits: [{ban: a/b, merge: [a/b, a/c]}]",
        "edits: [{ban: a/b, why: x}]",
        "edits: [{ban: b}]",
        "edits: [{ban: /b}]",
        "edits: [{ban: a/}]",
        "edits: [{ban: [a/b, a/c]}]",
        "edits: [{ban: 7}]",
        "edits: [{ban: a/one two three four}]",
        "edits: [{merge: a/b}]",
        "edits: [{merge: [a/b, a/b]}]",
        "edits: [{merge: [a/b, c/b]}]",
        "edits: [{merge: [a/b, a/c], into: 5}]",
        "edits: [{rename: a/b}]",
        "edits: [{rename: a/b, to: '!!'}]",
        "edits: [{split: a/b}]",
        "edits: [{split: a/b, forms: [1]}]",
        "edits: [{split: a/b, forms: []}]",
        "edits: [&a [*a]]",
        "edits: [{ban: &a [*a]}]",
        "edits: [!!python/object/apply:os.system [ls]]",
        "edits: " + "[" * 400,
        "edits: [{ban: \"a/b\\u0000\\u0007c\"}]",
        "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nedits: [{ban: [*b,*b,*b,*b]}]",
    ],
)  # fmt: skip
def test_what_is_no_edit_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RelpinsError) as raised:
        parse_edits(text, "the file")
    assert str(raised.value).startswith("the file")
    assert len(str(raised.value)) < 600


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_edits_or_refused(text: str) -> None:
    with suppress(RelpinsError):
        assert all(edit.verb in VERBS for edit in parse_edits(text, "the file"))


def test_no_file_and_an_empty_one_say_nothing(tmp_path: Path) -> None:
    assert read_edits(tmp_path) == ()
    for text in ("", "# nothing yet\n", "edits:\n", "edits: []\n"):
        edits_path(tmp_path).write_text(text)
        assert read_edits(tmp_path) == ()


def test_a_line_more_or_less_leaves_the_rest_as_it_was_written(tmp_path: Path) -> None:
    edits_path(tmp_path).write_text(BY_HAND)
    before = read_edits(tmp_path)
    edit = one("{split: style/boho, forms: ['no', boho chic]}")
    add_edit(tmp_path, edit)
    assert read_edits(tmp_path) == (*before, edit)
    assert edits_path(tmp_path).read_text().startswith(BY_HAND)
    assert remove_edit(tmp_path) == edit
    assert edits_path(tmp_path).read_text() == BY_HAND
    assert remove_edit(tmp_path, 1) == before[0]
    assert edits_path(tmp_path).read_text() == BY_HAND.replace("    - ban: color/coral   # too rare\n", "")
    remove_edit(tmp_path)
    assert read_edits(tmp_path) == ()
    assert "# the end" in edits_path(tmp_path).read_text()
    with pytest.raises(RelpinsError, match="no edit to undo"):
        remove_edit(tmp_path)


def test_a_file_in_another_layout_is_written_anew_with_its_comments(tmp_path: Path) -> None:
    edits_path(tmp_path).write_text("# mine\nedits: [{ban: color/coral}]\n")
    add_edit(tmp_path, one("{ban: style/boho}"))
    assert [str(edit) for edit in read_edits(tmp_path)] == ["ban color/coral", "ban style/boho"]
    assert edits_path(tmp_path).read_text().startswith("# mine\n")


def test_an_edit_that_is_not_there_cannot_be_taken_out(tmp_path: Path) -> None:
    add_edit(tmp_path, one("{ban: style/boho}"))
    for number in (0, 2, -1):
        with pytest.raises(RelpinsError, match="holds 1 to 1"):
            remove_edit(tmp_path, number)
    assert len(read_edits(tmp_path)) == 1


forms = st.text("abc:#'\"-{}[]&*!|>%@`é日1", min_size=1, max_size=8).map(lambda text: f"x{text}y")


@settings(max_examples=25)
@given(st.lists(st.tuples(forms, forms), min_size=1, max_size=4))
def test_whatever_the_forms_are_called_the_file_says_them_back(pairs: list[tuple[str, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = []
        for name, to in pairs:
            (edit,) = parse_edits(_json([{"rename": f"style/{name}", "to": to}]), "here")
            made.append(edit)
            add_edit(Path(folder), edit)
        assert read_edits(Path(folder)) == tuple(made)
        assert edits_digest(read_edits(Path(folder))) == edits_digest(tuple(made))


def _json(entries: list[dict[str, str]]) -> str:
    import json

    return json.dumps({"edits": entries})
