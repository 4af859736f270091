"""What the world can hold, and in which words people write of it: scenes, attributes, synonyms, templates."""

ROOMS: dict[str, float] = {
    "living room": 0.27,
    "kitchen": 0.20,
    "bedroom": 0.18,
    "bathroom": 0.13,
    "home office": 0.10,
    "dining room": 0.08,
    "photo studio": 0.04,
}

PRODUCTS: dict[str, tuple[float, float, tuple[str, ...]]] = {
    # name: weight, typical price in USD, rooms it is for
    "sofa": (0.15, 900, ("living room",)),
    "accent chair": (0.14, 320, ("living room", "home office")),
    "coffee table": (0.09, 240, ("living room",)),
    "lamp": (0.12, 110, ("living room", "bedroom", "home office")),
    "rug": (0.10, 180, ("living room", "bedroom")),
    "sideboard": (0.09, 560, ("living room", "dining room")),
    "bed": (0.07, 780, ("bedroom",)),
    "desk": (0.06, 340, ("home office",)),
    "bookshelf": (0.05, 260, ("living room", "home office")),
    "dining table": (0.05, 620, ("dining room", "kitchen")),
    "bar stool": (0.04, 130, ("kitchen",)),
    "mirror": (0.04, 95, ("bathroom", "bedroom")),
}

MADE_OF: dict[str, tuple[str, ...]] = {
    "coffee table": ("wood",),
    "sideboard": ("wood",),
    "desk": ("wood",),
    "bookshelf": ("wood",),
    "dining table": ("wood",),
    "furniture shop": ("wood",),
    "lamp": ("metal",),
    "mirror": ("metal",),
    "rug": ("wool", "cotton", "jute"),
    "bar stool": ("leather", "linen"),
}
"""Furniture by what it is made of; what is not named is upholstered. Wood and metal are the style's own."""

COLOR_OF_MATERIAL: dict[str, str] = {
    "walnut": "brown",
    "teak": "brown",
    "oak": "tan",
    "light oak": "beige",
    "pine": "tan",
    "reclaimed wood": "brown",
    "mahogany": "brown",
    "rattan": "tan",
    "driftwood": "sand",
    "black wood": "black",
    "ash": "beige",
    "brass": "gold",
    "gold": "gold",
    "black metal": "black",
    "steel": "grey",
    "chrome": "light grey",
    "copper": "terracotta",
}

FASHION: dict[str, tuple[float, float]] = {
    "dress": (0.24, 95),
    "t-shirt": (0.12, 28),
    "shirt": (0.10, 55),
    "sweater": (0.12, 75),
    "coat": (0.09, 190),
    "jacket": (0.08, 130),
    "trousers": (0.08, 70),
    "jeans": (0.07, 80),
    "skirt": (0.06, 60),
    "bag": (0.04, 120),
}

FOOD: dict[str, tuple[float, str, str]] = {
    # name: weight, cuisine, meal
    "pasta": (0.15, "italian", "dinner"),
    "pizza": (0.11, "italian", "dinner"),
    "salad": (0.13, "mediterranean", "lunch"),
    "pancakes": (0.11, "american", "brunch"),
    "tacos": (0.11, "mexican", "dinner"),
    "ramen": (0.11, "japanese", "dinner"),
    "layer cake": (0.10, "french", "dessert"),
    "berry bowl": (0.10, "nordic", "brunch"),
    "soup": (0.08, "american", "lunch"),
}

TRAVEL: dict[str, tuple[float, str]] = {
    # name: weight, season
    "beach": (0.16, "summer"),
    "santorini": (0.16, "summer"),
    "amalfi coast": (0.15, "summer"),
    "mountains": (0.15, "winter"),
    "desert": (0.10, "autumn"),
    "city skyline": (0.12, "autumn"),
    "forest lake": (0.10, "autumn"),
    "lavender fields": (0.06, "spring"),
}

