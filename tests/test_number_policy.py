"""Which numbers are people we may ring, where they may be, and how a number is shown and spoken."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.rules.numbers import (
    PLACEHOLDERS,
    caller_zones,
    country_of,
    dial_refusal,
    forwarder,
    mask,
    parse_caller,
    spoken_digits,
    staff_phone_fault,
)
from voice.rules.zone_table import AREA_ZONES, REGION_ZONES

OUR_LINE = "+12125550100"
HIDDEN = [*PLACEHOLDERS, "anonymous", "Restricted", "UNAVAILABLE", "unknown", "Private", "blocked", "", "  ", None]


def refused(number: str, home: tuple[str, ...] = ("US",)) -> str | None:
    """The reason code, or None for a number that may be rung."""
    refusal = dial_refusal(number, home, (OUR_LINE,))
    return refusal.code if refusal else None


@pytest.mark.proves("01-2.11", "F7")
@pytest.mark.parametrize(
    "sent", [*HIDDEN, "2125550111", "+12", "12345", "sip:alice@example.com", "+1212555011x", "client:sam"]
)
def test_a_caller_without_a_number_is_withheld_and_never_the_same_as_another(sent: str | None) -> None:
    first, second = parse_caller(sent, "CA1"), parse_caller(sent, "CA2")
    assert (first.e164, first.withheld) == (None, True)
    assert first.key != second.key


def test_a_caller_with_a_number_is_the_same_on_every_call() -> None:
    assert parse_caller("+12125550111", "CA1") == parse_caller(" +12125550111", "CA2")
    assert parse_caller("+12125550111", "CA1").e164 == "+12125550111"


@pytest.mark.proves("01-3.3", "C23", "F7", "F9", "S16")
@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+12125550111", None),
        ("+18005550100", None),
        ("+266696687", "placeholder"),
        ("+7378742833", "placeholder"),
        ("+86282452253", "placeholder"),
        ("+2562533", "placeholder"),
        ("+8656696", "placeholder"),
        ("anonymous", "placeholder"),
        (OUR_LINE, "own_line"),
        ("911", "emergency"),
        ("+1911", "emergency"),
        ("112", "emergency"),
        ("988", "emergency"),
        ("72345", "short"),
        ("+12125550", "invalid"),
        ("+12001234567", "invalid"),
        ("+999123456789", "invalid"),
        ("2125550111", "invalid"),
        ("+870773111632", "satellite"),
        ("+8816123456789", "satellite"),
        ("+8821612345678", "satellite"),
        ("+883510012345678", "satellite"),
        ("+18095551234", "foreign"),  # the islands in +1 look like ordinary American phones
        ("+16495551234", "foreign"),
        ("+18765551234", "foreign"),
        ("+17875550100", "foreign"),
        ("+16135550100", "foreign"),
        ("+442079460000", "foreign"),
        ("+979123456789", "premium"),
        ("+19005551234", "premium"),
        ("+15005550006", "personal"),
    ],
)
def test_only_ordinary_phones_at_home_are_rung(number: str, code: str | None) -> None:
    assert refused(number) == code


@pytest.mark.proves("01-3.3")
@pytest.mark.parametrize(
    ("number", "home", "code"),
    [
        ("+442079460000", ("GB",), None),
        ("+447400123456", ("GB", "US"), None),
        ("+447911123456", ("GB",), "foreign"),  # Guernsey shares +44 and not its prices
        ("+449012345678", ("GB",), "premium"),
        ("+447012345678", ("GB",), "personal"),
        ("+33891123456", ("FR",), "premium"),
        ("+34901123456", ("ES",), "shared_cost"),
        ("999", ("GB",), "emergency"),
        ("17", ("FR",), "emergency"),
        ("17", ("US",), "short"),
        ("+12125550111", ("GB",), "foreign"),
        ("+12125550111", (), "foreign"),
    ],
)
def test_home_is_where_the_owner_says(number: str, home: tuple[str, ...], code: str | None) -> None:
    assert refused(number, home) == code


def test_every_refusal_comes_with_a_sentence_for_the_owner() -> None:
    refusal = dial_refusal("+18095551234", ["US"], [])
    assert refusal is not None
    assert refusal.sentence.endswith(".")
    assert "abroad" in refusal.sentence


@given(st.one_of(st.text(max_size=20), st.from_regex(r"\+[1-9]\d{1,16}", fullmatch=True)))
def test_whatever_the_carrier_sends_has_an_answer(sent: str) -> None:
    caller = parse_caller(sent, "CA1")
    assert caller.withheld == (caller.e164 is None)
    if caller.e164:
        assert caller_zones(caller.e164, "Europe/London")
        assert caller.e164 not in mask(caller.e164)
        assert spoken_digits(caller.e164, "en-US")
    refusal = dial_refusal(sent, ["US"], [])
    assert refusal or country_of(sent) == "US"


@pytest.mark.proves("01-3.3", "E14")
@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+12125550111", {"America/New_York"}),
        ("+13105550111", {"America/Los_Angeles"}),
        ("+18505550111", {"America/Chicago", "America/New_York"}),  # Florida's panhandle
        ("+18085550111", {"Pacific/Honolulu"}),
        ("+442079460000", {"Europe/London"}),
        ("+33612345678", {"Europe/Paris"}),
        ("+34922123456", {"Atlantic/Canary"}),
        ("+34912345678", {"Europe/Madrid"}),
        ("+34612345678", {"Atlantic/Canary", "Europe/Madrid"}),  # a mobile may be on the islands
        ("+61731234567", {"Australia/Brisbane"}),
        ("+8816123456789", {"Europe/Berlin"}),
        ("+12001234567", {"Europe/Berlin"}),
        (None, {"Europe/Berlin"}),
    ],
)
def test_a_number_is_in_the_zones_of_its_area_else_its_country_else_the_lines(
    number: str | None, zones: set[str]
) -> None:
    assert set(caller_zones(number, "Europe/Berlin")) == zones


def test_a_toll_free_caller_may_be_anywhere_in_the_country() -> None:
    assert {"America/New_York", "Pacific/Honolulu"} <= set(caller_zones("+18005550100", "Europe/Berlin"))


def test_every_zone_in_the_table_exists() -> None:
    for zone in {zone for table in (REGION_ZONES, AREA_ZONES) for zones in table.values() for zone in zones}:
        assert ZoneInfo(zone).key == zone


@pytest.mark.proves("01-2.19")
def test_logs_never_hold_a_whole_number() -> None:
    assert mask("+12125550100") == "+1212…00"
    assert [mask(hidden) for hidden in (None, "", "+266696687", "anonymous")] == ["withheld"] * 4
    assert mask("sip:sam@example.com") == "sip:…"
    assert mask("911") == "…"


@pytest.mark.proves("01-2.5")
@pytest.mark.parametrize(
    ("number", "language", "spoken"),
    [
        ("+12125550111", "en-US", "2 1 2, 5 5 5, 0 1 1 1"),
        ("+12125550111", "es-US", "2 1 2, 5 5 5, 0 1 1 1"),
        ("+12125550111", "en-GB", "plus 1, 2 1 2, 5 5 5, 0 1 1 1"),
        ("+442079460018", "en-GB", "0 2 0, 7 9 4 6, 0 0 1 8"),
        ("+33612345678", "fr-FR", "06, 12, 34, 56, 78"),
        ("+34612345678", "es-ES", "6 1 2, 3 4, 5 6, 7 8"),
        ("+4915112345678", "de-DE", "0 1 5, 1 1, 2 3 4, 5 6 7 8"),
        ("+442079460018", "es-ES", "más 4 4, 2 0, 7 9 4 6, 0 0 1 8"),
    ],
)
def test_numbers_are_spoken_in_the_groups_people_use(number: str, language: str, spoken: str) -> None:
    assert spoken_digits(number, language) == spoken


@pytest.mark.parametrize(
    "phone", ["+12125550111", "+447700900123", "sip:sam@example.com", "sips:sam@pbx.example.com:5061"]
)
def test_staff_phones_are_full_numbers_or_sip_addresses(phone: str) -> None:
    assert staff_phone_fault(phone) is None


@pytest.mark.parametrize(
    ("phone", "why"),
    [("+19005551234", "Premium"), ("+881612345678", "Satellite"), ("+448433112345", "cost"), ("+447012345678", "cost")],
)
def test_a_staff_phone_may_be_abroad_but_none_that_is_costly(phone: str, why: str) -> None:
    assert why in str(staff_phone_fault(phone))


@pytest.mark.parametrize(
    ("told", "phone"),
    [
        ("12125550111", "+12125550111"),("2125550111", "+12125550111"),
        ("sip:+12125550111@x.example", "+12125550111"),
        ("tel:2125550111;phone-context=x", "+12125550111"), ("sip:sam@example.com",) * 2, ("anonymous",) * 2,
    ],
)  # fmt: skip
def test_who_forwarded_a_call_is_known_however_their_network_writes_it(told: str, phone: str) -> None:
    assert forwarder(told, "US") == phone


@pytest.mark.parametrize("phone", ["2125550111", "+266696687", "+1212555", "sip:sam", "sip:sam@x y", "911", ""])
def test_other_staff_phones_are_refused_with_the_fix(phone: str) -> None:
    assert "Write it" in str(staff_phone_fault(phone)) or "digit too" in str(staff_phone_fault(phone))
