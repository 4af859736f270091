"""Which of the words that people put on pins and boards say something. What they mean is not judged here."""

from __future__ import annotations

import html
import re
import unicodedata

_MAX_CHARS = 20_000

# A text made only of these words (and numbers) tells nothing about what a picture shows.
_EMPTY_TEXT = (
    # placeholders and what software writes
    "untitled title description unnamed undefined unknown default none null nil nan na n/a no name test testing "
    "tbd todo image images img photo photos foto picture pictures pic pics pin pins pinterest post file screenshot "
    "screen shot screenshots capture scan dsc dscn dscf pxl mvimg vid video mov whatsapp received download "
    "downloads copy final draft new folder jpg jpeg png gif webp "
    # what people write when they only keep something
    "inspo inspos inspiration inspirations inspired idea ideas stuff thing things random misc miscellaneous etc "
    "other others various general everything anything something favorite favorites favourite favourites fave faves "
    "fav favs save saved saves saving later quick collection board boards wishlist wish list dump tmp temp "
    "love loves loving like likes cute cool nice pretty beautiful gorgeous amazing wow omg lol yes yay obsessed "
    "goals vibe vibes mood moods aesthetic aesthetics "
    # the words between
    "a an and the of for to in on at with my me mine i im your you it its this that these those so such very "
    "much more some just too all one is are be want need must have x xx xxx xo xoxo de la le el y mi"
)
_EMPTY_WORDS = frozenset(_EMPTY_TEXT.split())

_TAG = re.compile(r"<[A-Za-z/!][^<>]{0,300}>")
_URL = re.compile(
    r"(?:https?|ftp|file|data|s3|gs)://\S+|\bwww\.\S+|[^\s@]{1,64}@[\w-]{1,63}\.[\w.-]+"
    # without a scheme: a common ending, or a shop's ending and a path ("lamp.It" is no address)
    r"|(?<![\w@.-])(?:[\w-]{1,63}\.){1,4}(?:(?:com|net|org)(?![\w.-])\S*|(?:io|co|uk|de|fr|it|es|me|ly|shop)/\S*)"
)
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_HASHTAG = re.compile(r"[#＃](?=\w)(\w+)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_FILE_NAME = re.compile(r"([^\\/\r\n]{1,200})\.(?:jpe?g|png|gif|webp|avif|heic|bmp|tiff?|mp4|mov)", re.IGNORECASE)
_DEVICE_NAME = re.compile(r"(?:img|dsc[nf]?|pxl|mvimg|vid|image|photo|screenshot)[\W_]*\d[\d\W_]*", re.IGNORECASE)
_WORD = re.compile(r"n/a|[^\W_]+(?:['’][^\W_]+)*", re.IGNORECASE)
_CODE = re.compile(r"(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{6,}|[0-9a-f]{8,}", re.IGNORECASE)
_SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,.;:!?…](?:\s|$))")

_JOINERS = "\u200c\u200d"
_KEPT_SYMBOLS = "°"


def usable_text(text: str | None) -> str:
    """Return `text` cleaned to one line, or "" where its words say nothing.

    Taken away: emoji, control characters, markup, web addresses, the mark of hashtags (`#MidCenturyModern` gives
    "Mid Century Modern") and the shell of a file name (`blue-sofa_2.jpg` gives "blue sofa 2"). What is left says
    nothing when it has no letter, or only placeholder words ("untitled", "IMG_1234", "inspo", "my board").
    Other words stay as they are written, in any script.
    """
    if not text:
        return ""
    line = html.unescape(_TAG.sub(" ", text[:_MAX_CHARS]))
    line = _URL.sub(" ", unicodedata.normalize("NFC", line))
    line = _HASHTAG.sub(lambda match: _CAMEL.sub(" ", match[1]).replace("_", " "), _KEYCAP.sub(" ", line))
    line = " ".join("".join(_kept(line)).split())
    line = _SPACE_BEFORE_MARK.sub("", _without_file_shell(line)).strip()
    return line if _says_something(line) else ""


def telling_words(text: str) -> int:
    """Return how many distinct words of `text` are no placeholders."""
    return len({word for word in _words(text) if not _is_empty(word)})


def _kept(line: str) -> list[str]:
    """The characters of `line` without emoji, controls, formats and what no font has."""
    kept = []
    for position, character in enumerate(line):
        category = unicodedata.category(character)
        if category in ("So", "Sk", "Cc", "Co", "Cn", "Cs", "Zl", "Zp", "Me") and character not in _KEPT_SYMBOLS:
            kept.append(" ")
        elif character in _JOINERS:
            # some scripts spell with joiners; emoji are glued by them
            if kept and kept[-1].isalpha() and line[position + 1 : position + 2].isalpha():
                kept.append(character)
        elif category != "Cf" and not "\ufe00" <= character <= "\ufe0f":
            kept.append(character)
    return kept


def _without_file_shell(line: str) -> str:
    if _DEVICE_NAME.fullmatch(line):
        return ""
    match = _FILE_NAME.fullmatch(line)
    if not match:
        return line
    words = re.split(r"[\s_\-+.()]+", match[1])
    return " ".join(word for word in words if word and not _CODE.fullmatch(word))


def _says_something(line: str) -> bool:
    return any(not _is_empty(word) for word in _words(line))


def _words(line: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(line)]


def _is_empty(word: str) -> bool:
    if word in _EMPTY_WORDS or not any(character.isalpha() for character in word):
        return True
    return len(word) == 1 and word.isascii()
