"""What SMTP_URL and MAIL_FROM may say; what is refused is refused at start, by name, without telling the password."""

import datetime as dt
import pathlib
import ssl
from email.message import EmailMessage

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import mail_server
from voice.rules.mail_server import MailServer, address, is_plain, server
from voice.settings import BadSetting, Settings
from voice.work import post

GOOD = {"SMTP_URL": "smtp://mail.example.com", "MAIL_FROM": "ring@example.com"}


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, "after hello")),
        ("smtp://me%40x.com:p%2Fw@mail.example.com:2525",
         MailServer("mail.example.com", 2525, "after hello", "me@x.com", "p/w")),
        ("smtps://u:secret@mail.example.com", MailServer("mail.example.com", 465, "from the start", "u", "secret")),
        ("smtp://mail.lan:25?starttls=no", MailServer("mail.lan", 25, "none")),
        ("smtp://u:secret@127.0.0.1:1025", MailServer("127.0.0.1", 1025, "none", "u", "secret")),
        ("smtp://localhost:1025?starttls=yes", MailServer("localhost", 1025, "after hello")),
    ],
)  # fmt: skip
def test_a_server_is_read_from_its_address(url: str, read: MailServer) -> None:
    assert server(url) == read
    assert read.password == "" or read.password not in repr(read)


@pytest.mark.proves("E17")
@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:secret@mail.example.com:x",
        "smtp://u@mail.example.com", "smtp://u:secret@mail.example.com?starttls=no", "smtp://mail.example.com/path",
        "smtp://mail.example.com?tls=1", "smtp://mail.example.com?starttls=maybe", "smtp://:secret@mail.example.com",
    ],
)  # fmt: skip
def test_a_bad_one_is_refused_at_start_by_name_and_keeps_its_secret(url: str) -> None:
    with pytest.raises(BadSetting, match=r"^SMTP_URL") as refused:
        Settings.from_env(GOOD | {"SMTP_URL": url})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["ring", "@example.com", "a@b@c", "ring@exämple.com", "a b@example.com", "<>"])
def test_so_is_a_sender_that_is_no_address(text: str) -> None:
    with pytest.raises(BadSetting, match=r"^MAIL_FROM must be an address"):
        Settings.from_env(GOOD | {"MAIL_FROM": text})


def test_one_without_the_other_is_refused() -> None:
    for name in GOOD:
        with pytest.raises(BadSetting, match="SMTP_URL and MAIL_FROM go together"):
            Settings.from_env({name: GOOD[name]})
    assert str(address('"Acme, Inc" <ring@example.com>')) == '"Acme, Inc" <ring@example.com>'


@pytest.mark.parametrize("text", ["a@b.c\r\nRCPT TO:<x@y.z>", "a\r\nb:<x@y.z>", "A <a@b.c>", "a@b.c, x@y.z", "a", ""])
def test_an_envelope_takes_one_address_and_nothing_else(text: str) -> None:
    assert not is_plain(text)
    assert is_plain("a.b+c@example.com")


def test_a_letter_goes_over_an_encrypted_line_to_a_server_whose_name_is_proven(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with mail_server.running(context) as running:
        url = f"smtp://me:secret@localhost:{running.port}?starttls=yes"
        settings = Settings.from_env(GOOD | {"SMTP_URL": url, "RINGBACK_HOME": str(tmp_path)})
        with pytest.raises(post.NotTaken):  # nobody vouches for it
            post.send(settings, "sam@example.com", letter())
        assert "AUTH" not in running.heard
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        post.send(settings, "sam@example.com", letter())
        [received] = running.received
        assert (received.to, received.encrypted, bool(received.user)) == ("sam@example.com", True, True)
        running.context = None  # it offers no encryption any more, or somebody between us took the offer away
        with pytest.raises(post.NotTaken):
            post.send(settings, "sam@example.com", letter())
        assert running.heard.count("AUTH") == 1


def test_a_server_that_says_no_to_the_end_or_is_not_there_is_told_apart(tmp_path: pathlib.Path) -> None:
    with mail_server.running() as running:
        settings = Settings.from_env(GOOD | {"SMTP_URL": running.url, "RINGBACK_HOME": str(tmp_path)})
        for answers, becomes in (
            ({"DATA": "554 spam"}, post.Refused), ({"DATA": "451 later"}, post.NotTaken),
            ({"DATA": "hang up"}, post.Unknown), ({"MAIL": "550 not you"}, post.Refused),
            ({"EHLO": "hang up"}, post.NotTaken),
        ):  # fmt: skip
            running.answers = answers
            with pytest.raises(becomes):
                post.send(settings, "sam@example.com", letter())
        running.answers = {"QUIT": "500 what?"}
        post.send(settings, "sam@example.com", letter())  # taken is taken
        assert len(running.received) == 1
    with pytest.raises(post.NotTaken, match="Refused"):
        post.send(settings, "sam@example.com", letter())


def letter() -> EmailMessage:
    """Some letter, with a line that begins with a dot."""
    message = EmailMessage()
    message["Subject"] = "Hello"
    message.set_content(".\nHello\n")
    return message


def certified(folder: pathlib.Path) -> pathlib.Path:
    """A certificate and its key for localhost, made a moment ago, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    )  # fmt: skip
    return file
