"""The page in a real browser: it stands without network, in light and dark, by keyboard and on paper."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from migrations_tools.report import page
from tests.support.records import record

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or ""
DRIVER = shutil.which("chromedriver") or ""
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
)

pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium with its driver is here")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = BROWSER
    for option in (*_OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page.render(record()), encoding="utf-8")
    driver.get(path.as_uri())
    yield driver
    driver.quit()


def _media(browser: Any, **features: str) -> None:
    media = features.pop("media", "")
    chosen = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": chosen})


def _contrast(browser: Any) -> float:
    """Return the contrast of the page's own text, as WCAG 2 reckons it."""
    script = """
      const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map((v) => v / 255)
        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const style = getComputedStyle(document.documentElement);
      const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    """
    return float(browser.execute_script(script))


def test_it_asks_nothing_of_the_network_and_raises_no_error(browser: Any) -> None:
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    # The browser's own first page asks for things of its own.
    ours = [request["request"]["url"] for request in asked if request["documentURL"].endswith("report.html")]
    assert [url.rpartition("/")[2] for url in ours] == ["report.html"]
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    assert "owned" not in browser.title.replace('document.title="owned"', "")


def test_the_verdict_stands_on_top(browser: Any) -> None:
    assert browser.find_element("css selector", "h1").text == "Something failed"
    top = browser.execute_script("return document.querySelector('.verdict').getBoundingClientRect().top")
    assert top < 100


def test_it_reads_in_light_and_in_dark(browser: Any) -> None:
    seen = []
    for scheme in ("light", "dark"):
        _media(browser, prefers_color_scheme=scheme)
        assert _contrast(browser) > 7
        seen.append(browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor"))
    assert seen[0] != seen[1]
    _media(browser)


_ACTIVE = """
  const active = document.activeElement;
  const text = active.innerText === undefined ? active.textContent : active.innerText;
  return [active.tagName.toLowerCase(), active.getAttribute("data-table"), text.trim()];
"""


def test_everything_is_reached_by_keyboard(browser: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    reached = []
    browser.find_element("css selector", "body").click()
    for _ in range(80):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        kind, table, text = browser.execute_script(_ACTIVE)
        reached.append((kind, table or text[:20]))
        if table == "users":
            lit = browser.find_elements("css selector", ".diagram.lit .table.near")
            assert {item.get_attribute("data-table") for item in lit} == {"users", "teams", "notes"}
    assert ("a", "Proofs") in reached
    assert [name for kind, name in reached if kind == "summary"]
    assert [name for kind, name in reached if kind == "g" and name == "notes"]


def test_a_link_to_a_finding_opens_it(browser: Any) -> None:
    browser.execute_script("location.hash = '#DT01-users.locale'")
    opened = "return document.getElementById('DT01-users.locale').open"
    assert browser.execute_script(opened) is True


def test_on_paper_nothing_is_folded_or_cut_off(browser: Any) -> None:
    _media(browser, media="print")
    assert browser.execute_script("return getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script("return document.querySelectorAll('details:not([open])').length") == 0
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script("return document.querySelectorAll('details:not([open])').length") > 0
    _media(browser)
    assert len(browser.execute_cdp_cmd("Page.printToPDF", {})["data"]) > 10000


def test_nothing_is_wider_than_a_small_screen(browser: Any) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    )
    widths = "return [document.documentElement.scrollWidth, innerWidth]"
    inner, outer = browser.execute_script(widths)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert inner <= outer
