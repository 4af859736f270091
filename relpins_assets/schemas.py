"""Every table of the lake, declared once: grain, key, columns. Checks, docs and empty tables come from here."""

from __future__ import annotations

import pyarrow as pa

from relpins_resources.lake.schema import FINGERPRINT, VECTOR, Column, TableSchema

STRING, INT, FLOAT, BOOL = pa.string(), pa.int64(), pa.float64(), pa.bool_()
TIME = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())
WEIGHTS = pa.list_(pa.float64())


def _id(name: str, description: str) -> Column:
    return Column(name, STRING, description, is_nullable=False)


def _raw(name: str, grain: str, key: str, *columns: Column) -> TableSchema:
    """A table that holds a source's rows as they are; its fingerprint is the hash of the row's content."""
    source_file = Column("source_file", STRING, "the file of the source it was read from", is_volatile=True)
    return TableSchema(name, grain, (key,), (_id(key, "its key"), *columns, source_file, FINGERPRINT), kind="raw")


RAW_TABLES = (
    _raw(
        "raw_pins",
        "one row per pin of the source",
        "pin_id",
        Column("image_bytes", pa.large_binary(), "the image as it came, where it came inline"),
        Column("image_url", STRING, "where the image lies, where it came by reference"),
        Column("image_hash", STRING, "SHA-256 of the image file's bytes; null if it is not there"),
        Column("title", STRING, "the pin's own title"),
        Column("description", STRING, "the pin's own description"),
        Column("link", STRING, "where the pin leads"),
        Column("price", FLOAT, "price, in `currency`"),
        Column("currency", STRING, "ISO currency code"),
        Column("board_category", STRING, "category that the source gives the pin"),
        Column("merchant_tags", STRINGS, "tags that the merchant gave it"),
        Column("created_at", TIME, "when it was created"),
        Column("updated_at", TIME, "when it was last changed"),
    ),
    _raw(
        "raw_boards",
        "one row per board",
        "board_id",
        Column("title", STRING, "its title"),
        Column("description", STRING, "its description"),
        Column("owner_id", STRING, "the user who owns it"),
        Column("category", STRING, "its category"),
    ),
    TableSchema(
        "raw_board_pins",
        "one row per save of a pin to a board",
        ("board_id", "pin_id"),
        (
            _id("board_id", "the board"),
            _id("pin_id", "the pin"),
            Column("saved_at", TIME, "when it was saved"),
            Column("note", STRING, "what the saver wrote"),
            Column("source_file", STRING, "the file of the source it was read from", is_volatile=True),
            FINGERPRINT,
        ),
        kind="raw",
    ),
    _raw(
        "raw_interactions",
        "one row per interaction of a user with a pin",
        "interaction_id",
        Column("user_id", STRING, "who"),
        Column("pin_id", STRING, "with which pin"),
        Column("event", STRING, "impression, click, closeup, long_click, save or hide"),
        Column("created_at", TIME, "when"),
        Column("surface", STRING, "related, home or search"),
        Column("query_pin_id", STRING, "the pin whose related feed it was"),
        Column("position", INT, "position in the list, 1 is first"),
        Column("device", STRING, "device"),
        Column("locale", STRING, "locale"),
        Column("request_id", STRING, "the request that showed it"),
        Column("is_randomised", BOOL, "whether that list was in random order"),
    ),
    _raw(
        "raw_searches",
        "one row per search, autocomplete, filter or browse event",
        "search_id",
        Column("query", STRING, "what was typed or picked"),
        Column("user_id", STRING, "who"),
        Column("created_at", TIME, "when"),
        Column("count", INT, "how many times, where the log is aggregated"),
        Column("clicked_pin_id", STRING, "the pin clicked in its results"),
        Column("filters", STRING, "filters that were set"),
        Column("kind", STRING, "search, autocomplete, filter or browse"),
    ),
    _raw(
        "raw_users",
        "one row per user",
        "user_id",
        Column("attributes", STRING, "further columns of the source, as JSON"),
    ),
)

