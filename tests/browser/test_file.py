"""The page of one file: its values with where they were read, how an AI image was made, its keywords and raw tags."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import looks_well
from tests.samples import ai_image, photo
from tests.support.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose one root is taken in: a photo with all kinds of tags, and an image that a generator made."""
    folder = tmp_path_factory.mktemp("file")
    photo(
        folder / "known" / "beach.jpg",
        make="Nikon",
        model="Nikon Z 6",
        taken_at=datetime(2024, 5, 12, 10, 22, tzinfo=timezone(timedelta(hours=2))),
        orientation=6,
        rating=4,
        title="On the <b>beach</b>",
        keywords=("sea", "sand\u202e"),
    )
    ai_image(
        folder / "known" / "made.png",
        prompt="a (quiet:1.3) valley, dusk\nsecond line",
        negative="people, text",
        Seed=2**64 - 1,
    )
    with Server(folder / "server", {"known": folder / "known"}) as running:
        running.wait_for(running.begin("known"), "completed")
        yield running


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """The server as it is: its session is on show. What a person set is given back to the files at the end."""
    yield shared_server
    released = {"release": ["score", "title", "caption", "keywords"]}
    for name in ("beach.jpg", "made.png"):
        answer = shared_server.client.patch(f"/api/library/file?path=known/{name}", json=released)
        assert answer.status_code == 200, answer.text
    shared_server.wait_for(shared_server.begin("known", skip_existing=False), "completed")


def opened(page: Page, server: Server, name: str) -> None:
    """The list of what was processed, and from it the file by a click on its picture."""
    page.goto(f"{server.address}/ingest-v2")
    page.get_by_role("button", name="2 to process").click()
    page.locator("#files li", has_text=name).locator("img").click()
    expect(page.locator("#explain-title")).to_have_text(name)


def test_a_click_on_a_picture_opens_the_file_with_its_values_and_their_sources(page: Page, server: Server) -> None:
    opened(page, server, "beach.jpg")
    values = page.locator("#known-values")
    expect(values.locator("div", has_text="Taken")).to_contain_text("2024-05-12 10:22:00 +02:00")
    expect(values.locator("div", has_text="Camera").locator("dd")).to_have_text("Nikon Z 6EXIF")
    expect(values.locator("div", has_text="Title").locator("dd")).to_have_text("On the <b>beach</b>XMP")
    expect(values.get_by_role("img", name="4 of 5")).to_be_visible()
    expect(page.locator("#explain-facts")).to_contain_text(re.compile("480 . 320"))
    expect(page.locator("#known-keywords li")).to_have_text([re.compile(r"sand.U\+202E."), "sea"])
    expect(page.locator("#known-made")).not_to_be_visible()
    page.get_by_text("As it was read").click()
    expect(page.locator("#known-raw")).to_contain_text("Image Make")
    assert looks_well(page)


def test_an_ai_image_shows_its_words_its_settings_and_how_much_was_understood(page: Page, server: Server) -> None:
    opened(page, server, "made.png")
    made = page.locator("#known-made")
    expect(made.locator(".verdict")).to_have_text("Understood")
    expect(made.locator(".prompt").first).to_have_text("a (quiet:1.3) valley, dusk\nsecond line")
    expect(made.locator(".prompt.negative")).to_have_text("people, text")
    expect(made.locator("dl > div", has_text="Steps").locator("dd")).to_have_text("28")
    expect(page.locator("#known-keywords li", has_text="dusk").first).to_be_visible()
    assert looks_well(page)
    address = page.get_by_role("link", name="Everything as JSON").get_attribute("href")
    assert page.request.get(f"{server.address}{address}").json()["prompt_verdict"] == "parsed"


