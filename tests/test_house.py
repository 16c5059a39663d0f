"""The house rules about who may use what, each with its reason."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.source import ROOT, Module, modules, within

LONGEST_FILE = 300
PRODUCT = modules("voice", "dashboard")
SIMULATOR = "voice.simulator"

# From the ground up: a module may import from its own layer and those before it. The longest name that fits counts.
LAYERS: list[tuple[str, list[str]]] = [
    (
        "ground",
        [
            "voice",
            "voice.bootstrap",
            "voice.progress",
            "voice.clock",
            "voice.loading",
            "voice.logs",
            "voice.settings",
            "voice.rules",
        ],
    ),
    (
        "rows",
        [
            "voice.models",
            "voice.firm",
            "voice.ledger",
            "voice.devices",
            "voice.db",
            "voice.among",
            "voice.migrate",
            "voice.doors",
            "voice.people",
            "voice.list_tables",
            *("voice.rollup_tables", "voice.rollup_marks", "voice.replay_tables", "voice.letter_tables"),
            *("voice.pictures", "voice.triggers", "voice.plain", "voice.findable", "voice.person_words"),
        ],
    ),
    (
        "outbox",
        [
            "voice.work",
            "voice.work.outbox",
            "voice.moves",
            "voice.notices",
            "voice.paging",
            "voice.roster",
            "voice.call_log",
        ],
    ),
    (
        "people",
        [
            "voice.contacts",
            "voice.texts",
            "voice.greetings",
            "voice.accounts",
            "voice.push_key",
            "voice.pushing",
            "voice.access",
            "voice.tokens",
            "voice.halfway",
            "voice.second_factor",
            "voice.passkeys",
            "voice.tries",
            "voice.audit",
            "voice.sight",
            "voice.persons",
            *("voice.phones", "voice.mailboxes"),
            "voice.availability",
            "voice.shifts",
            "voice.letters",
        ],
    ),
    (
        "callbacks",
        [
            "voice.promising",
            "voice.about",
            "voice.claims",
            "voice.allowed",
            "voice.callbacks",
            "voice.results",
            "voice.attempts",
            "voice.crossings",
            "voice.later",
            "voice.by_hand",
            *("voice.undo", "voice.team_undo"),
            "voice.topics",
            *("voice.same_person", "voice.card_undo"),
            "voice.imports",
        ],
    ),
    (
        "calls",
        [
            "voice.calls",
            "voice.changes",
            "voice.legs",
            *("voice.ringing", "voice.on_ladder"),
            "voice.dialled",
            "voice.carrier_pace",
            *("voice.messages", "voice.erasing", "voice.person_export", "voice.retention"),
            "voice.moments",
            "voice.stats",
            "voice.figures",
            "voice.alerts",
            "voice.business",
            "voice.recovered",
            "voice.ring_reasons",
            "voice.due_rings",
            *("voice.past_calls", "voice.replays"),
        ],
    ),
    ("carrier", ["voice.carrier"]),
    (
        "jobs",
        [
            *("voice.work.jobs", "voice.work.web_push", "voice.work.pacer", "voice.work.replaying"),
            *("voice.work.tools", "voice.work.telling", "voice.work.erasing_jobs"),
            *("voice.carrier.reconcile", "voice.carrier.proof"),
            *("voice.work.post", "voice.work.writing", "voice.work.rounds"),
        ],
    ),
    (
        "entry points",
        [
            "voice.carrier.webhooks",
            "voice.carrier.inbound",
            "voice.carrier.ladder",
            "voice.carrier.ring_back",
            "voice.carrier.staff_legs",
            "voice.carrier.sounds",
            "voice.carrier.texts",
            "voice.carrier.routes",
            "voice.work.worker",
            "voice.work.rq_worker",
            "voice.work.sweeper",
            "voice.installation",
            "voice.health",
            "voice.app",
            "voice.wsgi",
            "dashboard",
            "voice.embedded",
            "voice.running",
            "voice.simulated",
            "voice.demo",
            "voice.cli",
            "voice.__main__",
            *("voice.log_command", "voice.replay"),
            "voice.staffing_command",
        ],
    ),
]
RANK = {name: rank for rank, (_, names) in enumerate(LAYERS) for name in names}


def rank(name: str) -> int | None:
    """The layer of a module of ours; None for one that has been given none."""
    known = (".".join(name.split(".")[:length]) for length in range(name.count(".") + 1, 0, -1))
    found = next((each for each in known if each in RANK), None)
    # `voice` itself is no home for what has not been placed.
    return None if found is None or (found == "voice" and name != "voice") else RANK[found]


def ours(module: Module, imports: dict[str, int] | None = None) -> dict[str, int]:
    """The modules of ours that a module imports, with the lines."""
    names, found = {known.name for known in PRODUCT}, dict[str, int]()
    for name, line in (module.imports if imports is None else imports).items():
        if (whole := name if name in names else name.rpartition(".")[0]) in names:
            found[whole] = line
    return found


def offenders(modules_: list[Module], wrong: Callable[[str], bool]) -> list[str]:
    """`file:line name` for each import that is wrong."""
    return [
        f"{module.path.relative_to(ROOT)}:{line} {name}"
        for module in modules_
        for name, line in module.imports.items()
        if wrong(name)
    ]


def outside(*places: str) -> list[Module]:
    """The product's modules that are not in these places."""
    return [module for module in PRODUCT if not within(module.name, *places)]


