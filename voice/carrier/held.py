"""What the carrier itself holds for the day our server is gone: it cannot know hours, promises or people.

Two static documents: one takes a message, the other thanks for it. They ask our server for nothing but to be told of
the recording, and make sense in the middle of a call too: the carrier turns to them whenever it cannot reach us.
"""

from voice.carrier import twiml
from voice.rules import wording


def message(language: str, public_url: str, thanks_url: str) -> str:
    """The number's fallback: a message may be left. `thanks_url` is where the other document is held."""
    return twiml.take_message(wording.message_only(language), language, thanks_url, f"{public_url}/voice/recording")


def thanks(language: str) -> str:
    """After the message."""
    return twiml.hang_up(wording.thanks(language), language)
