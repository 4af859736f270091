"""Colours by name, and the dozen styles: which colours, shapes, patterns and surfaces each one keeps to."""

from dataclasses import dataclass

Color = tuple[int, int, int]

COLORS: dict[str, Color] = {
    "white": (248, 247, 243),
    "ivory": (245, 238, 224),
    "cream": (240, 228, 203),
    "beige": (221, 203, 174),
    "sand": (214, 190, 150),
    "grey": (158, 160, 162),
    "light grey": (208, 209, 208),
    "charcoal": (62, 66, 71),
    "black": (34, 33, 34),
    "tan": (186, 141, 92),
    "brown": (116, 76, 46),
    "rust": (181, 83, 42),
    "terracotta": (200, 110, 74),
    "orange": (226, 132, 52),
    "mustard": (217, 163, 54),
    "saffron": (238, 172, 40),
    "butter yellow": (243, 220, 150),
    "olive": (125, 127, 62),
    "sage": (160, 177, 147),
    "moss": (112, 124, 92),
    "emerald": (24, 104, 82),
    "forest green": (42, 76, 56),
    "teal": (44, 112, 116),
    "aqua": (132, 192, 202),
    "light blue": (172, 204, 224),
    "dusty blue": (130, 156, 178),
    "dark blue": (34, 52, 92),
    "navy": (32, 44, 78),
    "lilac": (186, 165, 208),
    "plum": (110, 58, 92),
    "violet": (96, 62, 148),
    "fuchsia": (198, 54, 122),
    "blush": (230, 194, 182),
    "rose": (217, 140, 150),
    "coral": (238, 142, 118),
    "red": (188, 44, 46),
    "burgundy": (114, 40, 52),
    "clay": (170, 118, 92),
    "gold": (205, 164, 82),
}

WOODS: dict[str, Color] = {
    "walnut": (124, 76, 42),
    "teak": (156, 98, 52),
    "oak": (208, 170, 120),
    "light oak": (226, 200, 160),
    "pine": (222, 184, 128),
    "reclaimed wood": (112, 86, 64),
    "mahogany": (94, 44, 32),
    "rattan": (202, 160, 104),
    "driftwood": (190, 172, 146),
    "black wood": (48, 42, 40),
    "ash": (198, 178, 148),
}

METALS: dict[str, Color] = {
    "brass": (200, 158, 78),
    "gold": (212, 172, 88),
    "black metal": (40, 40, 42),
    "steel": (150, 154, 158),
    "chrome": (190, 196, 202),
    "copper": (186, 110, 72),
}


@dataclass(frozen=True)
class Style:
    """One style: the named colours it uses and the shapes by which a person would know it."""

    name: str
    walls: tuple[str, ...]
    accents: tuple[str, ...]
    neutrals: tuple[str, ...]
    wood: str
    floor: str  # a wood of WOODS, or 'concrete' | 'marble' | 'stone'
    floor_kind: str  # planks | herringbone | checker | plain
    metal: str
    pattern: str  # plain | geometric | kilim | stripes | gingham | floral | fans | damask | dots | slats
    legs: str  # tapered | straight | hairpin | turned | low | metal
    sofa: str  # track | rolled | round | low | tufted
    lamp: str  # globe | dome | rattan | cage | drum | paper | deco
    art: str  # sunburst | shapes | botanical | lines | sea | deco | gallery | portrait
    wall_kind: str  # plain | brick | shiplap | panels | wallpaper | slats | arch
    window: str  # wide | grid | arched | plain | sash
    plants: int
    weight: float
    mood: tuple[str, ...]
    materials: tuple[str, ...]


def _style(name: str, spec: str, weight: float, plants: int) -> Style:
    """One style from its one-paragraph description, fields parted by ';' and lists by ','."""
    parts = [tuple(word.strip() for word in part.split(",")) for part in spec.split(";")]
    walls, accents, neutrals, mood, materials = (parts[i] for i in (0, 1, 2, 12, 13))
    wood, floor, floor_kind = parts[3]
    metal, pattern, legs, sofa, lamp, art, wall_kind, window = (parts[i][0] for i in range(4, 12))
    return Style(
        name, walls, accents, neutrals, wood, floor, floor_kind, metal, pattern, legs, sofa, lamp,
        art, wall_kind, window, plants, weight, mood, materials,
    )  # fmt: skip


STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        _style(
            "mid-century modern",
            "cream,ivory,cream;mustard,rust,teal,olive,orange;ivory,beige,tan;walnut,teak,planks;brass;geometric;"
            "tapered;track;globe;sunburst;plain;wide;warm,curated,retro;walnut,teak,brass,wool",
            1.6, 2,
        ),
        _style(
            "bohemian",
            "ivory,cream,blush;terracotta,mustard,plum,teal,rust;cream,beige,sand;rattan,oak,planks;brass;kilim;"
            "low;low;rattan;botanical;arch;plain;earthy,relaxed,layered;rattan,jute,macrame,cotton",
            1.4, 5,
        ),
        _style(
            "scandinavian",
            "white,white,light grey;dusty blue,sage,blush,charcoal;white,light grey,beige;light oak,light oak,planks;"
            "black metal;dots;straight;track;dome;lines;plain;plain;airy,calm,bright;light oak,linen,wool,ceramic",
            1.4, 2,
        ),
        _style(
            "industrial",
            "rust,grey,grey;brown,charcoal,rust,tan;grey,charcoal,tan;reclaimed wood,reclaimed wood,planks;black metal;"
            "plain;metal;track;cage;gallery;brick;grid;raw,urban,dramatic;iron,leather,brick,concrete",
            1.0, 1,
        ),
        _style(
            "minimalist",
            "white,white,white;light grey,grey,charcoal,white;white,light grey,ivory;ash,concrete,plain;chrome;plain;"
            "straight;track;dome;lines;plain;plain;serene,airy,clean;marble,steel,glass,linen",
            1.5, 1,
        ),
        _style(
            "coastal",
            "white,light blue,white;navy,aqua,coral,light blue;white,sand,ivory;driftwood,driftwood,planks;steel;"
            "stripes;straight;rolled;rattan;sea;shiplap;sash;breezy,fresh,sunny;driftwood,linen,rope,cotton",
            1.1, 1,
        ),
        _style(
            "farmhouse",
            "ivory,white,cream;sage,red,charcoal,tan;cream,ivory,beige;pine,pine,planks;black metal;gingham;"
            "turned;rolled;cage;botanical;shiplap;sash;cozy,rustic,homey;pine,iron,cotton,enamel",
            1.1, 2,
        ),
        _style(
            "art deco",
            "emerald,navy,plum;gold,emerald,burgundy,blush;ivory,black,cream;black wood,marble,checker;gold;fans;"
            "metal;round;deco;deco;panels;arched;glamorous,dramatic,opulent;velvet,marble,brass,lacquer",
            0.9, 1,
        ),
        _style(
            "japandi",
            "beige,ivory,sand;clay,moss,charcoal,tan;beige,ivory,sand;ash,oak,planks;black metal;slats;"
            "low;low;paper;lines;slats;grid;calm,grounded,quiet;ash,bamboo,paper,stoneware",
            1.0, 2,
        ),
        _style(
            "maximalist",
            "teal,fuchsia,violet;fuchsia,saffron,violet,emerald,coral;saffron,fuchsia,ivory;walnut,walnut,herringbone;gold;"
            "floral;turned;tufted;drum;gallery;wallpaper;arched;bold,playful,eclectic;velvet,silk,brass,lacquer",
            0.9, 3,
        ),
        _style(
            "traditional",
            "beige,forest green,cream;burgundy,navy,forest green,gold;cream,beige,tan;mahogany,mahogany,herringbone;"
            "brass;damask;turned;tufted;drum;portrait;panels;sash;elegant,stately,warm;mahogany,leather,wool,silk",
            0.9, 1,
        ),
        _style(
            "cottagecore",
            "ivory,butter yellow,blush;rose,sage,lilac,butter yellow;ivory,cream,white;pine,oak,planks;copper;floral;"
            "turned;rolled;drum;botanical;wallpaper;sash;romantic,nostalgic,gentle;cotton,pine,lace,ceramic",
            1.0, 4,
        ),
    )
}  # fmt: skip


def mixed(first: Color, second: Color, share: float) -> Color:
    """`first` with `share` (0..1) of `second` mixed in."""
    return (
        round(first[0] + (second[0] - first[0]) * share),
        round(first[1] + (second[1] - first[1]) * share),
        round(first[2] + (second[2] - first[2]) * share),
    )


def darker(color: Color, share: float = 0.15) -> Color:
    """`color` with `share` of black in it."""
    return mixed(color, (0, 0, 0), share)


def lighter(color: Color, share: float = 0.2) -> Color:
    """`color` with `share` of white in it."""
    return mixed(color, (255, 255, 255), share)


FLOORS: dict[str, Color] = {**WOODS, "concrete": (206, 204, 200), "marble": (238, 234, 228), "stone": (196, 188, 176)}
