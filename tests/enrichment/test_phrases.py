"""How texts are cut into phrases, and which n-grams are said as one."""

from relpins_assets.enrichment.phrase_slots import cut
from relpins_assets.enrichment.phrases import TITLE, Document, count_phrases, segments, tag_segments, units


def documents(*titles: str) -> list[Document]:
    return [Document(tuple(segments(TITLE, title))) for title in titles]


def test_marks_end_a_segment_and_apostrophes_do_not():
    found = segments(TITLE, "Women's mid-century sofa, dark blue. Alder & Pine")

    assert [segment.words for segment in found] == [
        ("women", "mid-century", "sofa"),
        ("dark", "blue"),
        ("alder", "&", "pine"),
    ]


def test_a_text_that_says_nothing_has_no_segment():
    assert segments(TITLE, "IMG_2041.jpg") == [] == segments(TITLE, None)


def test_a_tag_is_a_segment_and_an_empty_one_is_none():
    assert [segment.words for segment in tag_segments(["Dark Blue", "", None, "linen"])] == [
        ("dark", "blue"),
        ("linen",),
    ]


def test_words_of_one_value_are_a_unit_and_words_side_by_side_are_not():
    titles = [f"{color} {thing}" for color in ("red", "green", "light blue") for thing in ("sofa", "coat", "lamp")]
    counted = count_phrases(documents(*titles))

    found = units(counted)

    assert "light blue" in found
    assert not {"red sofa", "green coat", "blue lamp"} & set(found)
    assert counted.documents["light blue"] == 3


def test_joining_words_frame_no_unit():
    counted = count_phrases(documents(*["the best of linen", "what to wear for linen", "by linen"] * 4))

    assert {"linen", "wear"} <= set(units(counted))
    assert not {"of linen", "what", "for linen", "by linen"} & set(units(counted))


def test_cohesion_of_words_that_are_only_found_together_is_one():
    counted = count_phrases(documents(*["navy blue"] * 5, *["coat"] * 5))

    assert counted.cohesion("navy blue") == 1.0
    assert counted.bound("navy blue") == 1.0


def test_the_longest_phrase_wins():
    position = {"sleeve": 0, "short sleeve": 1, "blue": 2, "dark blue": 3}

    found = cut(("dark", "blue", "short", "sleeve", "tee", "sleeve"), position)

    assert [phrase for phrase, _, _ in found] == [3, 1, -1, 0]