BOOKKEEPING = (
    TableSchema(
        "rejected_rows",
        "one row per source row or unit of work that could not be used",
        ("table", "key", "fingerprint"),
        (
            _id("table", "the input table or asset that rejected it"),
            _id("key", "its key, empty where that is what is missing"),
            Column("reason", STRING, "why, in few words", is_nullable=False),
            Column("detail", STRING, "why, in full"),
            Column("row_json", STRING, "the row as JSON, images left out"),
            FINGERPRINT,
        ),
        kind="raw",
    ),
    TableSchema(
        "source_files",
        "one row per file of the source",
        ("path",),
        (
            _id("path", "path within the source"),
            _id("table", "the input table it belongs to"),
            Column("size", INT, "bytes"),
            Column("mtime_ns", INT, "when it was last modified", is_volatile=True),
            _id("reading_version", "how its rows were read: the mapping of columns, tables and SQL"),
            Column("status", STRING, "read or unreadable"),
            Column("message", STRING, "why it is unreadable"),
        ),
        kind="bookkeeping",
    ),
    TableSchema(
        "source_rows",
        "one row per row of the source, duplicates and rejected ones too",
        ("path", "row_number"),
        (
            _id("path", "file it stands in"),
            Column("row_number", INT, "place in that file, from 0", is_nullable=False),
            _id("table", "the input table"),
            _id("key", "its key, as text"),
            Column("updated_at", TIME, "which of several rows with one key is the newest"),
            Column("is_deleted", BOOL, "whether the row says that it is deleted", is_nullable=False),
            Column("image_url", STRING, "the image file that it names"),
            _id("content_hash", "hash of its content, the image file's left out"),
            Column("reason", STRING, "why it was rejected; null if it was not"),
            Column("detail", STRING, "why, in full"),
            Column("row_json", STRING, "the rejected row as JSON"),
        ),
        kind="bookkeeping",
        unit=("path",),
        ledger="source_files",
    ),
    TableSchema(
        "source_images",
        "one row per image file that a pin names",
        ("image_url",),
        (
            _id("image_url", "as the pins name it"),
            Column("size", INT, "bytes"),
            Column("mtime_ns", INT, "when it was last modified", is_volatile=True),
            _id("image_hash", "SHA-256 of its bytes"),
        ),
        kind="bookkeeping",
    ),
)

CURATION = (
    TableSchema(
        "pin_images",
        "one row per pin whose image could be decoded",
        ("pin_id",),
        (
            _id("pin_id", "the pin"),
            Column("jpeg", pa.large_binary(), "the image, bounded, upright", is_nullable=False),
            Column("thumbnail", pa.large_binary(), "the image, small", is_nullable=False),
            Column("width", INT, "pixels, before bounding"),
            Column("height", INT, "pixels, before bounding"),
            _id("jpeg_hash", "SHA-256 of the stored image: what encoders see"),
            _id("pixel_hash", "SHA-256 of the decoded pixels: equal images, equal hash"),
            _id("phash", "perceptual hash, 64 bits in hexadecimal"),
            FINGERPRINT,
        ),
    ),
    TableSchema(
        "pin_joins",
        "one row per distinct image",
        ("join_id",),
        (
            _id("join_id", "the smallest pixel hash among its pins"),
            Column("pin_ids", STRINGS, "every pin that carries the image, in order of id"),
            Column("n_pins", INT, "how many they are"),
            _id("representative_pin_id", "the pin that stands for the image in feeds: the smallest id"),
            Column("annotations", STRINGS, "what its pins' own texts and their boards say, weightiest first"),
            Column("annotation_weights", WEIGHTS, "how much each of them counts: texts that agree count more"),
            Column("categories", STRINGS, "categories of the boards that it stands on, weightiest first"),
            Column("category_weights", WEIGHTS, "share of its boards in each of them; they sum to 1"),
            FINGERPRINT,
        ),
    ),
    TableSchema(
        "board_joins",
        "one row per board that any image stands on",
        ("board_id",),
        (
            _id("board_id", "the board"),
            Column("title", STRING, "its title"),
            Column("category", STRING, "its category"),
            Column("join_ids", STRINGS, "the distinct images on it, in order of id", is_nullable=False),
            Column("n_pins", INT, "how many they are", is_nullable=False),
            FINGERPRINT,
        ),
    ),
    TableSchema(
        "catalog_statistics",
        "one row per pin, frozen when it was fitted",
        ("pin_id",),
        (
            _id("pin_id", "the pin"),
            Column("n_saves", INT, "boards it was saved to"),
            Column("n_impressions", INT, "times it was shown"),
            Column("n_clicks", INT, "clicks and long clicks"),
            Column("n_closeups", INT, "closeups"),
            Column("n_interactions", INT, "interactions of any kind but impressions"),
            Column("save_rate", FLOAT, "saves per impression, smoothed"),
            Column("ctr", FLOAT, "clicks per impression, smoothed"),
            Column("closeup_rate", FLOAT, "closeups per impression, smoothed"),
            Column("popularity", FLOAT, "saves and interactions, decayed by age"),
            Column("popular_rank", INT, "1 is the most popular"),
            Column("chronological_rank", INT, "1 is the newest"),
            Column("sampling_weight", FLOAT, "how readily a board too large to pair in full keeps it, above 0"),
        ),
        kind="trained",
    ),
)

