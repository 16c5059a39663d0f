"""What a greeting may not be: longer than six seconds, or a request to press keys.

A word like "press" is refused only where it asks for a key: beside a key, a digit or the word button, after "please",
or opening an instruction ("press to …"). "Espresso Press Ltd" and "we press your shirts" pass. Every shipped language
is looked for whatever the line's own, because callers do not read settings.
"""

import re
import unicodedata

MAX_SECONDS = 6.0
# Syllable-timed voices say more words a second; German words are longer. Measured in words, pauses apart.
_WORDS_A_SECOND = {"en": 2.8, "es": 2.8, "fr": 2.9, "de": 2.4}
_LETTERS_A_SECOND = 16.0  # what a telephone voice manages in any of these languages: bounds long words
_PAUSE_SECONDS = {",": 0.2, ";": 0.3, ":": 0.3, ".": 0.4, "!": 0.4, "?": 0.4}

_ENGLISH_KEY = (
    r"(?:(?:the|a|any|your|on|either|number|digit|key|button)\s+)*"
    r"(?:[#*]|(?:\d+|zero|one|two|three|four|five|six|seven|eight|nine|star|pound|hash|keys?|buttons?|digits?|keypad"
    r"|extension)\b(?!\s+(?:of|for all)\b))"
)
_SPANISH_KEY = (
    r"(?:(?:el|la|los|las|un|una|cualquier|su|en|numero|tecla|boton|digito)\s+)*"
    r"(?:[#*]|(?:\d+|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|asterisco|estrella|almohadilla|numeral|gato"
    r"|teclas?|boton(?:es)?|digitos?|teclado|extension)\b)"
)
_FRENCH_KEY = (
    r"(?:(?:le|la|les|l|un|une|sur|votre|n'importe|quelle|chiffre|numero|touche|bouton|de|poste)\s+)*"
    r"(?:[#*]|(?:\d+|zero|un|deux|trois|quatre|cinq|six|sept|huit|neuf|etoile|diese|touches?|boutons?|chiffres?|clavier"
    r"|poste)\b)"
)
_GERMAN_KEY = (
    r"(?:(?:die|der|den|das|eine|einen|beliebige|auf|ihre|nummer|ziffer|taste|zahl)\s+)*"
    r"(?:[#*]|(?:\d+|null|eins|zwei|drei|vier|funf|sechs|sieben|acht|neun|stern(?:taste)?|rautetaste|raute|tasten?|knopf"
    r"|ziffern?|tastatur|durchwahl)\b)"
)
_GERMAN_VERB = r"(?:drucken|druck|drucke|wahlen|wahle|wahl|tippen|tippe|betatigen|gedruckt|gewahlt)"
_NUMBER = (
    r"\b(?:\d|one|two|three|four|five|six|seven|eight|nine|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|un|une"
    r"|deux|trois|quatre|cinq|sept|huit|neuf|eins|zwei|drei|vier|funf|sechs|sieben|acht|neun)\b"
)
_FOR, _THE = r"\b(?:for|para|pour|fur)\b", r"(?:the|le|la|el|die|der|das)\s+"
# "Nine to five for sales, nine to six for service" are opening hours.
_NO_HOUR = r"(?<!to )(?<!till )(?<!until )(?<!from )(?<!at )(?<!bis )(?<!um )(?<!a )(?<!las )"
_FOR_THIS_ONE = rf"{_FOR}[^.;!?,]{{1,40}},?\s+(?:{_THE})?{_NO_HOUR}{_NUMBER}"
_YOUR_CHOICE = (
    r"(?:your (?:choice|selection|option)|su (?:opcion|eleccion|seleccion)|votre (?:choix|selection)"
    r"|ihre (?:wahl|auswahl|option))"
)
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(?:press|dial|hit|push|punch|tap|touch|enter|type|select|choose|punch in|key in)(?:ing)?"
        rf"[\s,]+{_ENGLISH_KEY}",
        r"\bkey[\s,]+[\d#*]",
        r"\b(?:enter|type)\s+(?:in\s+)?(?:your|the|an?)\s+(?:\w+\s+){0,3}(?:number|code|pin|extension)\b",
        rf"{_FOR}\s+[^.;!?,]{{1,40}}(?:,\s+(?:{_THE})?|\s{_THE}){_NUMBER}\s*(?:[;,.]|$)",
        rf"{_FOR_THIS_ONE}[;,.]?\s+(?:\w+\s+)?{_FOR_THIS_ONE}\s*(?:[;,.]|$|(?:and|or|y|o|et|ou|und|oder)\b)",
        rf"{_NO_HOUR}{_NUMBER}\s+{_FOR}[^.!?\d]{{1,40}}{_NO_HOUR}{_NUMBER}\s+{_FOR}",
        rf"\b(?:mit der|con el|avec le)\s+{_NUMBER},?\s+(?:erreichen|gelangen|kommen|sprechen|werden|zum|zur|habla"
        r"|hablara|se|para|vous|on|pour)\b",
        r"\b(?:press|enter|type|dial|key|pulse|presione|marque|oprima|tapez|appuyez sur|drucken sie)\s+"
        rf"{_YOUR_CHOICE}\b",
        r"\bmak(?:e|ing) (?:a|your) (?:selection|choice)\s*(?:$|[.,;!?]|(?:now|please|using|with|on|by|from)\b)",
        r"\b(?:haga su (?:eleccion|seleccion)|faites votre (?:choix|selection)|treffen sie ihre (?:aus)?wahl)\b",
        rf"\b(?:teclas?|touches?|tasten?)\s+(?:(?:un|une)\s*(?:$|[.,;!?]|pour\b)|(?!une?\b){_NUMBER})|\bbitte taste\b",
        r"\bplease\s+(?:press|push|dial|key)\b",
        r"(?:^|[.,;:!?]\s*|\b(?:then|just|or|and|to)\s+)(?:press|push|dial)\s+(?:now|to|for|if|when|it|here|and)\b",
        r"\b(?:(?:key|number|numeric|dial) ?pads?|touch[- ]?tones?|(?:pound|star|hash) (?:key|sign)"
        r"|options? (?:\d|one|two|three)|key in)\b",
        rf"\b(?:presion[ae]r?|pulsar?|pulse|marcar?|marque|oprim[ae]r?|oprimir|apriete|apretar|tecle[ae]r?|digite"
        rf"|teclee|introduzca|ingrese|seleccione|elija|toque)[\s,]+{_SPANISH_KEY}",
        r"\b(?:ingrese|introduzca|digite|teclee)\s+(?:su|el|la)\s+(?:\w+\s+){0,3}(?:numero|codigo|clave|extension)\b",
        r"\bpor favor,?\s+(?:presione|pulse|marque|oprima|apriete|teclee|digite)\b",
        r"(?:^|[.,;:!?]\s*|\b(?:o|y)\s+)(?:presione|pulse|marque|oprima|digite)\s+(?:ahora|para|si|aqui|y)\b",
        r"\b(?:teclado|marcacion por tonos|opcion (?:\d|uno|dos|tres))\b",
        rf"\b(?:appuyez|appuyer|appuie|tapez|taper|composez|composer|pressez|faites|saisissez|choisissez|selectionnez"
        rf"|enfoncez|touchez)(?:[\s,]+s'il (?:vous|te) plait)?[\s,]+{_FRENCH_KEY}",
        r"\b(?:entrez|saisissez|tapez|composez)\s+(?:votre|le|la)\s+(?:\w+\s+){0,3}(?:numero|code)\b",
        r"\b(?:appuyez|tapez)\s+(?:maintenant|pour|ici|si|sur)\b",
        r"\b(?:clavier|touche (?:\d|etoile|diese))\b",
        rf"\b{_GERMAN_VERB}[\s,]+(?:sie[\s,]+)?(?:bitte[\s,]+|jetzt\s+|nun\s+|dann\s+)*{_GERMAN_KEY}",
        rf"\b(?:geben|gib)[\s,]+(?:sie[\s,]+)?(?:bitte[\s,]+|jetzt\s+)*{_GERMAN_KEY}",
        r"\b(?:geben|gib)\s+(?:sie\s+)?(?:bitte\s+)?(?:ihre|deine|die|den|ihren)\s+\w*(?:nummer|code|pin)\b",
        rf"\b{_GERMAN_KEY}(?:\s+(?:bitte|jetzt|zu|auf|ihrer|ihrem|telefon|tastatur|der|dem|wird|werden))*\s+{_GERMAN_VERB}\b",
        r"\b(?:drucken|wahlen|tippen) sie\b|\bbitte (?:drucken|wahlen|tippen)\b",
        r"\b(?:taste \d|rautetaste|sterntaste|tastatur|tastenfeld)\b",
    )
)


