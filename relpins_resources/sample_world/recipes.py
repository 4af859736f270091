"""Every theme of the world: home projects, rooms, shopping, wardrobes, tables, trips and whole scenarios.

The order is part of the world: a new theme goes to the end of `all_themes`.
"""

from relpins_resources.sample_world.styles import STYLES
from relpins_resources.sample_world.themes import Ingredient, Theme
from relpins_resources.sample_world.vocabulary import (
    FASHION,
    FOOD,
    GUIDES,
    OCCASION_OF_STYLE,
    OCCASIONS,
    PRODUCTS,
    ROOMS,
    TRAVEL,
)

LIVED_IN = tuple(room for room in ROOMS if room != "photo studio")


def all_themes() -> list[Theme]:
    """Every theme of the world, in a fixed order."""
    return [
        *_projects(), *_style_boards(), *_room_boards(), *_shopping(), *_crafts(), *_wardrobes(),
        *_kitchen_table(), *_trips(), *_scenarios(), *_whole_homes(),
    ]  # fmt: skip


def _is(share: float, **wants: str | tuple[str, ...]) -> Ingredient:
    return Ingredient(share, {key: (value,) if isinstance(value, str) else value for key, value in wants.items()})


def _projects() -> list[Theme]:
    """A room to be furnished in a style: the room, the shop, the restoration guide."""
    titles = ("{style} {room}", "{room} makeover", "{style} {room} project", "new {room}!!", "{room} ideas {style}")
    return [
        Theme(
            f"project: {name} {room}", "home", room.title(), 6.6 * style.weight * ROOMS[room],
            _project(name, room), name, room, {"style": name, "room": room}, titles,
        )
        for name, style in STYLES.items()
        for room in LIVED_IN
    ]  # fmt: skip


def _project(style: str, room: str) -> tuple[Ingredient, ...]:
    others = () if room == "bathroom" else tuple(r for r in LIVED_IN if r not in (room, "bathroom"))
    return (
        _is(0.42, kind="room", scene=room, style=style),
        _is(0.18, kind="product", room=room, style=style),
        _is(0.11, scene="furniture shop", style=style),
        _is(0.11, scene="furniture restoration", style=style),
        _is(0.06, kind="guide", room=room, style=style),
        _is(0.09, kind="room", scene=others, style=style),
    )


def _style_boards() -> list[Theme]:
    titles = ("{style} home", "{style} everything", "all things {style}", "{style} interiors", "{style} vibes")
    return [
        Theme(
            f"style: {name}", "home", "Home Decor", 1.5 * style.weight,
            (
                _is(0.40, kind="room", style=name, scene=LIVED_IN),
                _is(0.25, kind="product", style=name),
                _is(0.15, kind="guide", style=name),
                _is(0.12, kind="fashion", style=name),
            ),
            name, "", {"style": name}, titles,
        )
        for name, style in STYLES.items()
    ]  # fmt: skip


def _room_boards() -> list[Theme]:
    titles = ("{room} ideas", "{room} inspo", "dream {room}", "{room}s I love")
    boards = [
        Theme(
            f"room: {room}", "home", room.title(), 5 * share,
            (_is(0.8, kind="room", scene=room), _is(0.2, kind="product", room=room)),
            "", room, {"room": room}, titles,
        )
        for room, share in ROOMS.items()
    ]  # fmt: skip
    white = (
        _is(0.7, kind="room", scene="kitchen", style="minimalist"),
        _is(0.2, kind="room", scene="kitchen", style="scandinavian"),
        _is(0.1, kind="product", room="kitchen"),
    )
    words = {"room": "kitchen", "style": "minimalist"}
    said, name = ("white kitchens", "{style} {room}"), "bright white kitchens"
    return [*boards, Theme(name, "home", "Kitchen", 1.2, white, "minimalist", "kitchen", words, said)]


def _shopping() -> list[Theme]:
    titles = ("{scene} shopping", "{scene}s", "need a new {scene}", "wishlist: {scene}")
    return [
        Theme(
            f"shopping: {scene}", "home", "Furniture", 4 * share, (_is(1.0, scene=scene),),
            "", rooms[0], {"scene": scene}, titles,
        )
        for scene, (share, _, rooms) in PRODUCTS.items()
    ]  # fmt: skip


def _crafts() -> list[Theme]:
    titles = ("DIY projects", "weekend {scene}", "{scene}", "make it myself")
    return [
        Theme(
            f"craft: {scene}", "craft", "DIY & How-To", 3 * share,
            (_is(0.8, scene=scene), _is(0.2, kind="guide")),
            "", "", {"scene": scene}, titles,
        )
        for scene, (share, _, _) in GUIDES.items()
    ]  # fmt: skip


def _wardrobes() -> list[Theme]:
    titles = ("{style} outfits", "{style} wardrobe", "my style", "{style} fashion")
    styles = [
        Theme(
            f"wardrobe: {name}", "fashion", "Fashion", 1.1 * style.weight,
            (_is(0.85, kind="fashion", style=name), _is(0.15, kind="fashion", occasion=OCCASION_OF_STYLE[name])),
            name, "", {"style": name}, titles,
        )
        for name, style in STYLES.items()
    ]  # fmt: skip
    garments = [
        _plain("garment", "fashion", "Fashion", scene, "scene", 3 * share, ("{scene}s", "love this {scene}"))
        for scene, (share, _) in FASHION.items()
    ]
    worn = ("{occasion} outfits", "what to wear: {occasion}")
    occasions = [_plain("occasion", "fashion", "Fashion", name, "occasion", 1.0, worn) for name in OCCASIONS]
    return [*styles, *garments, *occasions]


