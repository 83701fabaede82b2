"""The bar of what descriptions cost, in Chromium: in every tab, of the project that was chosen, following sessions."""

from playwright.sync_api import expect

from app.library.library import Library
from app.media import Place
from tests.browser.conftest import looks_well, watch
from tests.ingest.builders import SESSION
from tests.samples import write_many
from tests.support.runs import run
from tests.support.server import Server


def test_every_tab_shows_what_the_chosen_project_cost_and_follows_a_session(page, said, tmp_path, request):
    roots = {name: tmp_path / name for name in ("first", "second")}
    for root in roots.values():
        write_many(root, 2)
    with Server(tmp_path / "server", roots, INGEST_CURRENCY="INR:88.86") as server:
        library = Library(f"sqlite:///{server.database}")
        request.addfinalizer(library.close)
        library.runs.add([run(1)], session_id=SESSION, place=Place("first", b"a.jpg"))
        library.runs.add([run(2, "0.5"), run(3, None)], session_id=SESSION, place=Place("second", b"a.jpg"))
        other = page.context.new_page()
        watch(other, said)
        for tab, path in ((page, "dashboard"), (other, "ingest-v2")):
            tab.goto(f"{server.address}/{path}")
            expect(tab.locator("#spending")).to_contain_text("$0.5004 ₹44.47")
        assert looks_well(page)
        page.locator("#spending-root").press("ArrowDown")
        for tab in (page, other):
            expect(tab.locator("#spending")).to_contain_text("$0.0004 ₹0.04")
            expect(tab.locator("#spending-root")).to_have_value("first")
        assert page.evaluate("document.activeElement.id") == "spending-root"

        library.runs.add([run(4), run(5)], session_id=SESSION, place=Place("first", b"a.jpg"))
        server.wait_for(server.begin("first"), "completed")
        for tab in (page, other):
            tab.evaluate("dispatchEvent(new Event('focus'))")  # a person comes back; else it looks every 5 s
            expect(tab.locator("#spending dl")).to_contain_text("Runs3", timeout=15_000)
        page.goto(f"{server.address}/library")
        expect(page.locator("#spending")).to_contain_text("$0.0012")
        page.get_by_role("link", name="3", exact=True).click()
        expect(page.get_by_role("heading", name="Runs")).to_be_visible()
        expect(page.locator(".runs li")).to_have_count(3)
        assert looks_well(page)
        page.goto("about:blank")
        other.close()