ENRICHMENT = (
    TableSchema(
        "enriched_descriptions",
        "one row per pin",
        ("pin_id",),
        (
            _id("pin_id", "the pin"),
            Column(
                "description", STRING, "its own text, its boards' titles and what its pixels say", is_nullable=False
            ),
            Column("own_text", STRING, "what its own title and description usefully say; empty where nothing"),
            Column("statement", STRING, "what its pixels say"),
            Column("colors", STRINGS, "named dominant colours, most first"),
            Column("color_shares", pa.list_(pa.float64()), "share of the image of each of them"),
            Column("board_titles", STRINGS, "titles of boards it was saved to, as used"),
            _id("describer", "what wrote the statement"),
            Column("attributes", STRING, "JSON list of {key, value} that the view named; null without a view"),
            Column("objects", STRING, "JSON list of the objects that the view named; null without a view"),
            Column("failure", STRING, "why the view says nothing of this pin; null where it does or none was asked"),
            FINGERPRINT,
        ),
    ),
    TableSchema(
        "raw_attributes",
        "one row per pin, key, value and source",
        ("pin_id", "key", "value", "source"),
        (
            _id("pin_id", "the pin"),
            _id("key", "what kind of thing is said: color, material, style ..., from the closed list of the profile"),
            _id("value", "what is said, in lower case, three words at most"),
            _id("source", "who says it: view, title, description, merchant_tags, boards, price, category or pixels"),
        ),
        unit=("pin_id",),
        ledger="raw_attribute_pins",
    ),
    TableSchema(
        "raw_attribute_pins",
        "one row per pin that was looked at for attributes",
        ("pin_id",),
        (_id("pin_id", "the pin"), FINGERPRINT),
        kind="ledger",
    ),
    TableSchema(
        "dominant_objects",
        "one row per pin and object found in its image",
        ("pin_id", "object_number"),
        (
            _id("pin_id", "the pin"),
            Column("object_number", pa.int32(), "1 is the largest", is_nullable=False),
            Column("x0", FLOAT, "left edge, as a share of the width", is_nullable=False),
            Column("y0", FLOAT, "upper edge, as a share of the height", is_nullable=False),
            Column("x1", FLOAT, "right edge, as a share of the width", is_nullable=False),
            Column("y1", FLOAT, "lower edge, as a share of the height", is_nullable=False),
            Column("area", FLOAT, "share of the image that its box covers", is_nullable=False),
            Column("confidence", FLOAT, "how likely there is an object in the box; null from what is not calibrated"),
            Column("label", STRING, "what it is; null from a detector that claims no class"),
            Column("is_dominant", BOOL, "whether it covers enough of the image, or is sure enough", is_nullable=False),
        ),
        unit=("pin_id",),
        ledger="dominant_object_pins",
    ),
    TableSchema(
        "dominant_object_pins",
        "one row per pin that was looked at for objects",
        ("pin_id",),
        (
            _id("pin_id", "the pin"),
            Column("is_dominant", BOOL, "whether any object of it is dominant", is_nullable=False),
            FINGERPRINT,
        ),
        kind="ledger",
    ),
)


def _embeddings(name: str, what: str) -> TableSchema:
    vector = Column("vector", VECTOR, f"{what}, unit length", is_nullable=False)
    columns = (_id("pin_id", "the pin"), vector, FINGERPRINT)
    return TableSchema(name, "one row per pin", ("pin_id",), columns, is_versioned=True)


