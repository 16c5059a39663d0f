"""Each story has an application of its own, but all have the same templates and routes: they are compiled once.

Compiling them anew took a fifth of a second of a story that opens one page.
"""

from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class Compiled(BytecodeCache):
    """Templates as Python's code, by name and by what they were made of."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(autouse=True, scope="session")
def _compile_pages_once() -> Iterator[None]:
    compile_builder = Rule._compile_builder
    kept: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    def builder(rule: Any, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made_of = (rule.rule, repr(rule.defaults), tuple(rule._trace), append_unknown)  # it is given the rule itself
        if made_of not in kept:
            kept[made_of] = compile_builder(rule, append_unknown)
        return kept[made_of]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": Compiled()})
        patch.setattr(Rule, "_compile_builder", builder)
        yield
