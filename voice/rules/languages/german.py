"""German, with half hours counted towards the next hour: "halb zehn" is 9:30."""

import datetime as dt

from voice.rules.languages import Words, says_part_of_day

_NUMBERS = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf",
            "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn",
            "zwanzig")  # fmt: skip
_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
           "Dezember")  # fmt: skip
_ORDINALS = ("", "erster", "zweiter", "dritter", "vierter", "fünfter", "sechster", "siebter", "achter", "neunter",
             "zehnter")  # fmt: skip
_PARTS = ((5, "nachts"), (12, "morgens"), (18, "nachmittags"), (24, "abends"))


def clock(hour: int, minute: int) -> str:
    """ "zwanzig vor vier", "halb zehn", "fünf nach halb vier", "neun Uhr"."""
    if minute == 0:
        return "ein Uhr" if hour % 12 == 1 else f"{_hour(hour)} Uhr"
    if minute == 30:
        return f"halb {_hour(hour + 1)}"
    if 20 < minute < 40:
        side = "vor" if minute < 30 else "nach"
        return f"{_minutes(abs(minute - 30))} {side} halb {_hour(hour + 1)}"
    if minute <= 20:
        return f"{_minutes(minute)} nach {_hour(hour)}"
    return f"{_minutes(60 - minute)} vor {_hour(hour + 1)}"


def _minutes(count: int) -> str:
    if count % 5 == 0:
        return "Viertel" if count == 15 else _NUMBERS[count]
    return "eine Minute" if count == 1 else f"{_NUMBERS[count]} Minuten"


def _hour(hour: int) -> str:
    return _NUMBERS[hour % 12 or 12]


def _spoken(moment: dt.datetime) -> str:
    if moment.minute == 0 and moment.hour == 0:
        return "Mitternacht"
    part = next(part for before, part in _PARTS if moment.hour < before) if says_part_of_day(moment) else ""
    return f"{clock(moment.hour, moment.minute)} {part}".strip()


def _day(day: dt.date, today: dt.date) -> str:
    away = (day - today).days
    if away in (-1, 0, 1):
        return ("", "morgen", "gestern")[away]
    name = _DAYS[day.weekday()]
    return name if -7 < away < 7 else f"{name}, dem {day.day}. {_MONTHS[day.month - 1]},"


def _by(moment: dt.datetime, today: dt.date) -> str:
    return f"{_day(moment.date(), today)} {_spoken(moment)}".strip()


def _at(moment: dt.datetime, today: dt.date) -> str:
    day = _day(moment.date(), today)
    return f"{'am ' if (moment.date() - today).days not in (-1, 0, 1) else ''}{day} um {_spoken(moment)}".strip()


def _nth_call(count: int) -> str:
    return f"{_ORDINALS[count]} Anruf heute" if count < len(_ORDINALS) else f"{count} Anrufe heute"


GERMAN = Words(
    default_greeting="Danke für Ihren Anruf bei {who}, ich hole jemanden.",
    plain_greeting="Danke für Ihren Anruf, ich hole jemanden.",
    missed="Leider ist gerade niemand frei.",
    closed="Wir haben gerade geschlossen.",
    promise="{who} ruft Sie bis {when} an. Sie können auflegen oder uns sagen, worum es geht.",
    withheld="Ihre Nummer ist unterdrückt, bitte sagen Sie sie mit Ihrer Nachricht.",
    message_only="Leider kann niemand ans Telefon kommen. Bitte sagen Sie uns Namen, Nummer und worum es geht.",
    thanks="Danke, das haben wir. Auf Wiederhören.",
    goodbye="Danke. Auf Wiederhören.",
    through_to="Sie sprechen mit {name}.",
    cut_off_caller="Falls wir unterbrochen wurden, hole ich {name} zurück.",
    hidden_number="Unterdrückte Nummer",
    nth_call=_nth_call,
    waiting_since="rief {when} an, wartet noch",
    offer="{who}: beliebige Taste zum Annehmen.",
    offer_reserved="Beliebige Taste.",
    caller_gone="Dieser Anruf ist weg.",
    taken_by="{name} hat den Anruf.",
    asked_for_message="Einen Moment zu spät: Es wird schon eine Nachricht aufgenommen. Der Anruf steht auf der Liste.",
    hung_up="Es wurde aufgelegt; beliebige Taste, um jetzt zurückzurufen.",
    cut_off_staff="Unterbrochen mit {who}: beliebige Taste zum Weitersprechen, auflegen, wenn Sie fertig waren.",
    ring_back="Rückruf an {who}, {why}: beliebige Taste, um jetzt anzurufen.",
    due="{who} soll bis {when} angerufen werden. Beliebige Taste, um jetzt anzurufen.",
    reasons={
        "closed": "rief außerhalb der Zeiten an",
        "holiday": "rief am Feiertag an",
        "abandoned": "legte beim Klingeln auf",
        "short_abandon": "legte sofort auf",
        "short_talk": "sprach nur ganz kurz",
        "mailbox": "landete auf einer Mailbox",
        "our_outage": "rief während einer Störung bei uns an",
        "": "verpasster Anruf",
    },
    nobody_waiting="Danke, es wartet niemand mehr.",
    no_answer="Keine Antwort. Der Anruf bleibt auf der Liste.",
    busy="Es ist besetzt. Der Anruf bleibt auf der Liste.",
    call_failed="Der Anruf kam nicht zustande. Er bleibt auf der Liste.",
    already_handled="Dieser Anruf ist schon erledigt. Danke.",
    by=_by,
    at=_at,
)
