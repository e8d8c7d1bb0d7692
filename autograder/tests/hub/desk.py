"""What a person sees of a hub: JupyterLab in a browser window of their own, with nbgrader's extensions."""

from __future__ import annotations

from time import monotonic, sleep

from playwright.sync_api import Browser, Locator, Page

from autograder.tests.browser import WIDE
from autograder.tests.hub.server import PASSWORD, PATIENCE, Hub


class Desk:
    """A person's window: logged in, their server started, JupyterLab open; each step waits for what it brings."""

    def __init__(self, hub: Hub, browser: Browser, name: str) -> None:
        self.hub, self.home = hub, hub.home / name
        self.page: Page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type]
        self.page.set_default_timeout(1000 * PATIENCE)
        self.page.goto(f"{hub.address}/hub/login")
        self.page.fill("#username_input", name)
        self.page.fill("#password_input", PASSWORD)
        self.page.click("#login_submit")
        self.menu("Nbgrader").wait_for()

    def menu(self, *names: str) -> Locator:
        """An entry of the menu bar, by the names that lead to it; all but the last are opened."""
        for name in names[:-1]:
            self.page.get_by_role("menuitem", name=name, exact=True).click()
        return self.page.get_by_role("menuitem", name=names[-1], exact=True)

    def assignments(self, part: str) -> Locator:
        """One of the three parts of nbgrader's Assignment List: released, fetched, submitted."""
        tab = self.page.get_by_role("tab", name="Assignments")
        if not tab.count():
            self.menu("Nbgrader", "Assignment List").click()
        tab.click()
        return self.page.locator(f"#{part}_assignments_list")

    def fetch(self, chapter: str) -> None:
        """Get the assignment, and open its notebook."""
        self.assignments("released").get_by_role("button", name="Fetch").click()
        fetched = self.assignments("fetched")
        fetched.get_by_role("button", name=chapter).click()
        fetched.get_by_role("link", name=chapter, exact=True).click()
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

    def cell(self, text: str) -> Locator:
        """The code cell in which a text stands."""
        return self.page.locator(".jp-CodeCell").filter(has=self.page.locator(".cm-content", has_text=text)).first

    def answer(self, exercise: str, source: str) -> None:
        """Type an answer in place of what stands in its cell."""
        self.cell(f"def {exercise}(").locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def run_until(self, exercise: str) -> str:
        """Run the notebook; gives what the check of an exercise shows."""
        self.menu("Run", "Run All Cells").click()
        shown = self.cell(f"check({exercise})").locator(".jp-OutputArea-output")
        shown.first.wait_for()
        return "\n".join(shown.all_inner_texts())

    def validate(self) -> str:
        """Press Validate above the notebook, which saves it; gives what the dialog says, and closes it."""
        self.page.get_by_role("button", name="Validate", exact=True).click()
        dialog = self.page.locator(".jp-Dialog", has_text="Validation Results")
        dialog.wait_for()
        said = dialog.inner_text()
        assert dialog.locator("pre").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)"), said
        dialog.get_by_role("button", name="Ok").click()
        return said

    def submit(self) -> None:
        """Hand in, and see it in the list."""
        self.assignments("fetched").get_by_role("button", name="Submit").click()
        self.assignments("submitted").get_by_role("button", name="Fetch Feedback").wait_for()

    def read_feedback(self, chapter: str) -> Page:
        """Fetch feedback in the Assignment List, go where it leads, and open the page there in a tab of its own.

        Within JupyterLab it can be read, too, but no link in it works on a hub, which forbids pages within pages.
        """
        self.assignments("fetched")
        self.page.locator("#refresh_assignments_list").click()
        submitted = self.assignments("submitted")
        submitted.get_by_text("feedback available to fetch").wait_for()
        submitted.get_by_role("button", name="Fetch Feedback").click()
        submitted.get_by_text("view feedback").click()
        self.page.locator(".jp-DirListing-item", has_text=f"{chapter}.html").click(button="right")
        with self.page.context.expect_page() as opened:
            self.menu("Open in New Browser Tab").click()
        return opened.value

    def type_in_terminal(self, command: str) -> str:
        """Type a command in JupyterLab's terminal; gives what it printed. It must end well."""
        said, status = self.home / "said", self.home / "status"
        status.unlink(missing_ok=True)
        terminal = self.page.locator(".jp-Terminal")
        if not terminal.count():
            self.page.locator(".jp-LauncherCard", has_text="Terminal").click()
        terminal.locator(".xterm-helper-textarea").wait_for(state="attached")
        terminal.click()
        self.page.keyboard.insert_text(f"({command}) > ~/said 2>&1; echo $? > ~/part; mv ~/part ~/status")
        self.page.keyboard.press("Enter")
        until = monotonic() + PATIENCE
        while not status.exists():
            assert monotonic() < until, f"it has not ended: {command}"
            sleep(0.2)
        assert status.read_text() == "0\n", said.read_text()
        return said.read_text()
