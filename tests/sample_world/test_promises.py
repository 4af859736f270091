"""What the full-sized world holds for all that is measured on it (played, not drawn)."""

from collections import Counter, defaultdict
from datetime import timedelta

import numpy as np

from relpins_resources.describers.compose import usable_text
from relpins_resources.sample_world import AS_OF, HEROES, WorldConfig
from relpins_resources.sample_world.sessions import examination
from relpins_resources.sample_world.texts import write_text
from relpins_resources.sample_world.world import World

CONFIG = WorldConfig()
CUT = AS_OF - timedelta(days=CONFIG.cut_days)


def test_size(full_world: World) -> None:
    assert len(full_world.specs) == 1500
    assert len(full_world.people) == 400
    assert len(full_world.boards) == 900
    assert len({spec.pin_id for spec in full_world.specs}) == 1500
    assert {spec.kind for spec in full_world.specs} == {"room", "product", "fashion", "food", "travel", "guide"}
    assert len({spec.style for spec in full_world.specs}) == 12
    copies = Counter(spec.copy_kind for spec in full_world.specs)
    assert 0.08 <= copies["repin"] / 1500 <= 0.10
    assert 0.02 <= (copies["reencoded"] + copies["cropped"]) / 1500 <= 0.05


def test_near_half_of_the_pins_say_nothing_and_repins_speak_in_other_words(full_world: World) -> None:
    texts = {spec.pin_id: write_text(CONFIG, 0, spec) for spec in full_world.specs}
    silent = [not usable_text(text.title) and not usable_text(text.description) for text in texts.values()]
    assert 0.40 <= np.mean(silent) <= 0.55
    repins = [spec for spec in full_world.specs if spec.copy_kind == "repin"]
    assert sum(texts[spec.pin_id].title != texts[spec.copy_of].title for spec in repins) > 0.7 * len(repins)


def test_synonyms_prices_and_tags(full_world: World) -> None:
    texts = [write_text(CONFIG, 0, spec) for spec in full_world.specs]
    said = " ".join(f"{text.title} {text.description} {' '.join(text.merchant_tags)}" for text in texts).lower()
    for spelling in ("boho-chic", "bohemian", "t-shirt", "tee", "couch", "sofa", "grey", "gray", "mcm", "midcentury"):
        assert spelling in said, spelling
    sold = [(spec, text) for spec, text in zip(full_world.specs, texts, strict=True) if spec.price is not None]
    assert len(sold) > 400
    assert {spec.kind for spec, _ in sold} == {"product", "fashion"}
    assert sum(bool(text.merchant_tags) for _, text in sold) > 0.6 * len(sold)
    assert {text.category for text in texts} >= {"Living Room", "Kitchen", "Bathroom", "Photo Studio", "Fashion"}


def test_saves_are_possible_and_single(full_world: World) -> None:
    seen = set()
    for save in full_world.saves:
        spec = full_world.specs[save.pin]
        assert spec.discoverable_at is not None
        assert spec.created_at <= spec.discoverable_at <= save.saved_at < AS_OF
        assert AS_OF - save.saved_at < timedelta(days=CONFIG.save_days + 1)
        assert (save.board, save.pin) not in seen
        seen.add((save.board, save.pin))
    boards_of = Counter(save.pin for save in full_world.saves)
    assert np.median(list(boards_of.values())) >= 4


def test_new_pins_without_a_trace_of_which_many_are_saved_later(full_world: World) -> None:
    touched = {event.pin for event in full_world.events if event.at < CUT}
    touched |= {save.pin for save in full_world.saves if save.saved_at < CUT}
    touched |= {search.clicked for search in full_world.searches if search.at < CUT}
    later = {save.pin for save in full_world.saves if save.saved_at >= CUT}
    new = {i for i, spec in enumerate(full_world.specs) if spec.created_at < CUT and i not in touched}
    assert len(new & later) >= 100
    assert len(new - later) >= 20


def test_query_pins_with_results_seen_ten_times(full_world: World) -> None:
    for before in (AS_OF, CUT):
        seen = Counter(
            (event.query_pin, event.pin)
            for event in full_world.events
            if event.event == "impression" and event.query_pin >= 0 and event.at < before
        )
        per_query = Counter(query for (query, _), count in seen.items() if count >= 10)
        assert sum(count >= 2 for count in per_query.values()) >= 300, before


def test_lists_are_numbered_from_one_and_save_interactions_are_the_owners(full_world: World) -> None:
    positions: dict[int, set[int]] = defaultdict(set)
    for event in full_world.events:
        if event.event == "impression":
            assert event.position not in positions[event.request]
            positions[event.request].add(event.position)
    assert all(found == set(range(1, len(found) + 1)) for found in positions.values())
    saved = {(full_world.boards[save.board].owner, save.pin, save.saved_at) for save in full_world.saves}
    events = [(event.user, event.pin, event.at) for event in full_world.events if event.event == "save"]
    assert set(events) <= saved
    assert len(events) > 0.85 * len(full_world.saves)


def test_clicks_follow_the_position_bias_where_lists_were_shuffled(full_world: World) -> None:
    shown, clicked = np.zeros(9), np.zeros(9)
    for event in full_world.events:
        person = full_world.people[event.user]
        if event.is_randomised and person.device == "phone" and event.event in ("impression", "click"):
            (shown if event.event == "impression" else clicked)[event.position] += 1
    assert shown[1] > 300
    rate = clicked[1:] / shown[1:]
    expected = np.array([examination(CONFIG, "phone", k) for k in range(1, 9)])
    weights = shown[1:] / shown[1:].sum()
    scale = (rate * weights).sum() / (expected * weights).sum()
    noise = np.sqrt(scale * expected / shown[1:])
    assert np.abs(rate - scale * expected).max() < 4 * noise.max()
    assert rate[0] > 1.5 * rate[3:].mean()


def test_devices_locales_surfaces_and_events(full_world: World) -> None:
    assert {person.device for person in full_world.people} == {"phone", "tablet", "desktop"}
    assert len({person.locale for person in full_world.people}) >= 5
    assert {event.surface for event in full_world.events} == {"related", "home", "search", ""}
    assert {event.event for event in full_world.events} == {
        "impression",
        "click",
        "closeup",
        "long_click",
        "save",
        "hide",
    }
    randomised = np.mean([event.is_randomised for event in full_world.events if event.event == "impression"])
    assert 0.04 < randomised < 0.25


def test_searches_have_a_head_a_tail_and_sentences(full_world: World) -> None:
    queries = Counter(search.query for search in full_world.searches)
    assert queries.most_common(1)[0][1] > 50
    assert sum(count == 1 for count in queries.values()) > 400
    assert "what to wear for Italian summer vacation" in queries
    assert sum("under $" in query for query in queries) > 40
    assert {search.kind for search in full_world.searches} == {"search", "autocomplete", "filter", "browse"}
    assert any(search.filters for search in full_world.searches)
    assert sum(search.clicked >= 0 for search in full_world.searches) > 500


def test_intent_links_what_does_not_look_alike(full_world: World) -> None:
    place = {spec.pin_id: i for i, spec in enumerate(full_world.specs)}
    boards = defaultdict(set)
    for save in full_world.saves:
        boards[save.board].add(save.pin)
    mine = [pins for pins in boards.values() if place[HEROES["mid_century_living_room"]] in pins]
    shared = Counter(pin for pins in mine for pin in pins)
    for name in ("mid_century_shop", "mid_century_restoration", "mid_century_kitchen"):
        assert shared[place[HEROES[name]]] >= 3, name
    assert shared[place[HEROES["white_kitchen"]]] <= 1
