"""Pages travel light, unless another site asked for them."""

import gzip
import pathlib
from collections.abc import Iterator

import pytest

from tests.pages import Firm, Visitor

ZIP = {"Accept_Encoding": "gzip, deflate, br"}


@pytest.fixture
def sam(storage_url: str, tmp_path: pathlib.Path) -> Iterator[Visitor]:
    firm = Firm(storage_url, tmp_path)
    for number in range(1, 21):
        firm.callback(f"+1212555{number:04d}")
    yield firm.visitor("sam@example.com")
    firm.close()


@pytest.mark.parametrize("path", ["/", "/list", "/assets/look.css", "/assets/list.js", "/assets/icon.svg"])
def test_text_is_packed_for_a_browser_that_can_unpack_it(sam: Visitor, path: str) -> None:
    packed, plain = sam.get(path, **ZIP), sam.get(path)
    if len(plain.data) < 1024:
        assert "Content-Encoding" not in packed.headers
        return
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.data) * 2 < len(plain.data)
    if path != "/":
        assert gzip.decompress(packed.data) == plain.data


def test_an_unchanged_list_is_not_sent_again_packed_or_not(sam: Visitor) -> None:
    etag = sam.get("/list", **ZIP).headers["ETag"]
    assert etag.startswith("W/")
    assert sam.get("/list", **ZIP, If_None_Match=etag).status_code == 304
    assert sam.get("/list", If_None_Match=etag).status_code == 304


def test_what_another_site_asks_for_tells_nothing_by_its_size(sam: Visitor) -> None:
    assert "Content-Encoding" not in sam.get("/", **ZIP, Sec_Fetch_Site="cross-site").headers