GUIDES: dict[str, tuple[float, str, tuple[str, ...]]] = {
    # name: weight, what it is a guide to, rooms it serves
    "furniture restoration": (0.38, "home", ("living room", "bedroom", "dining room")),
    "wall painting": (0.12, "home", ("living room", "bedroom", "kitchen")),
    "floating shelf": (0.14, "home", ("kitchen", "home office", "living room")),
    "plant care": (0.12, "plants", ("living room",)),
    "macrame hanger": (0.10, "craft", ("bedroom",)),
    "sewing a tote": (0.07, "craft", ()),
    "bread baking": (0.07, "food", ("kitchen",)),
}

OCCASIONS = ("vacation", "office", "party", "wedding guest", "weekend")
OCCASION_OF_STYLE: dict[str, tuple[str, ...]] = {
    "art deco": ("party", "wedding guest"),
    "coastal": ("vacation", "weekend"),
    "bohemian": ("vacation", "weekend"),
    "minimalist": ("office", "weekend"),
    "scandinavian": ("weekend", "office"),
    "traditional": ("office", "wedding guest"),
    "maximalist": ("party", "vacation"),
    "cottagecore": ("wedding guest", "weekend"),
    "industrial": ("weekend", "party"),
    "farmhouse": ("weekend",),
    "japandi": ("office", "weekend"),
    "mid-century modern": ("office", "party"),
}

BRANDS_HOME = ("Alder & Pine", "Fjordhus", "Casa Brava", "Studio Nord", "Harlow House", "Mesa Works")
BRANDS_FASHION = ("Lumen", "Orla Vale", "Northstead", "Piccola", "Rue Sept", "Common Thread")

SYNONYMS: dict[str, tuple[str, ...]] = {
    "mid-century modern": ("mid-century modern", "mid century modern", "midcentury", "MCM", "mid-century"),
    "bohemian": ("boho", "bohemian", "boho-chic", "boho chic"),
    "scandinavian": ("scandinavian", "scandi", "nordic"),
    "industrial": ("industrial", "industrial loft", "urban industrial"),
    "minimalist": ("minimalist", "minimal", "minimalistic"),
    "coastal": ("coastal", "beachy", "coastal style"),
    "farmhouse": ("farmhouse", "modern farmhouse", "rustic farmhouse"),
    "art deco": ("art deco", "art-deco", "deco"),
    "japandi": ("japandi", "japanese-scandi"),
    "maximalist": ("maximalist", "maximalism"),
    "traditional": ("traditional", "classic"),
    "cottagecore": ("cottagecore", "cottage core", "english cottage"),
    "living room": ("living room", "lounge", "sitting room", "livingroom"),
    "home office": ("home office", "study", "workspace", "work from home desk"),
    "bathroom": ("bathroom", "bath", "powder room"),
    "photo studio": ("photo studio", "photography studio", "studio set"),
    "dining room": ("dining room", "dining area"),
    "sofa": ("sofa", "couch", "settee"),
    "accent chair": ("accent chair", "armchair", "lounge chair"),
    "sideboard": ("sideboard", "credenza", "buffet"),
    "rug": ("rug", "area rug", "carpet"),
    "lamp": ("lamp", "light", "lighting"),
    "bookshelf": ("bookshelf", "bookcase", "shelving"),
    "bar stool": ("bar stool", "barstool", "counter stool"),
    "t-shirt": ("t-shirt", "tee", "tshirt"),
    "sweater": ("sweater", "jumper", "knit"),
    "trousers": ("trousers", "pants"),
    "jeans": ("jeans", "denim"),
    "bag": ("bag", "handbag", "purse"),
    "grey": ("grey", "gray"),
    "light grey": ("light grey", "light gray"),
    "cream": ("cream", "off-white", "off white"),
    "burgundy": ("burgundy", "wine red"),
    "navy": ("navy", "navy blue"),
    "vacation": ("vacation", "holiday"),
    "autumn": ("autumn", "fall"),
    "furniture restoration": ("furniture restoration", "how to refinish", "furniture makeover"),
    "floating shelf": ("floating shelf", "DIY shelf"),
    "wall painting": ("wall painting", "accent wall"),
    "sewing a tote": ("sewing a tote", "tote bag pattern"),
    "layer cake": ("layer cake", "birthday cake"),
    "berry bowl": ("berry bowl", "smoothie bowl"),
    "forest lake": ("forest lake", "lakeside"),
    "amalfi coast": ("amalfi coast", "positano"),
}

