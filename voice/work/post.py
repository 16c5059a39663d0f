"""Hands letters to the mail server, one by one, and says of each whether it was taken, refused, or nobody knows."""

import contextlib
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP

from voice.rules import mail_server
from voice.settings import Settings

TIMEOUT = 20.0  # seconds for each answer


class NotTaken(Exception):
    """The server did not take it, and nothing was sent: it may be tried again."""


class Refused(Exception):
    """The server will never take it: there is no such address, or it does not like what we write."""


class Unknown(Exception):
    """The letter was handed over and no answer came: it may have been sent."""


def send(settings: Settings, to: str, letter: EmailMessage) -> None:
    """Hand over one letter. Raises NotTaken, Refused or Unknown; their texts name no address."""
    server, data = mail_server.server(settings.smtp_url), letter.as_bytes(policy=SMTP)
    sender = mail_server.address(settings.mail_from).addr_spec
    try:
        client = _connected(server, settings.public_host)
        try:
            _expect(client.mail(sender))
            _expect(client.rcpt(to))
            _hand_over(client, data)
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):  # whatever it says to this changes nothing
                client.quit()
            client.close()
    except (smtplib.SMTPException, OSError) as error:
        raise NotTaken(_told(error)) from None


def _connected(server: mail_server.MailServer, us: str) -> smtplib.SMTP:
    # `us`: left to itself the library would ask the name service who we are, which may take long.
    safe = ssl.create_default_context()
    if server.tls == "from the start":
        client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, us, timeout=TIMEOUT, context=safe)
    else:
        client = smtplib.SMTP(server.host, server.port, us, timeout=TIMEOUT)
    try:
        if server.tls == "after hello":
            client.starttls(context=safe)  # refused by the server: an error, and no word in the clear
        client.ehlo_or_helo_if_needed()
        if server.user:
            client.login(server.user, server.password)
    except BaseException:
        client.close()
        raise
    return client


def _expect(answer: tuple[int, bytes]) -> None:
    code, said = answer
    if code >= 500:
        raise Refused(f"{code} {said.decode('utf-8', 'replace')}")
    if code >= 300:
        raise NotTaken(f"{code} {said.decode('utf-8', 'replace')}")


def _hand_over(client: smtplib.SMTP, data: bytes) -> None:
    try:
        answer = client.data(data)
    except smtplib.SMTPDataError as error:  # it did not want to hear the letter at all
        _expect((error.smtp_code, bytes(str(error.smtp_error), "utf-8")))
        raise
    except (smtplib.SMTPException, OSError) as error:
        raise Unknown(_told(error)) from None
    _expect(answer)


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return f"{error.smtp_code} {said}"
    return type(error).__name__
