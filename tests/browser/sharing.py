"""A phone that several people share: what one leaves behind, and what the next one is told."""

from .driving import hanging
from .staging import ELIF, WELCOME, Scene, Scenes, Stage, change


def sharing(stage: Stage) -> Scenes:
    """A phone that somebody has handed over without a network: what waits is sealed, and the next one is told how much."""
    one = stage.phone()
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Texten är redo")
    with hanging(stage.server):
        one.visit(f"/learn/{WELCOME}/steps/valkommen")
        one.press("Klar, nästa")
        one.page.wait_for_url("**/steps/film")
        one.visit("/me")
        one.press("Lämna över telefonen")
        one.page.locator("dialog").get_by_role("button", name="Lämna över").click()
        one.wait_for("registrering från en kollega väntar", seconds=30)
        yield Scene("sign-in-sealed", one)
        # While the server hangs still: else the box might arrive before its ticket is gone.
        change(stage.server, "DELETE FROM upload_ticket")
        change(stage.server, "DELETE FROM session")
    one.page.reload()
    one.wait_for("kan inte skickas än", seconds=30)
    yield Scene("sign-in-sealed-refused", one)