WORDLESS = ("", "", "", "", "", "❤️", "🌿", "😍", "✨", "inspo", "inspo", "💛", "love", "IMG_2041.jpg")

TITLES: dict[str, tuple[str, ...]] = {
    "room": (
        "{style} {scene}", "{style} {scene} ideas", "{color} {style} {scene}", "{scene} goals: {style}",
        "my dream {style} {scene}", "{mood} {style} {scene}", "{style} {scene} with {material} and {accent}",
        "{style} {scene} makeover", "{color} {scene} inspiration",
    ),
    "product": (
        "{color} {style} {scene}", "{style} {scene}", "{style} {scene} in {color}", "{brand} {style} {scene}",
        "{style} {material} {scene}", "vintage {style} {scene}", "{scene} for a {style} {room}",
    ),
    "shop": ("{style} furniture shop", "where to buy {style} furniture", "{style} store finds: {material}"),
    "fashion": (
        "{color} {material} {scene}", "{length} {scene} in {color}", "{style} {scene}",
        "{occasion} outfit: {color} {scene}",
        "{style} {season} {scene}", "{season} {occasion} look", "{brand} {material} {scene}",
        "{style} {occasion} {scene}",
    ),
    "food": (
        "easy {scene} recipe", "{cuisine} {scene}", "best {scene} ever", "{meal} idea: {scene}", "30 minute {scene}",
        "{cuisine} {meal}",
    ),
    "travel": (
        "{scene}", "{scene} travel guide", "{season} in {scene}", "places to see: {scene}", "{scene} at golden hour",
        "bucket list: {scene}",
    ),
    "guide": (
        "{style} {scene} step by step", "how to: {style} {scene}", "DIY {scene}: {style}", "{scene} for beginners",
        "{style} {scene}", "{scene} tutorial: {material}", "{style} {scene} for the {room}",
    ),
}  # fmt: skip

DESCRIPTIONS: dict[str, tuple[str, ...]] = {
    "room": (
        "{mood} {style} {scene} with {color} and {accent} accents, {material} and soft light.",
        "Love how the {material} pairs with {accent}. So {style}!",
        "Saving this {style} {scene} for when we move.",
        "{style} style done right: {color} walls, {material} and plants.",
    ),
    "product": (
        "{color} {scene} in {material}, {shape} legs. Fits a {style} {room}.",
        "A {style} {scene} by {brand}. Ships free.",
        "Handmade {style} {material} {scene}, {price_band}.",
    ),
    "shop": ("Our {style} pieces for the {room}: {material}, honest prices, restored by hand.",),
    "fashion": (
        "{fit} {style} {scene} in {color} {material}, {sleeve}. Perfect for {occasion}.",
        "What I would wear for {season} {occasion}: {pattern} {scene} by {brand}.",
        "{length} {scene}, {material}, {price_band}.",
    ),
    "food": (
        "Ready in 30 minutes, great for {meal}. Serves four.",
        "A family favourite: {cuisine} {scene}.",
    ),
    "travel": ("Where to stay, what to eat and the best views of {scene}.", "Add this one to your {season} list."),
    "guide": (
        "All the steps for {scene}: tools, materials and mistakes to avoid. Works for {style} pieces.",
        "A weekend project for your {style} {room}, with {material}. Beginner friendly.",
    ),
}  # fmt: skip

CATEGORIES: dict[str, str] = {
    "product": "Furniture",
    "fashion": "Fashion",
    "food": "Food & Drink",
    "travel": "Travel",
    "guide": "DIY & How-To",
}
"""Board and pin category by kind of pin; rooms use their own name in title case."""

BOARD_FILLERS = ("Dream home", "inspo", "Things I love", "❤️", "someday", "Favourites", "mood", "✨", "Ideas")