def spoken_seconds(text: str, language: str) -> float:
    """About how long a voice takes to say `text`: by words or by letters, whichever is longer, plus its pauses."""
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d", text)  # each digit is a word
    by_words = len(words) / _WORDS_A_SECOND.get(language[:2], 2.5)
    by_letters = sum(len(word) for word in words) / _LETTERS_A_SECOND
    pauses = sum(_PAUSE_SECONDS.get(sign, 0.0) for sign in text.rstrip(" .!?,;:"))
    return max(by_words, by_letters) + pauses


def key_request(text: str) -> str | None:
    """The words of `text` that ask for a key, in any shipped language; None when it asks for none."""
    plain = _plain(text)
    found = (pattern.search(plain) for pattern in _PATTERNS)
    return next((match.group().strip(" .,;:!?") for match in found if match), None)


def _plain(text: str) -> str:
    """Lower case without accents, quotes and dashes, so that "TOUCHE étoile" and its lazy spelling are one."""
    split = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    plain = "".join(letter for letter in split if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^\w\s#*.,;!?']", " ", plain).split())


def greeting_fault(text: str, language: str) -> str | None:
    """Why this greeting is refused and what to write instead, as one or two sentences; None when it is fine."""
    if not text.strip():
        return (
            'The greeting is empty. Write one short sentence, like "Thanks for calling, I\'m getting someone for you."'
        )
    if asked := key_request(text):
        return (
            f'The greeting asks callers for a key ("{asked}"), and nobody who calls is ever asked to press one. '
            "Leave that part out; phones are ringing already while the greeting plays."
        )
    seconds = spoken_seconds(text, language)
    if seconds > MAX_SECONDS:
        return (
            f"The greeting takes about {seconds:.0f} seconds to say, and callers want a person, not a speech. "
            f"Cut it to one sentence of at most {MAX_SECONDS:.0f} seconds, about 15 words."
        )
    return None


def audio_fault(seconds: float) -> str | None:
    """Why a recorded greeting of this length is refused; None when it is fine."""
    if seconds <= 0:
        return "The recording is empty. Record one short sentence."
    if seconds > MAX_SECONDS:
        return f"The recording lasts {seconds:.1f} seconds. Record it again in at most {MAX_SECONDS:.0f}: one sentence."
    return None