EMBEDDINGS = (
    _embeddings("clip_embeddings", "what its image looks like"),
    _embeddings("content_embeddings", "what its enriched description says"),
    TableSchema(
        "semantic_ids",
        "one row per pin",
        ("pin_id",),
        (
            _id("pin_id", "the pin"),
            Column("codes", pa.list_(pa.int32()), "its look, coarse to fine: a code per level", is_nullable=False),
            FINGERPRINT,
        ),
    ),
    TableSchema(
        "pin_topics",
        "one row per pin",
        ("pin_id",),
        (
            _id("pin_id", "the pin"),
            Column("topics", pa.list_(pa.int32()), "clusters of descriptions it is nearest to, nearest first"),
            Column("weights", WEIGHTS, "how much it belongs to each of them; they sum to 1"),
            FINGERPRINT,
        ),
    ),
    TableSchema(
        "object_embeddings",
        "one row per pin and object found in its image",
        ("pin_id", "object_number"),
        (
            _id("pin_id", "the pin"),
            Column("object_number", pa.int32(), "as in dominant_objects", is_nullable=False),
            Column("vector", VECTOR, "what the object looks like, in the space of clip_embeddings", is_nullable=False),
            FINGERPRINT,
        ),
        is_versioned=True,
    ),
)

INDEXES = (
    TableSchema(
        "lexical_index",
        "one row per distinct image",
        ("pin_id",),
        (
            _id("pin_id", "the pin that stands for the image"),
            Column("text", STRING, "all words about it, under the full-text index", is_nullable=False),
            FINGERPRINT,
        ),
    ),
)

GRAPH_EMBEDDINGS = (
    _embeddings("twotower_embeddings", "where what people save places it"),
    TableSchema(
        "twotower_users",
        "one row per user",
        ("user_id",),
        (
            _id("user_id", "the user"),
            Column("vector", VECTOR, "where their saves place them among the pins, unit length", is_nullable=False),
            FINGERPRINT,
        ),
        is_versioned=True,
    ),
    _embeddings("pinclip_embeddings", "what its image, words and boards say together"),
)

VOCABULARY = (
    TableSchema(
        "frequent_attributes",
        "one row per key and value that any pin carries",
        ("key", "value"),
        (
            _id("key", "the kind of attribute"),
            _id("value", "as it was said"),
            Column("n_pins", INT, "images that carry it", is_nullable=False),
            Column("is_kept", BOOL, "whether it goes on to clustering", is_nullable=False),
            Column("reason", STRING, "why it was cut; null if it was not"),
        ),
        kind="trained",
    ),
    TableSchema(
        "attribute_clusters",
        "one row per key and value that is frequent enough",
        ("key", "value"),
        (
            _id("key", "the kind of attribute"),
            _id("value", "one way to say it"),
            _id("canonical", "the most frequent way to say the same"),
            Column("n_pins", INT, "images that carry this form", is_nullable=False),
            Column("distance", FLOAT, "mixed distance to the canonical form, 0 is the same"),
            Column("form_distance", FLOAT, "how unlike they are spelt"),
            Column("text_distance", FLOAT, "how unlike a sentence encoder finds them"),
            Column("use_distance", FLOAT, "how unlike the pins are that carry them"),
        ),
        kind="trained",
    ),
    TableSchema(
        "attribute_vocabulary",
        "one row per attribute",
        ("attribute_id",),
        (
            _id("attribute_id", "kept from version to version by the members it shares"),
            _id("key", "the kind of attribute"),
            _id("value", "its canonical form"),
            Column("members", STRINGS, "every form that means it, the canonical one too", is_nullable=False),
            Column("n_pins", INT, "images that carry any of them, when it was counted", is_nullable=False),
            Column("idf", FLOAT, "log of images per image that carries it", is_nullable=False),
            Column("edited", STRING, "which edit of the edit file made it so; null if none"),
        ),
        kind="trained",
    ),
    TableSchema(
        "search_intents",
        "one row per distinct query of the search log",
        ("query",),
        (
            _id("query", "the query, in lower case, spaces collapsed"),
            Column("n_searches", INT, "times it was searched, completed, filtered or browsed", is_nullable=False),
            Column("n_clicks", INT, "how many of them led to a click", is_nullable=False),
            Column("first_at", TIME, "first seen"),
            Column("last_at", TIME, "last seen"),
            _id("segment", "head: the most frequent that make up half of all searches; tail: the rest"),
            Column("category", STRING, "the category that it names, in the vocabulary's form; null if none"),
            Column("attribute_ids", STRINGS, "attributes that it asks for", is_nullable=False),
            Column("price_min", FLOAT, "lowest price that it asks for"),
            Column("price_max", FLOAT, "highest price that it asks for"),
            Column("unread", STRINGS, "telling words that it was not possible to read", is_nullable=False),
            FINGERPRINT,
        ),
    ),
    TableSchema(
        "topic_candidates",
        "one row per tuple of attributes that enough images share",
        ("topic_id",),
        (
            _id("topic_id", "names its attributes, in any order"),
            Column("attribute_ids", STRINGS, "two to four attributes, in order of id", is_nullable=False),
            _id("query", "how a person would search for it"),
            Column("n_pins", INT, "images that carry all of them", is_nullable=False),
            Column("lift", FLOAT, "of its weakest pair: how much oftener together than if independent"),
        ),
        kind="trained",
    ),
    TableSchema(
        "judged_topics",
        "one row per topic candidate",
        ("topic_id",),
        (
            _id("topic_id", "the candidate"),
            Column("attribute_ids", STRINGS, "its attributes, in order of id", is_nullable=False),
            _id("query", "how a person would search for it"),
            Column("coherence", FLOAT, "1 to 5: whether the attributes go together"),
            Column("intent", FLOAT, "1 to 5: whether people want it; null if there is no search log"),
            Column("phrasing", FLOAT, "1 to 5: whether people say it so; null if there is no search log"),
            Column("score", FLOAT, "mean of the three, as far as they are known", is_nullable=False),
            _id("verdict", "accepted, rejected or merged"),
            _id("reason", "why, in words"),
            Column("merged_into", STRING, "the topic that stands for it; null unless merged"),
            _id("judge", "who judged"),
        ),
        kind="trained",
    ),
)

