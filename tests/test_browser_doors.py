"""Who may come in, in a real browser: an app with codes, an invitation, a session ended, a token revoked."""

from playwright.sync_api import expect

from tests.doors import now_shown
from tests.pages import PASSWORD, Firm
from tests.windows import Open, turn

INVITED, OF_THEIRS = "robin@example.com", "seven green umbrellas dance"


def test_doors_are_opened_and_shut_on_the_pages(firm: Firm, sign_in: Open, address: str) -> None:
    page, owner = sign_in("alex", "phone", "/account"), sign_in("sam", at="/tokens")
    page.get_by_role("button", name="Set up an app").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("The six digits").fill(now_shown(secret))
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_label("Email").fill("alex@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code from your app").fill(now_shown(secret, 1))
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#list")).to_be_visible()

    owner.get_by_label("What will use it?").fill("The till")
    owner.get_by_role("button", name="Make it").click()
    expect(owner.locator("#made")).not_to_have_value("")
    owner.get_by_role("button", name="Revoke").click()
    expect(owner.get_by_role("status")).to_contain_text("Revoked.")

    owner.goto(f"{address}/users")
    owner.get_by_role("textbox", name="Email").fill(INVITED)
    owner.get_by_role("button", name="Make a link").click()
    link = owner.locator("#link").input_value()
    page.context.clear_cookies()
    page.goto(link.replace(firm.settings.public_url, address, 1))
    page.get_by_label("Your name").fill("Robin Gray")
    page.get_by_label("A password of your own").fill(OF_THEIRS)
    page.get_by_role("button", name="Come in").click()
    expect(page.locator(".account summary")).to_contain_text("Robin Gray")

    firm.let_in("sam")
    owner.goto(f"{address}/account")
    owner.locator("#end-1, #end-2").click()
    expect(owner.locator("#sessions").get_by_role("status")).to_have_text("Done.")
    expect(owner.locator("#sessions li")).to_have_count(1)
    for _ in range(2):
        firm.let_in("sam")
    turn(owner)
    owner.goto(f"{address}/account")
    owner.get_by_role("button", name="End all others").click()
    expect(owner.locator("#sessions").get_by_role("status")).to_have_text("Done.")
    expect(owner.locator("#sessions li")).to_have_count(1)
    expect(owner.get_by_text("this one")).to_be_visible()
