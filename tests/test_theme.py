"""Both themes of our own can be read: 4.5:1 for every text on every ground it stands on."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from playbook import theme
from playbook.widgets.card_view import STATE_STYLES

OURS = (theme.DARK, theme.LIGHT)
ENOUGH = 4.5


def colours(of: Theme) -> dict[str, str]:
    """The theme's colours as Textual makes them."""
    return of.to_color_system().generate()


def seen(text: str, ground: Color) -> Color:
    """The colour a reader sees: `auto` and transparent ones laid over the ground."""
    if text.startswith("auto"):
        share = float(text.split()[1].rstrip("%")) / 100
        return ground + ground.get_contrast_text(share)
    return ground + Color.parse(text)


def contrast(text: Color, ground: Color) -> float:
    """The ratio of WCAG 2, from 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

    def luminance(colour: Color) -> float:
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    lighter, darker = sorted((luminance(text), luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("of", OURS, ids=lambda of: of.name)
@pytest.mark.parametrize("ground", ["background", "surface"])
@pytest.mark.parametrize(
    "text",
    ["foreground", "primary", "accent", "text-accent", "text-success", "text-warning", "text-error", "muted"],
)
def test_text_can_be_read(of: Theme, ground: str, text: str) -> None:
    table = colours(of)
    below = Color.parse(table[ground])
    muted = below.blend(Color.parse(table["foreground"]), 0.7)
    colour = muted if text == "muted" else seen(table[text], below)
    assert contrast(colour, below) >= ENOUGH


@pytest.mark.parametrize("of", OURS, ids=lambda of: of.name)
def test_the_key_in_the_footer_can_be_read(of: Theme) -> None:
    table = colours(of)
    ground = Color.parse(table["panel"])
    assert contrast(seen(of.variables["footer-key-foreground"], ground), ground) >= ENOUGH


def test_the_styles_of_the_states_are_those_measured_here() -> None:
    assert set(STATE_STYLES.values()) == {"$text-success", "$text-warning", "$foreground 70%", "$text-error"}


@pytest.mark.parametrize(
    ("colorfgbg", "fits"),
    [("0;15", "playbook-light"), ("0;7", "playbook-light"), ("15;0", "playbook-dark"), ("", "playbook-dark")],
)
def test_the_terminals_own_ground_chooses_light_or_dark(
    monkeypatch: pytest.MonkeyPatch, colorfgbg: str, fits: str
) -> None:
    monkeypatch.setenv("COLORFGBG", colorfgbg)
    assert theme.fitting(None, {"nord"}) == fits


def test_what_was_chosen_last_comes_back_when_it_still_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORFGBG", raising=False)
    assert theme.fitting("nord", {"nord"}) == "nord"
    assert theme.fitting("gone", {"nord"}) == "playbook-dark"
    assert theme.fitting(["odd"], {"nord"}) == "playbook-dark"


@pytest.mark.parametrize(
    ("remembered", "fits"), [("ansi-dark", "playbook-dark"), ("ansi-light", "playbook-light"), ("nord", "nord")]
)
def test_no_color_never_paints_black_on_black(monkeypatch: pytest.MonkeyPatch, remembered: str, fits: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert theme.fitting(remembered, {remembered}) == fits