def test_every_module_has_its_place() -> None:
    unplaced = [module.name for module in outside(SIMULATOR) if rank(module.name) is None]
    assert not unplaced, "Give each a place in LAYERS, so that all know what may use it: " + ", ".join(unplaced)


@pytest.mark.proves("01-6.16")
def test_imports_point_one_way() -> None:
    wrong = []
    for module in outside(SIMULATOR):
        mine = rank(module.name)
        for name, line in ours(module).items():
            theirs = rank(name)
            if mine is not None and theirs is not None and theirs > mine:
                told = f"{LAYERS[mine][0]} may not use {LAYERS[theirs][0]}"
                wrong.append(f"{module.path.relative_to(ROOT)}:{line} {name}: {told}")
    assert not wrong, (
        "Imports point one way, from entry points down to rules: what is below can be read, tested and changed "
        "without knowing what is above.\n" + "\n".join(wrong)
    )


def test_no_two_modules_need_each_other() -> None:
    below = {module.name: set(ours(module, module.needs)) - {module.name} for module in PRODUCT}
    # Take away what needs nothing that is left, and what nothing that is left needs, until only circles remain.
    while free := [
        name for name, needs in below.items() if not needs & below.keys() or name not in set().union(*below.values())
    ]:
        for name in free:
            del below[name]
    assert not below, "Modules in a circle can only be understood together:\n" + "\n".join(
        f"{name} needs {', '.join(sorted(needs & below.keys()))}" for name, needs in below.items()
    )


@pytest.mark.parametrize(
    ("library", "places", "why"),
    [
        (("twilio",), ("voice.carrier", SIMULATOR), "the carrier's words stop in one folder"),
        (("redis", "rq"), ("voice.work",), "Redis holds copies, never the truth: without it results are equal"),
        (
            ("flask", "flask_wtf", "werkzeug", "wtforms"),
            (*LAYERS[-1][1], SIMULATOR),
            "a verb is called by pages, webhooks, jobs and commands alike, so only these know of requests",
        ),
        (
            ("voice.simulator",),
            (SIMULATOR, "voice.simulated", "voice.demo", "voice.replay"),
            "the product does not know that it is being simulated",
        ),
        (("dashboard",), ("dashboard",), "the phone side runs alone; the server is given the dashboard by name"),
    ],
    ids=["twilio", "redis", "flask", "simulator", "dashboard"],
)
def test_what_may_be_used_where(library: tuple[str, ...], places: tuple[str, ...], why: str) -> None:
    wrong = offenders(outside(*places), lambda name: within(name, *library))
    assert not wrong, f"{' and '.join(library)} only in {', '.join(places)}: {why}.\n" + "\n".join(wrong)


def test_the_simulator_imports_nothing_of_ours() -> None:
    simulator = [module for module in PRODUCT if within(module.name, SIMULATOR)]
    wrong = offenders(simulator, lambda name: within(name, "voice", "dashboard") and not within(name, SIMULATOR))
    assert not wrong, "A carrier written with our code would agree with our mistakes.\n" + "\n".join(wrong)


def test_rules_decide_and_touch_nothing() -> None:
    rules = [module for module in PRODUCT if within(module.name, "voice.rules")]
    wrong = offenders(rules, lambda name: within(name, "sqlalchemy", "os", "socket", "requests", "voice.clock"))
    assert not wrong, "A rule is a function of its arguments: no clock, no database, no carrier.\n" + "\n".join(wrong)


def test_no_file_is_longer_than_one_can_keep_in_mind() -> None:
    long = [
        f"{module.path.relative_to(ROOT)} {lines}"
        for module in modules("voice", "dashboard", "tests")
        if (lines := len(module.path.read_text().splitlines())) > LONGEST_FILE
    ]
    assert not long, f"No file is longer than {LONGEST_FILE} lines: split it where a reader would.\n" + "\n".join(long)


@pytest.mark.proves("01-6.16")
def test_a_bare_python_can_import_voice() -> None:
    bare = [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '.'); import voice, voice.bootstrap"]
    ended = subprocess.run(bare, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
