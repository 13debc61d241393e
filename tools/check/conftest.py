"""What all tests share: the long matrices, cases that one test counts, and at the end their numbers and the instruction
sets."""

from collections import Counter

import instruction_sets
import libiou
import pytest
from tally import Tally

UNITS = {"passed": "passed", "failed": "failed", "xfailed": "unsupported", "left out": "without reference"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long matrices too")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: a part of the long matrices, which --full adds")
    config.addinivalue_line("markers", "first: takes minutes, so that it begins before the others")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("first") is None)
    if not config.getoption("--full"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("full")])
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    return request.config.getoption("--full")


@pytest.fixture(scope="session")
def isas() -> list[str]:
    """The instruction sets to test."""
    return libiou.available_isas()


# ---- Cases within a test ---------------------------------------------------------------------------------------------


@pytest.fixture
def tally() -> Tally:
    return Tally()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function):
    """Fails a test whose tally has faults, or counted nothing."""
    tally = pyfuncitem.funcargs.get("tally")
    try:
        result = yield
    except BaseException:
        if tally and tally.faults:
            pyfuncitem.add_report_section("call", "faults", "\n".join(tally.faults))
        raise
    finally:
        if tally:
            numbers = {"passed": tally.passed, "failed": len(tally.faults), "left out": tally.left_out}
            pyfuncitem.user_properties.append(("cases", numbers))
    if tally and tally.faults:
        pytest.fail("\n".join(tally.faults), pytrace=False)
    if tally and tally.is_empty:
        pytest.fail("the test has no cases", pytrace=False)
    return result


def cases_of(report: pytest.TestReport, outcome: str) -> Counter:
    """A test without a tally is one case; one that fails in another way than by its cases is one more."""
    numbers = Counter(dict(report.user_properties).get("cases") or {outcome: 1})
    if outcome == "failed":
        numbers["failed"] = max(numbers["failed"], 1)
    return numbers


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    by_file: dict[str, Counter] = {}
    for category, outcome in (("passed", "passed"), ("failed", "failed"), ("error", "failed"), ("xfailed", "xfailed")):
        for report in terminalreporter.stats.get(category, ()):
            by_file.setdefault(report.nodeid.split("::")[0], Counter()).update(cases_of(report, outcome))
    terminalreporter.section("cases")
    for name, numbers in [*sorted(by_file.items()), ("all", sum(by_file.values(), Counter()))]:
        said = [f"{numbers[key]} {unit}" for key, unit in UNITS.items() if numbers[key] or key in ("passed", "failed")]
        terminalreporter.write_line(f"{name}: {', '.join(said)}")
    terminalreporter.section("instruction sets")
    for line in instruction_sets.lines(set(by_file)):
        terminalreporter.write_line(line)
