"""Spanish, for Spain and the United States alike."""

import datetime as dt

from voice.rules.languages import Words, says_part_of_day

_NUMBERS = ("cero", "una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once",
            "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte",
            "veintiuno", "veintidós", "veintitrés", "veinticuatro", "veinticinco", "veintiséis", "veintisiete",
            "veintiocho", "veintinueve")  # fmt: skip
_DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre")  # fmt: skip
_ORDINALS = ("", "primera", "segunda", "tercera", "cuarta", "quinta", "sexta", "séptima", "octava", "novena", "décima")
_PARTS = ((6, "la madrugada"), (12, "la mañana"), (20, "la tarde"), (24, "la noche"))


def clock(hour: int, minute: int) -> str:
    """ "las cuatro menos veinte", "las nueve y media", "la una"."""
    to_next = minute > 30
    name = _hour(hour + 1 if to_next else hour)
    if minute == 0:
        return name
    minutes = 60 - minute if to_next else minute
    spoken = {1: "uno", 15: "cuarto", 30: "media"}.get(minutes) or _NUMBERS[minutes]
    return f"{name} {'menos' if to_next else 'y'} {spoken}"


def _hour(hour: int) -> str:
    twelve = hour % 12 or 12
    return "la una" if twelve == 1 else f"las {_NUMBERS[twelve]}"


def _spoken(moment: dt.datetime) -> str:
    spoken = clock(moment.hour, moment.minute)
    if moment.hour == 12 and moment.minute == 0:
        return f"{spoken} del mediodía"
    if not says_part_of_day(moment):
        return spoken
    return f"{spoken} de {next(part for before, part in _PARTS if moment.hour < before)}"


def _day(day: dt.date, today: dt.date) -> str:
    away = (day - today).days
    if away in (-1, 0, 1):
        return ("", "mañana", "ayer")[away]
    name = f"el {_DAYS[day.weekday()]}"
    return name if -7 < away < 7 else f"{name} {day.day} de {_MONTHS[day.month - 1]}"


def _by(moment: dt.datetime, today: dt.date) -> str:
    day = _day(moment.date(), today)
    joined = f"d{day}" if day.startswith("el ") else f"de {day}"
    return f"{_spoken(moment)} {joined}" if day else _spoken(moment)


def _at(moment: dt.datetime, today: dt.date) -> str:
    return f"{_day(moment.date(), today)} a {_spoken(moment)}".strip()


def _nth_call(count: int) -> str:
    return f"{_ORDINALS[count]} llamada de hoy" if count < len(_ORDINALS) else f"{count} llamadas hoy"


SPANISH = Words(
    default_greeting="Gracias por llamar a {who}, le busco a alguien.",
    plain_greeting="Gracias por llamar, le busco a alguien.",
    missed="Lo siento, ahora mismo no hay nadie libre.",
    closed="Ahora mismo está cerrado.",
    promise="{who} le llamará antes de {when}. Puede colgar, o contarnos de qué se trata.",
    withheld="Su número está oculto, así que dígalo, por favor, con su mensaje.",
    message_only="Lo siento, nadie puede ponerse al teléfono. Díganos su nombre, su número y de qué se trata.",
    thanks="Gracias, lo tenemos. Adiós.",
    goodbye="Gracias. Adiós.",
    through_to="Habla con {name}.",
    cut_off_caller="Si se ha cortado, le vuelvo a pasar con {name}.",
    hidden_number="Número oculto",
    nth_call=_nth_call,
    waiting_since="llamó {when}, sigue esperando",
    offer="{who}: cualquier tecla para atender.",
    offer_reserved="Cualquier tecla.",
    caller_gone="Esa persona ya no está.",
    taken_by="Ya atiende {name}.",
    asked_for_message="Un momento tarde: ya se le está pidiendo un mensaje. Sigue en la lista.",
    hung_up="Ha colgado; cualquier tecla para devolverle la llamada ahora.",
    cut_off_staff="Se cortó con {who}: cualquier tecla para seguir, cuelgue si habían terminado.",
    ring_back="Devolver la llamada a {who}, {why}: cualquier tecla para llamar ahora.",
    due="{who} espera una llamada antes de {when}. Cualquier tecla para llamar ahora.",
    reasons={
        "closed": "llamó con la oficina cerrada",
        "holiday": "llamó en día festivo",
        "abandoned": "colgó mientras sonaba",
        "short_abandon": "colgó enseguida",
        "short_talk": "habló muy poco tiempo",
        "mailbox": "le salió un buzón",
        "our_outage": "llamó durante una avería nuestra",
        "": "llamada perdida",
    },
    nobody_waiting="Gracias, ya no espera nadie.",
    no_answer="No contesta. Sigue en la lista.",
    busy="Comunica. Sigue en la lista.",
    call_failed="No se ha podido llamar. Sigue en la lista.",
    already_handled="Esa llamada ya está atendida. Gracias.",
    by=_by,
    at=_at,
)
