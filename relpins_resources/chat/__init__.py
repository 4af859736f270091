"""Asking chat models on a server: one client, bounded in time, pace and money. What is asked is not here."""

from relpins_resources.chat.client import ChatClient, Question
from relpins_resources.chat.config import ChatConfig, explained
from relpins_resources.chat.failures import Failed, Kind, Malformed
from relpins_resources.chat.several import each_of
from relpins_resources.chat.structured import ask_for, parsed_as, strict_schema

__all__ = [
    "ChatClient",
    "ChatConfig",
    "Failed",
    "Kind",
    "Malformed",
    "Question",
    "ask_for",
    "each_of",
    "explained",
    "parsed_as",
    "strict_schema",
]