ASSIGNMENT = (
    TableSchema(
        "attribute_assignments",
        "one row per pin and attribute",
        ("pin_id", "attribute_id"),
        (
            _id("pin_id", "the pin"),
            _id("attribute_id", "the attribute"),
            Column("confidence", FLOAT, "how likely it is true, 0 to 1", is_nullable=False),
            Column("similarity", FLOAT, "cosine of the pin and the attribute in the dual encoder's space"),
            Column("is_observed", BOOL, "whether the pin's raw attributes say it", is_nullable=False),
        ),
        unit=("pin_id",),
        ledger="product_embeddings",
        is_versioned=True,
    ),
    TableSchema(
        "product_embeddings",
        "one row per pin",
        ("pin_id",),
        (
            _id("pin_id", "the pin"),
            Column("vector", VECTOR, "where the dual encoder places it among attributes, unit length"),
            FINGERPRINT,
        ),
        kind="ledger",
        is_versioned=True,
    ),
)

CANDIDATES = (
    TableSchema(
        "cooccurrence_candidates",
        "one row per distinct image that stands on a board",
        ("join_id",),
        (
            _id("join_id", "the image"),
            Column("candidate_join_ids", STRINGS, "images that share boards with it, most shared boards first"),
            Column("n_shared_boards", pa.list_(pa.int32()), "how many boards each of them shares with it"),
            Column("n_boards", INT, "boards it stands on"),
            FINGERPRINT,
        ),
    ),
    TableSchema(
        "random_walk_candidates",
        "one row per distinct image of the walk graph",
        ("join_id",),
        (
            _id("join_id", "the image that the walks start from"),
            Column("candidate_join_ids", STRINGS, "images that they came by, most visits first"),
            Column("visits", WEIGHTS, "how often they came by each of them"),
            Column("n_steps", INT, "steps taken before the walks had seen enough"),
            Column("n_boards", INT, "boards of the walk graph that it stands on"),
            Column("withheld", pa.list_(pa.int32()), "numbers in the graph of images that are gone, and stood here"),
            FINGERPRINT,
        ),
    ),
)

