"""French, with the hours of the day counted to twenty-four as on any appointment."""

import datetime as dt

from voice.rules.languages import Words

_NUMBERS = ("zéro", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
            "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf")  # fmt: skip
_TENS = ("", "", "vingt", "trente", "quarante", "cinquante")
_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre")  # fmt: skip
_ORDINALS = ("", "premier", "deuxième", "troisième", "quatrième", "cinquième", "sixième", "septième", "huitième",
             "neuvième", "dixième")  # fmt: skip


def number(count: int) -> str:
    """0 to 59 in words, feminine as hours and minutes are."""
    if count < 20:
        return _NUMBERS[count]
    tens, ones = divmod(count, 10)
    if ones == 1:
        return f"{_TENS[tens]} et une"
    return _TENS[tens] + (f"-{_NUMBERS[ones]}" if ones else "")


def clock(hour: int, minute: int) -> str:
    """ "quinze heures quarante", "neuf heures trente", "midi"."""
    name = {0: "minuit", 12: "midi"}.get(hour) or f"{number(hour)} heure{'s' if hour > 1 else ''}"
    return f"{name} {number(minute)}" if minute else name


def _day(day: dt.date, today: dt.date) -> str:
    away = (day - today).days
    if away in (-1, 0, 1):
        return ("", "demain", "hier")[away]
    name = _DAYS[day.weekday()]
    return name if -7 < away < 7 else f"le {name} {day.day} {_MONTHS[day.month - 1]}"


def _by(moment: dt.datetime, today: dt.date) -> str:
    return f"{_day(moment.date(), today)} {clock(moment.hour, moment.minute)}".strip()


def _at(moment: dt.datetime, today: dt.date) -> str:
    return f"{_day(moment.date(), today)} à {clock(moment.hour, moment.minute)}".strip()


def _nth_call(count: int) -> str:
    return f"{_ORDINALS[count]} appel aujourd'hui" if count < len(_ORDINALS) else f"{count} appels aujourd'hui"


FRENCH = Words(
    default_greeting="Merci d'appeler {who}, je vous passe quelqu'un.",
    plain_greeting="Merci de votre appel, je vous passe quelqu'un.",
    missed="Désolé, personne n'est libre pour le moment.",
    closed="Nous sommes fermés pour le moment.",
    promise="{who} vous rappellera avant {when}. Vous pouvez raccrocher, ou nous dire de quoi il s'agit.",
    withheld="Votre numéro est masqué, alors dites-le, s'il vous plaît, avec votre message.",
    message_only="Désolé, personne ne peut répondre. Dites-nous votre nom, votre numéro et de quoi il s'agit.",
    thanks="Merci, c'est bien noté. Au revoir.",
    goodbye="Merci. Au revoir.",
    through_to="Vous êtes en ligne avec {name}.",
    cut_off_caller="Si nous avons été coupés, je vous repasse {name}.",
    hidden_number="Numéro masqué",
    nth_call=_nth_call,
    waiting_since="a appelé {when}, attend toujours",
    offer="{who} : n'importe quelle touche pour prendre l'appel.",
    offer_reserved="N'importe quelle touche.",
    caller_gone="Cette personne n'est plus là.",
    taken_by="{name} a pris l'appel.",
    asked_for_message="Un instant trop tard : on leur demande déjà un message. L'appel est sur la liste.",
    hung_up="La personne a raccroché ; n'importe quelle touche pour la rappeler maintenant.",
    cut_off_staff="Coupé avec {who} : n'importe quelle touche pour continuer, raccrochez si vous aviez fini.",
    ring_back="Rappeler {who}, {why} : n'importe quelle touche pour appeler maintenant.",
    due="{who} attend un appel avant {when}. N'importe quelle touche pour appeler maintenant.",
    reasons={
        "closed": "qui a appelé pendant la fermeture",
        "holiday": "qui a appelé un jour férié",
        "abandoned": "qui a raccroché pendant la sonnerie",
        "short_abandon": "qui a raccroché aussitôt",
        "short_talk": "qui n'a parlé que très peu",
        "mailbox": "qui est tombé sur un répondeur",
        "our_outage": "qui a appelé pendant une panne chez nous",
        "": "appel manqué",
    },
    nobody_waiting="Merci, plus personne n'attend.",
    no_answer="Pas de réponse. L'appel reste sur la liste.",
    busy="C'est occupé. L'appel reste sur la liste.",
    call_failed="L'appel n'a pas abouti. Il reste sur la liste.",
    already_handled="Cet appel est déjà traité. Merci.",
    by=_by,
    at=_at,
)
