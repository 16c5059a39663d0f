"""What people say when they ask for a key, one table a language: lower case, without accents, as `greeting` reads it.

German is there as it is spelled with "ue" and, where nothing else is meant by it, with a plain "u".
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyWords:
    """The words of one language. A word may be in several places."""

    verbs: frozenset[str]  # work a key: "press 1", "dial the star"
    sparing: frozenset[str]  # may work one, and mostly do not: "use 1 for sales"; they ask only before `on`
    named: frozenset[str]  # a number after them is a key: "option 2"
    keys: frozenset[str]  # what is pressed, besides digits
    digit_of: dict[str, int]
    between: frozenset[str]  # may stand between the verb and the key
    on: frozenset[str]  # what goes on after a key: "press one for …"; another word makes it a count, or a name
    calls_for: frozenset[str]  # "for sales, 1"
    hours: frozenset[str]  # a number after them is an hour: "until 5 for sales"
    opening: frozenset[str]  # verbs that ask without a key, where they open a clause and go on so: "press now"
    bare: frozenset[str]
    please: tuple[str, ...]  # before one of `opening` they ask, whatever follows
    enter: frozenset[str]  # what one does with an extension or a code
    extensions: frozenset[str]
    codes: tuple[str, ...]  # ends of words: what is entered with `enter`, after one of `whose`
    whose: frozenset[str]
    phrases: tuple[str, ...]  # ask by themselves; a full stop stands for any end
    verb_last: frozenset[str] = frozenset()  # ask after their key: "die 1 drücken"


def _digits(*words: str) -> dict[str, int]:
    """From zero on, each in all its forms."""
    return {word: digit for digit, alike in enumerate(words) for word in alike.split()}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Before a name: "thanks for calling Dial One".
BEFORE_A_NAME = _set("calling called reached chez bei llamar") | {f"bienvenid{who} a" for who in ("o", "a", "os", "as")}
# A digit before them counts something, or is part of an address: "press, 1 moment".
COUNTED = _set(
    "moment moments minute minutes second seconds hour hours day days week weeks year years star stars of street road "
    "momento momentos minuto minutos segundo segundos hora horas dia dias ano anos estrellas de del "
    "instant instants secondes heure heures jour jours an ans etoiles rue avenue "
    "momente minuten sekunde sekunden stunde stunden tag tage jahre jahren sterne augenblick uhr prozent"
)
# Opens a menu of one: "number 1 for sales". Behind another word it is praise: "your number one for heating".
NUMBER = _set("number numero nummer")
AND = _set("and or y o et ou und oder")
THEN = AND | _set("then just simply to luego despues puis dann")  # before a verb that opens an instruction
# A number after a word that ends so is an address.
PLACES = ("street", "road", "house", "unit", "suite", "gate", "floor", "strasse", "platz", "haus", "gleis", "etage",
          "calle", "plaza", "piso", "local", "rue", "avenue", "place", "batiment")  # fmt: skip

ENGLISH = KeyWords(
    verbs=_set("press pressing dial dialing dialling hit push pushing punch tap touch enter entering type typing "
               "select "
               "selecting choose choosing key keying down"),
    sparing=_set("use using hold"),
    named=_set("option options"),
    keys=_set("key keys button buttons digit digits keypad star pound hash choice selection option # *"),
    digit_of=_digits("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    between=_set("the a an any your on in either number digit key button please option"),
    on=_set("for to now and or if when please key button on at then again is will you followed sign"),
    calls_for=_set("for"),
    hours=_set("to till until from at by before after since"),
    opening=_set("press push dial"),
    bare=_set("now to for if when it here"),
    please=("please",),
    enter=_set("enter type dial key press punch input entering dialing dialling"),
    extensions=_set("extension extensions"),
    codes=("number", "code", "pin", "password"),
    whose=_set("your the a an"),
    phrases=("touch tone", "touchtone", "your keypad", "the keypad", "your key pad", "the key pad", "number pad",
             "numeric pad", "dial pad", "your phone's keys", "pound key", "star key", "hash key", "pound sign",
             "hash sign", "hold down the", "make a selection", "make your selection", "make your choice .",
             "make your choice now", "make your choice using", "make your choice by", "making a selection",
             "making your selection"),
)  # fmt: skip

SPANISH = KeyWords(
    verbs=_set("presione presiona presionar presionando pulse pulsa pulsar pulsando marque marca marcar marcando "
               "oprima "
               "oprime oprimir oprimiendo apriete aprieta apretar teclee teclea teclear digite digita digitar "
               "introduzca "
               "ingrese seleccione elija toque mantenga manten"),
    sparing=_set("use utilice con"),
    named=_set("opcion tecla teclas boton"),
    keys=_set("tecla teclas boton botones digito digitos teclado asterisco almohadilla numeral gato opcion # *"),
    digit_of=_digits("cero", "uno una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    between=_set("el la los las un una cualquier su en numero tecla boton digito por favor pulsado "
                 "presionado oprimido apretado"),
    on=_set("para si y o ahora por tecla se habla hablara hablar pulsado presionado oprimido apretado"),
    calls_for=_set("para"),
    hours=_set("a las hasta desde de entre"),
    opening=_set("presione pulse marque oprima digite"),
    bare=_set("ahora para si aqui"),
    please=("por favor",),
    enter=_set("marque marca marquela marquelo ingrese ingresela ingreselo introduzca introduzcala introduzcalo digite "
               "digitela digitelo teclee tecleela tecleelo pulse marcar marcarla digitar ingresar pulsela"),
    extensions=_set("extension extensiones interno"),
    codes=("numero", "codigo", "clave", "pin"),
    whose=_set("su el la tu"),
    phrases=("su teclado", "el teclado de", "en el teclado", "teclado numerico", "marcacion por tonos",
             "haga su eleccion",
             "haga su seleccion", "mantenga pulsada", "mantenga pulsado", "mantenga presionada"),
)  # fmt: skip

FRENCH = KeyWords(
    verbs=_set("appuyez appuyer appuie appuyant tapez taper tapant composez composer composant pressez faites "
               "saisissez "
               "choisissez selectionnez enfoncez touchez entrez maintenez"),
    sparing=_set("utilisez avec"),
    named=_set("touche touches option bouton"),
    keys=_set("touche touches bouton boutons chiffre chiffres etoile diese choix option # *"),
    digit_of=_digits("zero", "un une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    between=_set("le la les l un une sur votre n'importe quelle chiffre numero touche bouton de s'il vous te plait "
                 "appuye enfonce"),
    on=_set("pour si ou et puis maintenant sur vous on s'il touche suivi appuye enfonce"),
    calls_for=_set("pour"),
    hours=_set("a de jusqu'a des depuis avant apres"),
    opening=_set("appuyez tapez"),
    bare=_set("maintenant pour ici si sur"),
    please=("veuillez", "merci de"),
    enter=_set("composez saisissez tapez entrez composer saisir taper"),
    extensions=_set("poste extension"),
    codes=("numero", "code", "identifiant"),
    whose=_set("votre le la ton"),
    phrases=("votre clavier", "sur le clavier", "au clavier", "du clavier de", "touche etoile", "touche diese",
             "faites votre choix", "faites votre selection", "maintenez la touche", "maintenez enfonce"),
)  # fmt: skip

GERMAN = KeyWords(
    verbs=_set("drucken druecken drueck druecke wahlen waehlen waehle tippen tippe betatigen betaetigen geben gib"),
    sparing=_set("mit nutzen benutzen verwenden halten halte"),
    named=_set("taste tasten knopf"),
    keys=_set("taste tasten knopf stern sterntaste raute rautetaste ziffer ziffern option # *"),
    digit_of=_digits("null", "eins eine", "zwei zwo", "drei", "vier", "funf fuenf", "sechs", "sieben", "acht", "neun"),
    between=_set("die der den das eine einen beliebige auf ihre ihren deine nummer ziffer taste zahl sie bitte jetzt "
                 "nun "
                 "dann in zu ihrer ihrem telefon wird werden ein"),
    on=_set("fur fuer um und oder wenn zu bitte jetzt ein erreichen gelangen kommen sprechen werden zum zur auf"),
    calls_for=_set("fur fuer"),
    hours=_set("bis um von ab seit vor nach"),
    opening=_set("drucken druecken wahlen waehlen tippen"),
    bare=_set("jetzt nun um bitte wenn hier aus"),
    please=("bitte",),
    enter=_set("geben gib eingeben wahlen waehlen waehle tippen tippe nachwahlen nachwaehlen"),
    extensions=_set("durchwahl durchwahlnummer nebenstelle"),
    codes=("nummer", "code", "pin", "kennwort"),
    whose=_set("ihre deine die den ihren das"),
    phrases=("ihrer tastatur", "der tastatur", "tastenfeld", "rautetaste", "sterntaste", "treffen sie ihre wahl",
             "treffen sie ihre auswahl", "taste gedrueckt", "halten sie die taste"),
    verb_last=_set("drucken druecken wahlen waehlen tippen betatigen betaetigen eingeben gedrueckt gewaehlt"),
)  # fmt: skip

ALL = (ENGLISH, SPANISH, FRENCH, GERMAN)