RANKING = (
    TableSchema(
        "engagement_coec",
        "one row per query image and image that was shown beside it",
        ("query_join_id", "join_id"),
        (
            _id("query_join_id", "the image whose related feed it was"),
            _id("join_id", "the image shown there"),
            Column("n_impressions", INT, "times it was shown there", is_nullable=False),
            Column("n_clicks", INT, "clicks among them", is_nullable=False),
            Column("actions", FLOAT, "clicks, long clicks, closeups and saves, weighted", is_nullable=False),
            Column("expected_clicks", FLOAT, "clicks that any pin would have had at those places", is_nullable=False),
            Column("expected_actions", FLOAT, "the same of the weighted actions", is_nullable=False),
            Column("coec", FLOAT, "clicks over expected clicks, smoothed; 1 is as any pin", is_nullable=False),
            Column("memboost", FLOAT, "log of actions over expected ones, smoothed; 0 is as any", is_nullable=False),
        ),
        unit=("query_join_id",),
        ledger="engagement_coec_queries",
    ),
    TableSchema(
        "engagement_coec_queries",
        "one row per image beside which anything was shown",
        ("query_join_id",),
        (_id("query_join_id", "the image"), FINGERPRINT),
        kind="ledger",
    ),
    TableSchema(
        "ranking_triplets",
        "one row per query pin and pair of pins of which one did better",
        ("query_pin_id", "kind", "better_pin_id", "worse_pin_id"),
        (
            _id("query_pin_id", "the pin whose related feed it was"),
            _id("kind", "best_worst: highest and lowest COEC; worst_random: lowest COEC and a pin drawn at random"),
            _id("better_pin_id", "the pin that should rank higher"),
            _id("worse_pin_id", "the pin that should rank lower"),
            Column("better_coec", FLOAT, "COEC of the better one"),
            Column("worse_coec", FLOAT, "COEC of the worse one; null for a random pin"),
        ),
        kind="trained",
    ),
)


def _feeds(name: str, unit: str, what: str) -> tuple[TableSchema, TableSchema]:
    """The feeds of every `unit`, and their ledger: what each was computed from."""
    key = (_id("strategy", "the saved query that made it"), _id(unit, what))
    ranks = [
        Column(f"{signal}_rank", pa.int32(), f"rank by {told} among the candidates")
        for signal, told in (
            ("clip", "look"),
            ("content", "description"),
            ("twotower", "what people do"),
            ("pinclip", "look, words and boards in one"),
        )
    ]
    feeds = TableSchema(
        name,
        f"one row per strategy, {unit.removesuffix('_id')} and rank",
        ("strategy", unit, "rank"),
        (
            *key,
            Column("rank", pa.int32(), "place in the feed, 1 is first", is_nullable=False),
            _id("candidate_pin_id", "the pin recommended there"),
            Column("score", FLOAT, "its score, before reordering; null where the query has none"),
            *ranks,
            Column("cooccurrence_rank", pa.int32(), "place among the pins that share boards; null if not among them"),
            Column("n_shared_boards", pa.int32(), "boards that both images stand on"),
            Column("retrieved_by", STRINGS, "which retrievers named it; none where it was woven in"),
        ),
        unit=("strategy", unit),
        ledger=f"{name.removesuffix('_feeds')}_pools",
    )
    pools = TableSchema(
        str(feeds.ledger),
        f"one row per strategy and {unit.removesuffix('_id')}",
        ("strategy", unit),
        (
            *key,
            Column("pool", STRINGS, "every candidate that was retrieved"),
            Column("floors", pa.list_(pa.float64()), "similarity needed to enter each search; null if any would do"),
            Column("inputs", STRING, "names the state of the catalog that it was computed from", is_volatile=True),
            FINGERPRINT,
        ),
        kind="ledger",
    )
    return feeds, pools


FEEDS = (
    *_feeds("related_pins_feeds", "pin_id", "the pin that the feed is for"),
    *_feeds("home_feeds", "user_id", "the person that the feed is for"),
)

