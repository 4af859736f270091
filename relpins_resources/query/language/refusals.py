"""What to say about text that the grammar does not take."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from lark import Token

REFUSED = {
    "JOIN": "JOIN is not in the language; retrieve from several places with FROM retrieve(similarity(...), ...)",
    "GROUP": "GROUP BY is not in the language; to keep one value from crowding the feed use REORDER BY quota(...)",
    "HAVING": "HAVING is not in the language; filter with WHERE",
    "OVER": 'window functions (OVER) are not in the language; use rank(embedding="...") or retrieval.NAME_rank',
    "WITH": "WITH is not in the language; write one SELECT, with several retrievers in FROM retrieve(...)",
    "UNION": "UNION is not in the language; unite retrievers with FROM retrieve(similarity(...), text_search(...))",
    "INTERSECT": "INTERSECT is not in the language; filter with WHERE",
    "EXCEPT": "EXCEPT is not in the language; filter with WHERE ... NOT IN",
    "DISTINCT": "DISTINCT is not in the language and not needed: an item appears once",
    "ESCAPE": "ESCAPE is not in the language; in a LIKE pattern write \\% and \\_",
    "QUALIFY": "QUALIFY is not in the language; filter with WHERE",
    "INSERT": "INSERT is not in the language; a query only reads, with SELECT",
    "UPDATE": "UPDATE is not in the language; a query only reads, with SELECT",
    "DELETE": "DELETE is not in the language; a query only reads, with SELECT",
    "CREATE": "CREATE is not in the language; a query only reads, with SELECT",
    "DROP": "DROP is not in the language; a query only reads, with SELECT",
    "ALTER": "ALTER is not in the language; a query only reads, with SELECT",
    "EXISTS": "EXISTS and subqueries are not in the language; filter with WHERE ... IN (...)",
}
for _side in ("INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL"):
    REFUSED[_side] = REFUSED["JOIN"]
REFUSED["WINDOW"] = REFUSED["PARTITION"] = REFUSED["OVER"]

SUBQUERY = "a subquery is not in the language; give the values as a list or as a parameter, or use a retriever's where"
STATEMENTS = "several statements are not in the language; run one query at a time"
CHAINED = "comparisons do not chain; write them apart with AND"

SHOWN = {
    "PATH": "a name",
    "PARAM": "a $parameter",
    "NUMBER": "a number",
    "TEXT": "a text",
    "LPAR": "'('",
    "RPAR": "')'",
    "RSQB": "']'",
    "OPEN_ARRAY": "'['",
    "COMMA": "','",
    "SEMICOLON": "';'",
    "STAR": "'*'",
    "EQUAL": "'='",
    "EQUALS": "'=='",
    "UNEQUAL": "'!='",
    "AT_MOST": "'<='",
    "AT_LEAST": "'>='",
    "BELOW": "'<'",
    "ABOVE": "'>'",
    "PLUS": "'+'",
    "MINUS": "'-'",
    "POWER": "'**'",
    "SLASH": "'/'",
    "PERCENT": "'%'",
    "EXPRESSION": "an expression",
    "$END": "the end",
}
COMPARES = {"EQUAL", "EQUALS", "UNEQUAL", "AT_MOST", "AT_LEAST", "BELOW", "ABOVE", "LIKE", "ILIKE", "IN", "BETWEEN"}
STARTS_EXPRESSION = {"PATH", "PARAM", "NUMBER", "TEXT", "LPAR", "OPEN_ARRAY", "TRUE", "FALSE", "NULL", "CASE", "CAST"}
CALCULATES = {"PLUS", "MINUS", "STAR", "POWER", "SLASH", "PERCENT"}
LONGEST_WORD = 60


def refused(tokens: Iterable[Token]) -> Token | None:
    """The first word among them that SQL has and this language does not."""
    return next((one for one in tokens if one.type == "PATH" and one.upper() in REFUSED), None)


def unexpected_token(token: Token, before: Token | None, accepted: Iterable[str]) -> str:
    """What is wrong with a token that cannot stand where it stands. `accepted` are the terminals that could."""
    allowed = set(accepted)
    if before is not None and before.type == "SEMICOLON":
        return STATEMENTS
    if token.type == "SELECT" and before is not None:
        return SUBQUERY
    if token.type == "IF":
        return "IF stands between two values: a IF condition ELSE b; or write CASE WHEN condition THEN a ELSE b END"
    if token.type in COMPARES and allowed & CALCULATES:
        return CHAINED
    received = "the query ends here" if token.type == "$END" else f"{shortened(token)!r} is not expected here"
    return received + _instead(token, allowed)


def unexpected_character(rest: str) -> str:
    """What is wrong with text that starts no token."""
    first = rest[:1]
    if first in "'\"`":
        kind = "name" if first == "`" else "text"
        return f"the {kind} that starts here is never closed; end it with {first}, a {first} inside is written twice"
    if first == "$":
        return "a parameter is written $name, $param.name or $parameter.name"
    if first.isdigit() or first == ".":
        return f"{shortened(rest.split()[0])!r} is not a number; a name does not start with a digit"
    near = {"!": "!= or NOT", "&": "AND", "|": "OR", "^": "**", "{": "[ for a list", "~": "regexp_match()"}.get(first)
    return f"the character {first!r} is not in the language" + (f"; did you mean {near}?" if near else "")


def shortened(word: str) -> str:
    """A word of someone else's text, short enough for a message."""
    return str(word) if len(word) <= LONGEST_WORD else word[:LONGEST_WORD] + "..."


def _instead(token: Token, allowed: set[str]) -> str:
    words = sorted(one for one in allowed if one not in SHOWN)
    if token.type == "PATH":
        near = difflib.get_close_matches(shortened(token).upper(), words, n=1, cutoff=0.6)
        if near:
            return f"; did you mean {near[0]}?"
    elif "PATH" in allowed and token.isidentifier():
        return f"; it is a word of the language, as a name it is written `{token}`"
    if allowed & CALCULATES:  # an expression has ended: operators may always follow
        allowed = allowed - CALCULATES - COMPARES - {"AND", "OR", "IS", "NOT", "IF"}
    if allowed >= STARTS_EXPRESSION:
        allowed = (allowed - STARTS_EXPRESSION) | {"EXPRESSION"}
    shown = [SHOWN.get(one, one) for one in sorted(allowed, key=lambda one: (one in SHOWN, one == "$END", one))]
    return "; expected " + ", ".join(shown[:-1]) + (" or " if len(shown) > 1 else "") + shown[-1] if shown else ""
