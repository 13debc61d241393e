"""The page at / in Chromium: a picture is dropped, sliders move the boxes, the pointer tells p, IoU and S."""
import base64
import os
import pathlib
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from served import PICTURE, Server

# Screenshots stay to be looked at where a folder is named.
SHOTS = os.environ.get("IOUSERVE_SHOTS")

DROP = """
const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));
const data = new DataTransfer();
data.items.add(new File([bytes], arguments[1], {type: arguments[2]}));
for (const name of ["dragenter", "dragover", "drop"])
  document.getElementById("stage").dispatchEvent(
    new DragEvent(name, {bubbles: true, cancelable: true, dataTransfer: data}));
"""


@pytest.fixture(scope="module")
def browser():
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert binary and driver, "chromium and chromium-driver of Debian are missing"
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for one in ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,760", "--disable-dev-shm-usage"]:
        options.add_argument(one)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    one = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield one
    one.quit()


class Page:
    def __init__(self, browser, server):
        self.browser = browser
        browser.get(f"http://127.0.0.1:{server.port}/")
        self.wait(lambda: self.find("#model option"))

    def find(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector):
        return self.find(selector)[0].text

    def wait(self, condition, seconds=20):
        return WebDriverWait(self.browser, seconds, 0.05).until(lambda _: condition())

    def drop(self, content=PICTURE, name="smear.png", kind="image/png"):
        self.browser.execute_script(DROP, base64.b64encode(content).decode(), name, kind)
        self.wait(lambda: self.text("#status") not in ("", "Looking…"))

    def slide(self, slider, value):
        """As a hand does it: the value changes, and events tell so."""
        self.browser.execute_script(
            "const s = document.getElementById(arguments[0]); s.value = arguments[1];"
            "s.dispatchEvent(new Event('input', {bubbles: true}));", slider, value)

    def rows(self):
        """Class, S, p and IoU as the table shows them."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll('#rows tr')].map((r) => [...r.cells].map((c) => c.textContent))")

    def boxes(self):
        """Corners of the boxes that are drawn, in pixels of the picture, by falling S."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll('#boxes rect')].reverse().map((r) => ['x', 'y', 'width', 'height']"
            ".map((n) => Number(r.getAttribute(n))))")

    def errors(self):
        return [one["message"] for one in self.browser.get_log("browser") if one["level"] == "SEVERE"]

    def shot(self, name):
        if SHOTS:
            pathlib.Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.browser.save_screenshot(f"{SHOTS}/{name}.png")


@pytest.fixture()
def page(browser, server):
    one = Page(browser, server)
    one.errors()
    yield one
    assert one.errors() == []


def agree(page, found):
    """The page shows what the server finds."""
    detections = found["detections"]
    page.wait(lambda: len(page.rows()) == len(detections) and page.rows()[0][1] == f"{detections[0]['score']:.3f}")
    assert page.rows() == [[one["label"], *(f"{one[name]:.3f}" for name in ("score", "probability", "iou"))]
                           for one in detections]
    scores = [one["score"] for one in detections]
    assert scores == sorted(scores, reverse=True)
    for drawn, one in zip(page.boxes(), detections, strict=True):
        x1, y1, x2, y2 = one["box"]
        assert drawn == pytest.approx([x1, y1, x2 - x1, y2 - y1], abs=0.01)


def test_shows_boxes_and_moves_them(page, server):
    page.shot("1-empty")
    page.drop()
    agree(page, server.detect())
    runs = server.metric("iou_run_seconds_count")
    page.slide("score_threshold", 0.6)
    page.slide("alpha", 0.8)
    page.slide("nms_threshold", 0.3)
    page.wait(lambda: page.text("#status").startswith("scored again") and len(page.rows()) < 40)
    agree(page, server_at_rest(server, page))
    page.shot("2-rescored")
    # Nothing of that ran the network, but for the comparison itself.
    assert server.metric("iou_run_seconds_count") == runs + 1
    page.find("#reset")[0].click()
    agree(page, server.detect())


def server_at_rest(server, page):
    page.wait(lambda: page.browser.execute_script("return !isAsking && !pending"))
    return server.detect("?score_threshold=0.6&alpha=0.8&nms_threshold=0.3")


def test_many_moves_end_at_the_last(page, server):
    page.drop()
    for step in range(60):
        page.slide("alpha", step / 60)
    page.slide("alpha", 0.9)
    agree(page, server.detect("?alpha=0.9&score_threshold=0.05&nms_threshold=0.5"))


def test_tells_what_is_under_the_pointer(page, server):
    page.drop()
    page.slide("score_threshold", 0.6)
    best = server.detect("?score_threshold=0.6")["detections"]
    page.wait(lambda: len(page.rows()) == len(best))
    one = best[3]
    picture = page.find("#picture")[0]
    scale = picture.size["width"] / 640
    middle = [(one["box"][i] + one["box"][i + 2]) / 2 * scale for i in (0, 1)]
    ActionChains(page.browser).move_to_element_with_offset(
        picture, middle[0] - picture.size["width"] / 2, middle[1] - picture.size["height"] / 2).perform()
    page.wait(lambda: page.find("#tip")[0].is_displayed())
    expected = f"{one['label']} S {one['score']:.3f} p {one['probability']:.3f} IoU {one['iou']:.3f}"
    assert expected in [" ".join(line.split()) for line in page.text("#tip").splitlines()]
    assert [one["score"] for one in best].index(one["score"]) in [
        int(row.get_attribute("data-index")) for row in page.find("#rows tr.on")]
    page.shot("3-pointer")
    ActionChains(page.browser).move_to_element(page.find("header h1")[0]).perform()
    assert not page.find("#tip")[0].is_displayed()
    assert page.find("#rows tr.on") == []
    ActionChains(page.browser).move_to_element(page.find("#rows tr")[1]).perform()
    assert [rect.get_attribute("data-index") for rect in page.find("#boxes rect.on")] == ["1"]


def test_says_what_is_wrong(browser, server):
    page = Page(browser, server)
    page.drop(b"no picture", "notes.txt", "text/plain")
    assert page.text("#status") == "notes.txt: expected a picture that this browser shows"
    assert "failed" in page.find("#status")[0].get_attribute("class")
    assert page.find("#hint")[0].is_displayed() and not page.find("#frame")[0].is_displayed()
    page.shot("4-failed")
    page.drop()
    page.wait(lambda: len(page.rows()) > 5)
    page.errors()


def test_sends_the_picture_again_where_the_run_is_gone(browser):
    with Server("--keep", 1) as server:
        page = Page(browser, server)
        page.drop()
        server.detect("?keep=1")  # takes its place
        page.slide("score_threshold", 0.7)
        page.wait(lambda: 0 < len(page.rows()) == len(server.detect("?score_threshold=0.7")["detections"]))
        page.errors()  # 410


def test_asks_for_the_token(browser):
    with Server(environment={"IOUSERVE_TOKEN": "secret"}) as server:
        browser.get(f"http://127.0.0.1:{server.port}/")
        WebDriverWait(browser, 20).until(lambda _: browser.find_element(By.ID, "token").is_displayed())
        browser.find_element(By.ID, "token").send_keys("secret\t")
        page = Page.__new__(Page)
        page.browser = browser
        page.wait(lambda: page.find("#model option"))
        page.drop()
        page.wait(lambda: len(page.rows()) > 5)
        page.errors()  # 401