COLLECTIONS = (
    TableSchema(
        "shopping_collections",
        "one row per topic and rank",
        ("topic_id", "rank"),
        (
            _id("topic_id", "the topic"),
            Column("rank", pa.int32(), "place in the collection, 1 is first", is_nullable=False),
            _id("pin_id", "the pin"),
            Column("score", FLOAT, "share of the topic's weight that it carries, by confidence", is_nullable=False),
            Column("n_shared", pa.int32(), "attributes of the topic that it carries", is_nullable=False),
            _id("matched_by", "strict: by the attributes it carries; vector: by where the dual encoder places it"),
        ),
        unit=("topic_id",),
        ledger="collection_pools",
    ),
    TableSchema(
        "collection_pools",
        "one row per accepted topic",
        ("topic_id",),
        (
            _id("topic_id", "the topic"),
            Column("n_matched", INT, "images that match it strictly", is_nullable=False),
            Column("is_published", BOOL, "whether it has inventory enough to be a collection", is_nullable=False),
            FINGERPRINT,
        ),
        kind="ledger",
    ),
    TableSchema(
        "intent_coverage",
        "one row per search, and per cell of category and attribute, that people ask for",
        ("kind", "name"),
        (
            _id("kind", "query or cell"),
            _id("name", "the query; or category and attribute"),
            Column("segment", STRING, "head or tail; null for cells"),
            Column("n_searches", INT, "how much it is asked for", is_nullable=False),
            Column("topic_id", STRING, "the collection that answers it best; null if none does"),
            Column("covered", FLOAT, "share of what it asks that is answered, 0 to 1", is_nullable=False),
            Column("gap_rank", INT, "1 is the demand most worth answering next; null where answered"),
        ),
        kind="report",
    ),
    TableSchema(
        "landing_pages",
        "one row per collection with inventory",
        ("topic_id",),
        (
            _id("topic_id", "the collection's topic"),
            _id("slug", "its address: lower-case words joined by hyphens, unique"),
            _id("title", "its title"),
            _id("intro", "a sentence or two that is true of its pins"),
            Column("n_pins", INT, "pins it shows", is_nullable=False),
            Column("related_topic_ids", STRINGS, "collections near it, nearest first", is_nullable=False),
            _id("canonical_topic_id", "the page that stands for it: itself, or the one it nearly repeats"),
            Column("is_published", BOOL, "whether it passed the quality gate", is_nullable=False),
            Column("reason", STRING, "why it is kept out; null if it is not"),
            FINGERPRINT,
        ),
    ),
)

EVALUATION = (
    TableSchema(
        "related_pins_quality",
        "one row per system, metric and slice of targets",
        ("system", "metric", "slice"),
        (
            _id("system", "what ranked: the blend, one signal alone, a baseline"),
            _id("metric", "as in the literature, e.g. ndcg@10"),
            _id("slice", "all targets, or the new, thin or warm ones"),
            Column("value", FLOAT, "mean over queries"),
            Column("low", FLOAT, "lower end of the 95 % interval of the difference to the blend"),
            Column("high", FLOAT, "upper end of it"),
            Column("n_queries", INT, "queries it is the mean of"),
        ),
        kind="report",
    ),
    TableSchema(
        "system_comparison",
        "one row per system, metric and slice of targets",
        ("system", "metric", "slice"),
        (
            _id("system", "what ranked: ours, a published blend, one signal alone, a baseline"),
            _id("metric", "as in the literature, e.g. ndcg@10"),
            _id("slice", "all targets; the new, thin or warm ones; or those of a category"),
            Column("value", FLOAT, "mean over queries"),
            Column("low", FLOAT, "lower end of the 95 % interval of the difference to ours"),
            Column("high", FLOAT, "upper end of it"),
            Column("n_queries", INT, "queries it is the mean of"),
        ),
        kind="report",
    ),
    TableSchema(
        "attribute_quality",
        "one row per system, metric and key",
        ("system", "metric", "key"),
        (
            _id("system", "what assigned: raw, curated, the ten most frequent"),
            _id("metric", "e.g. set_recall@10, distinct attributes, attributes per pin"),
            _id("key", "the kind of attribute; all for all of them"),
            Column("value", FLOAT, "the figure"),
            Column("n", INT, "pins it is the mean of"),
        ),
        kind="report",
    ),
    TableSchema(
        "collection_quality",
        "one row per system, metric and family",
        ("system", "metric", "family"),
        (
            _id("system", "collections from content, or the baseline from the search log"),
            _id("metric", "e.g. precision@10, unique topics"),
            _id("family", "the family of attributes; all for all of them, mean for the mean over families"),
            Column("value", FLOAT, "the figure"),
            Column("n", INT, "collections it is the mean of"),
        ),
        kind="report",
    ),
)

TABLES = {
    schema.name: schema
    for group in (
        RAW_TABLES,
        BOOKKEEPING,
        CURATION,
        ENRICHMENT,
        EMBEDDINGS,
        INDEXES,
        VOCABULARY,
        ASSIGNMENT,
        CANDIDATES,
        GRAPH_EMBEDDINGS,
        RANKING,
        FEEDS,
        COLLECTIONS,
        EVALUATION,
    )
    for schema in group
}
