"""How an attribute's value is written; models that name attributes are read by the same rule."""

from relpins_resources.describers.attribute_values import MAX_CHARS, MAX_WORDS, normalised_value

__all__ = ["MAX_CHARS", "MAX_WORDS", "normalised_value"]