def test_how_much_was_understood_of_ai_images_is_counted(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#complete-facts div", has_text="AI images").locator("dd")).to_have_text("1 understood")


def test_a_person_sets_what_stays_through_another_ingest_and_can_give_it_back(
    page: Page, server: Server, said: list[str]
) -> None:
    opened(page, server, "beach.jpg")
    dialog, values, form = (page.locator(f"#{name}") for name in ("explain-dialog", "known-values", "edit-form"))
    page.get_by_role("button", name="Edit").click()
    expect(form.get_by_label("Score")).to_be_focused()
    expect(form.get_by_label("Title")).to_have_value("On the <b>beach</b>")
    form.get_by_label("Score").select_option("2")
    form.get_by_label("Title").fill("Mine")
    form.get_by_label("Your keywords").fill("north\n \n west ")
    assert looks_well(page)
    page.get_by_role("button", name="Save").click()
    expect(values.locator("dl > div", has_text="Title").locator("dd")).to_have_text("Mineyou")
    expect(values.get_by_role("img", name="2 of 5")).to_be_visible()
    expect(page.locator("#known-keywords dl > div", has_text="You").locator("li")).to_have_text(["north", "west"])
    expect(dialog.locator("#explain-events li").first).to_contain_text("A person set keywords, score and title.")

    def again() -> None:
        session = server.begin("known", skip_existing=False, generate_thumbnails=False)
        server.wait_for(session, "completed")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="What became of known/beach.jpg?").click()
        expect(dialog.locator("#explain-title")).to_have_text("beach.jpg")

    again()
    expect(values.locator("dl > div", has_text="Title").locator("dd")).to_have_text("Mineyou")
    page.get_by_role("button", name="Edit").click()
    form.get_by_label("Caption").fill("x" * 100_000)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#edit-error")).to_contain_text("caption must have at most")
    assert all("422" in line for line in said), said
    said.clear()
    form.get_by_label("Caption").fill("")
    form.get_by_role("button", name="Give score and title back to the file").click()
    expect(values.get_by_role("img", name="2 of 5")).not_to_be_visible()
    again()
    expect(values.locator("dl > div", has_text="Title").locator("dd")).to_have_text("On the <b>beach</b>XMP")
    expect(values.get_by_role("img", name="4 of 5")).to_be_visible()


def test_what_a_form_cannot_show_stays_as_it_is_and_what_is_written_is_not_lost(page: Page, server: Server) -> None:
    path = "known/made.png"
    values = {"title": "of\ntwo lines", "caption": "one\r\ntwo ", "keywords": ["a, b", "c"]}
    page.request.patch(f"{server.address}/api/library/file?path={path}", data=values)
    opened(page, server, "made.png")
    expect(page.locator("#known-values dl > div", has_text="Caption").locator("dd")).to_have_text("one\ntwoyou")
    edit, form, dialog = (page.locator(f"#{name}") for name in ("edit", "edit-form", "explain-dialog"))
    edit.click()
    page.keyboard.press("Escape")
    expect(form).not_to_be_visible()
    expect(edit).to_be_focused()
    edit.click()
    form.get_by_label("Score").select_option("5")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#known-values").get_by_role("img", name="5 of 5")).to_be_visible()
    expect(edit).to_be_focused()
    known = server.get("/api/library/file", params={"path": path}).json()
    assert (known["title"], known["caption"], known["score"]) == ("of\ntwo lines", "one\r\ntwo", 5)
    assert [word["text"] for word in known["keywords"] if word["source"] == "person"] == ["a, b", "c"]

    edit.click()
    form.get_by_label("Caption").fill("not to be lost")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect(page.locator("#edit-error")).to_have_text("Save what you wrote, or cancel it, first.")
    expect(form.get_by_label("Caption")).to_be_focused()
    page.go_back()
    expect(page).to_have_url(re.compile("file="))
    expect(form.get_by_label("Caption")).to_have_value("not to be lost")
    form.get_by_role("button", name="Cancel").click()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


def test_huge_numbers_are_shown_to_their_last_digit_and_each_verdict_opens_its_files(
    page: Page, server: Server
) -> None:
    def with_a_lora(route: Route) -> None:
        known = route.fetch().json()
        known["generation"]["loras"] = [{"name": "strong", "weight": 10**20}]
        route.fulfill(json=known)

    page.route("**/api/library/file?*", with_a_lora)
    opened(page, server, "made.png")
    expect(page.locator("#known-made dl > div", has_text="Seed").locator("dd")).to_have_text(str(2**64 - 1))
    expect(page.locator("#known-made dl > div", has_text="LoRAs").locator("dd")).to_contain_text(str(10**20))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="1 understood").click()
    expect(page.locator("#files li")).to_have_count(1)
    expect(page.locator("#files li")).to_contain_text("made.png")


def test_an_answer_that_cannot_be_read_is_said(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/ingest-v2")
    page.route("**/api/ingest/explain?*", lambda route: route.fulfill(body="<p>Signed out of the network</p>"))
    page.get_by_label("What became of a file?").fill("known/beach.jpg")
    page.keyboard.press("Enter")
    expect(page.locator("#explain-error")).to_have_text("The server's answer cannot be read.")


def test_joiners_are_part_of_words_and_of_emoji_and_shown_where_they_would_disguise_a_name(page, server):
    page.goto(f"{server.address}/ingest-v2")
    written = ["क्\u200dष", "ಕ್\u200cಷ", "👨\u200d👩\u200d👧", "IMG\u200c_1.jpg", "x\u202ey"]
    script = """async (texts) => {
        const { readable } = await import("/static/lib/words.js");
        return texts.map((text) => readable(text));
    }"""
    assert page.evaluate(script, written) == [*written[:3], "IMG\u2039U+200C\u203a_1.jpg", "x\u2039U+202E\u203ay"]
