"""A mail server of our own, over the wire: keeps what it is given, or fails where it is told to."""

import contextlib
import email
import email.policy
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage


@dataclass(frozen=True)
class Received:
    """One letter as it came: who from and to by the envelope, its bytes, and how the sender had come in."""

    sender: str
    to: str
    data: bytes
    user: str
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        """The same, read."""
        return email.message_from_bytes(self.data, policy=email.policy.default)

    def part(self, kind: str) -> EmailMessage:
        """Its one part of that kind."""
        [part] = [part for part in self.message.walk() if part.get_content_type() == kind]
        return part

    @property
    def text(self) -> str:
        """What it says as plain text."""
        return str(self.part("text/plain").get_content())


class MailServer:
    """Takes letters. `answers`: what it says to a command in place of yes, as {"RCPT": "550 no such person"}; "hang up"
    breaks the line there, for "DATA" after the whole letter was heard."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.answers: dict[str, str] = {}
        self.heard: list[str] = []
        self.context = context
        mailbox = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                talk = _Talk(mailbox, self)
                with contextlib.suppress(OSError):
                    talk.go()
                talk.file.close()
                talk.socket.close()

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])
        self.url = f"smtp://127.0.0.1:{self.port}"


class _Talk:
    def __init__(self, mailbox: MailServer, handler: socketserver.StreamRequestHandler) -> None:
        self.mailbox, self.socket = mailbox, handler.request
        self.file = self.socket.makefile("rb")
        self.sender = self.to = self.user = ""
        self.encrypted = False

    def go(self) -> None:
        self.say("220 here")
        while line := self.file.readline():
            verb = line.split()[0].decode().upper() if line.split() else ""
            self.mailbox.heard.append(verb)
            answer = self.mailbox.answers.get(verb)
            if answer and verb != "DATA":
                if answer == "hang up":
                    return
                self.say(answer)
            elif not self.obey(verb, line.decode().strip(), answer):
                return

    def obey(self, verb: str, line: str, answer: str | None) -> bool:
        if verb == "EHLO":
            extra = "250-STARTTLS\r\n" if self.mailbox.context and not self.encrypted else ""
            self.say(f"250-here\r\n{extra}250 AUTH PLAIN")
        elif verb == "STARTTLS" and self.mailbox.context:
            self.say("220 go on")
            self.file.close()
            self.socket = self.mailbox.context.wrap_socket(self.socket, server_side=True)
            self.file, self.encrypted = self.socket.makefile("rb"), True
        elif verb == "AUTH":
            self.user = line.split()[-1]
            self.say("235 welcome")
        elif verb == "MAIL":
            self.sender = line.partition("<")[2].partition(">")[0]
            self.say("250 ok")
        elif verb == "RCPT":
            self.to = line.partition("<")[2].partition(">")[0]
            self.say("250 ok")
        elif verb == "DATA":
            return self.take(answer)
        elif verb == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok")
        return True

    def take(self, answer: str | None) -> bool:
        self.say("354 go on")
        data = bytearray()
        while (line := self.file.readline()) not in (b".\r\n", b""):
            data += line[1:] if line.startswith(b"..") else line
        if answer == "hang up":
            return False
        if answer is None:
            self.mailbox.received.append(Received(self.sender, self.to, bytes(data), self.user, self.encrypted))
        self.say(answer or "250 taken")
        return True

    def say(self, line: str) -> None:
        self.socket.sendall(f"{line}\r\n".encode())


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """A server that listens."""
    made = MailServer(context)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()
