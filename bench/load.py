"""A closed-loop load of signed inbound webhooks over keep-alive connections, on one asyncio loop."""

import asyncio
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator


@dataclass(frozen=True)
class Figures:
    """What a load saw."""

    answered: int
    wrong: int
    seconds: float
    latencies: list[float]  # seconds, sorted
    body: str  # of one of the answers

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds

    def quantile(self, share: float) -> float:
        """Latency in ms below which `share` of the answers came."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def requests(url: str, account: str, token: str, line: str, start: int) -> Iterator[bytes]:
    """Signed deliveries as the carrier sends them, each a fresh call from a fresh number."""
    validator = RequestValidator(token)
    for number in itertools.count(start):
        form = {
            "CallSid": f"CA{number:032x}", "AccountSid": account, "From": f"+1303{2000000 + number % 7000000}",
            "To": line, "Called": line, "CallStatus": "ringing", "ApiVersion": "2010-04-01", "Direction": "inbound",
            "FromCity": "DENVER", "FromState": "CO", "FromZip": "80202", "FromCountry": "US", "ToCity": "NEW YORK",
            "ToState": "NY", "ToZip": "10001", "ToCountry": "US", "StirVerstat": "TN-Validation-Passed-A",
            "CallToken": "x" * 60,
        }  # fmt: skip
        body = urlencode(form).encode()
        signature = validator.compute_signature(url, form)
        head = (
            f"POST /voice/incoming HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {signature}\r\nI-Twilio-Idempotency-Token: {number}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


def run(port: int, ready: list[bytes], connections: int, seconds: float) -> Figures:
    """Send `ready` requests, as fast as they are answered, for so long."""
    return asyncio.run(_run(port, ready, connections, seconds))


async def _run(port: int, ready: list[bytes], connections: int, seconds: float) -> Figures:
    latencies: list[float] = []
    wrong, bodies = [0], [b""]
    supply = iter(ready)
    begin = time.perf_counter()
    end = begin + seconds
    await asyncio.gather(*(_one(port, supply, end, latencies, wrong, bodies) for _ in range(connections)))
    taken = time.perf_counter() - begin
    return Figures(len(latencies), wrong[0], taken, sorted(latencies), bodies[0].decode())


async def _one(
    port: int, supply: Iterator[bytes], end: float, latencies: list[float], wrong: list[int], bodies: list[bytes]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in supply:
        if time.perf_counter() >= end:
            break
        sent = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        latencies.append(time.perf_counter() - sent)
        bodies[0] = body
        wrong[0] += not (head.startswith(b"HTTP/1.1 200") and b"<Enqueue" in body)
    writer.close()
