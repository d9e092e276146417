"""Do the pages work in a browser, and what do they look like?

  page_test.py HEDDLE FOLDER

Writes pages with the given heddle command to the folder, opens them in Chromium, clicks and types as
people do, and leaves screenshots: light and dark, of a screen and of a phone.  Any failure is an
exception.  ./x browser installs what this needs.
"""

import json
import pathlib
import sqlite3
import subprocess
import sys

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

DESKTOP, PHONE = (1280, 900), (360, 740)
README = (1240, 860)  # docs/images/page-*.png are copies of these

# Name of the page, its command, and the exit status that this must have.
PAGES = [
    ("mp", ["check", "MP"], 0),
    ("violation", ["check", "MP/relaxed-publication", "--model", "rc11"], 0),
    ("failure", ["check", "poke_one_site/strict-no-fence-on-trap", "--traps", "user"], 1),
    ("handler", ["check", "rcu_irq/unwatched", "--model", "tso"], 0),
    ("long", ["check", "*", "--max-executions", "30"], None),
]


def require(condition, what):
    if not condition:
        raise AssertionError(what)


class Browser:
    def __init__(self, folder):
        self.folder = folder
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu",
                         "--disable-dev-shm-usage"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options)

    def view(self, size, scheme):
        width, height = size
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, name):
        self.driver.get("about:blank")
        self.driver.get((self.folder / f"{name}.html").resolve().as_uri())

    def run(self, script, *arguments):
        return self.driver.execute_script("return " + script, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def shown(self, selector):
        return [e for e in self.driver.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()]

    def screenshot(self, name):
        self.driver.save_screenshot(str(self.folder / f"{name}.png"))

    def check_console(self, page):
        messages = self.driver.get_log("browser")
        require(not messages, f"{page}: the console says {messages}")


def write_pages(heddle, folder):
    for name, command, status in PAGES:
        with open(folder / f"{name}.txt", "w", encoding="utf-8") as text:
            run = subprocess.run([heddle, *command, "--html", folder / f"{name}.html"], stdout=text)
        require(status is None or run.returncode == status,
                f"{name}: exit status {run.returncode}, not {status}")
        size = (folder / f"{name}.html").stat().st_size
        print(f"{name}: {size / 1e6:.2f} MB")


# What evidence.h writes of a segmentation fault, with more operations than are shown at once.
EVIDENCE = {
    "cpus": {
        "0": [{"ns_before_end": 90000 - 700 * i, "did": "a handler " + ("ends" if i % 2 else "begins"),
               "detail": "IRQ"} for i in range(60)] + [{"ns_before_end": 0, "did": "faulted",
                                                       "detail": "at 0x401002"}],
        "1": [{"ns_before_end": 5200, "did": "wrote code", "detail": "cc at offset 16"},
              {"ns_before_end": 3100, "did": "synchronised all CPUs"},
              {"ns_before_end": 400, "did": "waits", "detail": "until all readers have left"}]},
    "patch_log": [{"cpu": "1", "ns_before_end": 5200, "did": "wrote code", "detail": "cc at offset 16"},
                  {"cpu": "1", "ns_before_end": 3100, "did": "synchronised all CPUs"}],
    "crash": {"cpu": 0, "signal": "Segmentation fault", "pc": "0x401002", "address": "0x8",
              "registers": {f"r{i}": hex(0x7ffff7d8e000 + i) for i in range(8, 16)} | {"rax": "0x8"},
              "code": {"begin": "0x401000", "bytes": "66 90 c7 00 01 00 00 00 c3 0f 1f 44 00 00"}},
    "stops": [{"cpu": 1, "signal": "Quit", "pc": "0x7ffff7d8e0aa", "registers": {"rax": "0x0"}}],
    "output": "last words\nof <the> program"}


def write_results(heddle, folder):
    """Two short runs; then the second one gets failures that this machine does not show."""
    db = folder / "results.sqlite"
    db.unlink(missing_ok=True)
    for glob in ("MP", "SB*"):
        run = subprocess.run([heddle, "stress", glob, "--duration", "3s", "--db", db],
                             stdout=subprocess.DEVNULL)
        require(run.returncode in (0, 1, 4), f"results: stress exits with {run.returncode}")
    write_report(heddle, folder, db, "passed")
    with sqlite3.connect(db) as rows:
        # A crash, a hang without evidence, an outcome that the model excludes, and mutants.
        pieces = [p for p, in rows.execute("SELECT id FROM pieces WHERE run = 2 AND scenario = 'SB' "
                                           "ORDER BY id")]
        rows.execute("INSERT INTO failures (piece, failure, evidence) VALUES (?, ?, ?)",
                     (pieces[0], "crashed: Segmentation fault", json.dumps(EVIDENCE)))
        rows.execute("INSERT INTO failures (piece, failure) VALUES (?, 'hung')", (pieces[-1],))
        rows.execute("INSERT INTO outcomes VALUES (?, '[2,2]', 3)", (pieces[0],))
        rows.executemany("INSERT INTO mutants VALUES (2, ?, ?, ?, ?)", [
            ("SB/killed", "killed", "r0=0 r1=0: must not be", 420),
            ("SB/survivor", "survived", "", 2000),
            ("SB/model-only", "not run", "is for the model only", 0)])
    rows.close()
    write_report(heddle, folder, db, "results")


def write_report(heddle, folder, db, name):
    run = subprocess.run([heddle, "report", db, "--html", folder / f"{name}.html",
                          "--perfetto", folder / f"{name}.trace.json"], stdout=subprocess.DEVNULL)
    require(run.returncode in (0, 1, 4), f"{name}: report exits with {run.returncode}")
    trace = json.loads((folder / f"{name}.trace.json").read_text())
    print(f"{name}: {(folder / f'{name}.html').stat().st_size / 1e6:.2f} MB, "
          f"{len(trace['traceEvents'])} trace events")


def check_results(browser):
    """From the verdict to a failure's details; older runs are folded."""
    browser.view(DESKTOP, "light")
    browser.open("results")
    require("failed" in browser.find("h1").text, "the verdict does not come first")
    require(len(browser.shown(".group[open]")) == 1, "older runs are not folded")
    link = browser.find(".banner .failures a[href^='#failure']")
    row = browser.find("#" + link.get_attribute("href").rpartition("#")[2])
    browser.run("arguments[0].open = false", row)
    link.click()
    require(row.get_attribute("open") is not None, "the link does not unfold the failure")
    require("cc at offset 16" in row.text and "mov dword ptr" in row.text,
            "the failure has no flight record or no code")
    top = browser.run("arguments[0].getBoundingClientRect().top", row)
    require(0 <= top < DESKTOP[1], f"the failure is not on the screen but at {top}")
    browser.screenshot("results-failure")
    browser.view(PHONE, "dark")
    browser.run("arguments[0].scrollIntoView()", row)
    browser.screenshot("results-failure-phone")
    browser.view(DESKTOP, "light")
    for scheme in ("light", "dark"):
        browser.view(DESKTOP, scheme)
        browser.run("document.querySelector('.heat').scrollIntoView()")
        browser.screenshot(f"results-heat-{scheme}")
    browser.find("[data-show=failed]").click()
    require(len(browser.shown(".row")) == 3, "not two failures and one scenario have failed")
    browser.check_console("results")


def check_everywhere(browser, name):
    """No errors, nothing wider than the screen, and a screenshot of each kind."""
    for size in (DESKTOP, PHONE):
        for scheme in ("light", "dark"):
            browser.view(size, scheme)
            browser.open(name)
            width = browser.run("document.documentElement.scrollWidth")
            require(width <= size[0], f"{name}: {width} pixels wide on a screen of {size[0]}")
            browser.screenshot(f"{name}-{size[0]}-{scheme}")
            browser.check_console(name)
    light, dark = (browser.folder / f"{name}-{PHONE[0]}-{s}.png" for s in ("light", "dark"))
    require(light.read_bytes() != dark.read_bytes(), f"{name}: dark looks like light")


def picture_for_readme(browser):
    for scheme in ("light", "dark"):
        browser.view(README, scheme)
        browser.open("violation")
        browser.screenshot(f"page-{scheme}")


def check_failure(browser):
    """From the verdict to the trace, and from a sentence to its event."""
    browser.view(DESKTOP, "light")
    browser.open("failure")
    require("not as expected" in browser.find("h1").text, "the verdict does not come first")
    browser.run("document.querySelectorAll('.row').forEach((row) => { row.open = false; })")
    link = browser.find(".failures a")
    row = browser.find("#" + link.get_attribute("href").rpartition("#")[2])
    require(row.get_attribute("open") is None, "the row is open before the click")
    link.click()
    require(row.get_attribute("open") is not None, "the link does not unfold its row")
    svg = row.find_element(By.CSS_SELECTOR, ".picture svg")
    require(svg.is_displayed() and svg.size["height"] > 50, "the trace is not shown")
    top = browser.run("arguments[0].getBoundingClientRect().top", row)
    require(0 <= top < DESKTOP[1], f"the row is not on the screen but at {top}")
    link = row.find_element(By.CSS_SELECTOR, ".why a")
    link.click()
    event = browser.find("#" + link.get_attribute("href").rpartition("#")[2])
    require(event.is_displayed(), "the sentence's link leads to no event")
    browser.check_console("failure")


def check_copy(browser):
    browser.open("violation")
    browser.driver.execute_cdp_cmd("Browser.grantPermissions", {
        "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    button = browser.find(".command button")
    browser.run("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    browser.driver.implicitly_wait(2)
    browser.find(".command button")
    require(button.text == "Copied", f"the button says {button.text}")
    copied = browser.driver.execute_async_script(
        "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))")
    require(copied == browser.find(".command code").text, f"copied {copied}")
    browser.check_console("violation")


def check_filter(browser):
    browser.view(DESKTOP, "light")
    browser.open("mp")
    require(len(browser.shown(".row")) == 9, "not all 9 checks are shown")
    box = browser.find(".filter input")
    box.send_keys("publication RC11")
    require(len(browser.shown(".row")) == 1, "the filter does not leave one check")
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys("nowhere")
    require(browser.find(".none").text == "Nothing matches.", "an empty list says nothing")
    box.send_keys(Keys.CONTROL, "a", Keys.DELETE)
    browser.find("[data-show=caught]").click()
    require(len(browser.shown(".row")) == 2, "not 2 mutants are caught")
    # What a link names is shown, whatever the filter hides.
    browser.run("location.assign('#check1')")
    require(browser.find("#check1").is_displayed(), "a link to what the filter hides leads nowhere")
    browser.check_console("mp")


def check_long(browser):
    """Many checks: folded, and quick to filter."""
    browser.view(DESKTOP, "light")
    browser.open("long")
    rows = browser.run("document.querySelectorAll('.row').length")
    require(rows > 1000, f"only {rows} checks")
    require(len(browser.shown(".group[open]")) < 60, "a long list is unfolded")
    milliseconds = browser.run("""(() => {
      const box = document.querySelector(".filter input"), start = performance.now();
      box.value = "mp/relaxed";
      box.dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
      return performance.now() - start;
    })()""")
    print(f"long: {rows} checks, filtered in {milliseconds:.0f} ms")
    require(milliseconds < 2000, "the filter is slow")
    require(browser.shown(".row"), "the filter finds nothing")
    browser.check_console("long")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: page_test.py HEDDLE FOLDER")
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    write_pages(sys.argv[1], folder)
    write_results(sys.argv[1], folder)
    browser = Browser(folder)
    try:
        for name in [name for name, _, _ in PAGES] + ["passed", "results"]:
            check_everywhere(browser, name)
        picture_for_readme(browser)
        check_failure(browser)
        check_copy(browser)
        check_filter(browser)
        check_long(browser)
        check_results(browser)
    finally:
        browser.driver.quit()
    print(f"the pages work; screenshots are in {folder}")


main()