def _kitchen_table() -> list[Theme]:
    cuisines = sorted({cuisine for _, cuisine, _ in FOOD.values()})
    meals = sorted({meal for _, _, meal in FOOD.values()})
    by_cuisine, by_meal = ("{cuisine} food", "{cuisine} recipes"), ("{meal} ideas", "easy {meal}", "recipes to try")
    return [
        *(_plain("cuisine", "food", "Food & Drink", name, "cuisine", 1.0, by_cuisine) for name in cuisines),
        *(_plain("meal", "food", "Food & Drink", name, "meal", 1.3, by_meal) for name in meals),
    ]


def _trips() -> list[Theme]:
    seasons = sorted({season for _, season in TRAVEL.values()})
    titles = ("{season} trips", "places to go", "bucket list")
    trips = [
        Theme(
            f"trips: {name}", "travel", "Travel", 1.5, (_is(1.0, kind="travel", season=name),),
            "", "", {"season": name}, titles,
        )
        for name in seasons
    ]  # fmt: skip
    places = [
        _plain("place", "travel", "Travel", scene, "scene", 6 * share, ("{scene}", "{scene} trip"))
        for scene, (share, _) in TRAVEL.items()
    ]
    return [*trips, *places]


def _plain(
    group: str, topic: str, category: str, value: str, key: str, weight: float, titles: tuple[str, ...]
) -> Theme:
    """A theme of all pins that have one value under one key."""
    kind = {} if key == "scene" else {"kind": (topic,)}
    part = Ingredient(1.0, {**kind, key: (value,)})
    return Theme(f"{group}: {value}", topic, category, weight, (part,), "", "", {key: value}, titles)


SCENARIOS: tuple[tuple[str, str, float, tuple[str, ...], tuple[Ingredient, ...]], ...] = (
    # name, category, weight, board titles, what belongs to it though it may not look alike
    (
        "italian summer", "Travel", 2.6, ("italian summer", "italian summer vacation", "la dolce vita", "Amalfi 2026"),
        (
            _is(0.4, scene=("amalfi coast", "santorini")),
            _is(0.35, kind="fashion", season="summer", occasion="vacation"),
            _is(0.25, cuisine="italian"),
        ),
    ),
    (
        "cabin weekend", "Travel", 1.8, ("cabin weekend", "cozy season", "hygge"),
        (
            _is(0.35, scene=("mountains", "forest lake")),
            _is(0.25, scene=("sweater", "coat")),
            _is(0.2, scene=("soup", "pancakes")),
            _is(0.2, kind="room", style="farmhouse", scene=("living room", "bedroom")),
        ),
    ),
    (
        "wedding season", "Fashion", 1.8, ("wedding season", "wedding guest looks", "J+M wedding"),
        (
            _is(0.6, kind="fashion", occasion="wedding guest"),
            _is(0.25, scene="layer cake"),
            _is(0.15, scene=("lavender fields", "santorini")),
        ),
    ),
    (
        "work from home", "Home Office", 1.8, ("work from home", "desk setup", "WFH"),
        (
            _is(0.45, kind="room", scene="home office"),
            _is(0.3, scene=("desk", "bookshelf", "lamp"), room="home office"),
            _is(0.15, kind="fashion", occasion="office"),
            _is(0.1, scene="floating shelf"),
        ),
    ),
    (
        "first apartment", "Home Decor", 1.8, ("first apartment", "apartment", "moving in!"),
        (
            _is(0.35, kind="product", style=("scandinavian", "industrial", "bohemian")),
            _is(0.25, kind="guide", topic="home"),
            _is(0.25, kind="room", scene=("living room", "bedroom"), style=("scandinavian", "bohemian")),
            _is(0.15, scene=("pasta", "tacos")),
        ),
    ),
    (
        "plant corner", "Home Decor", 1.5, ("plant corner", "plant mom", "🌿 plants"),
        (
            _is(0.5, scene=("plant care", "macrame hanger")),
            _is(0.3, kind="room", style="bohemian"),
            _is(0.2, scene="forest lake"),
        ),
    ),
    (
        "cottage life", "Home Decor", 1.5, ("cottage life", "slow living", "country kitchen"),
        (
            _is(0.3, kind="room", style="cottagecore"),
            _is(0.25, kind="fashion", style="cottagecore"),
            _is(0.25, scene=("bread baking", "layer cake", "berry bowl")),
            _is(0.2, scene=("lavender fields", "sewing a tote")),
        ),
    ),
    (
        "gatsby party", "Fashion", 1.2, ("gatsby party", "new years eve", "NYE glam"),
        (
            _is(0.5, kind="fashion", style="art deco"),
            _is(0.25, kind="room", style="art deco", scene=("dining room", "living room")),
            _is(0.25, scene=("layer cake", "city skyline")),
        ),
    ),
)  # fmt: skip


def _scenarios() -> list[Theme]:
    return [
        Theme(f"life: {name}", "life", category, weight, parts, "", "", {}, titles)
        for name, category, weight, titles, parts in SCENARIOS
    ]


def _whole_homes() -> list[Theme]:
    """Moving into one style altogether: its living room, its kitchen, the shop and the restoration guide."""
    titles = ("our {style} place", "{style} apartment", "{style} house", "renovation {style}")
    return [
        Theme(
            f"whole home: {name}", "home", "Home Decor", 1.4 * style.weight,
            (
                _is(0.25, kind="room", style=name, scene="living room"),
                _is(0.25, kind="room", style=name, scene="kitchen"),
                _is(0.14, kind="room", style=name, scene=("bedroom", "dining room")),
                _is(0.18, scene="furniture shop", style=name),
                _is(0.18, scene="furniture restoration", style=name),
            ),
            name, "", {"style": name}, titles,
        )
        for name, style in STYLES.items()
    ]  # fmt: skip
