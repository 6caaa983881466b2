"""Somebody at a browser who takes the time that people take, and a log of it.

The pauses are those of the keystroke-level model (Card, Moran and Newell, "The Keystroke-Level Model for User
Performance Time with Interactive Systems", 1980): they are what is measured, not waiting for the page.
"""

import time
from dataclasses import dataclass, field

# Seconds: one key of an average typist, aiming with the mouse, pressing its button, a hand between mouse and
# keyboard, and making up one's mind.
KEY, POINT, BUTTON, HAND, MIND = 0.28, 1.1, 0.2, 0.4, 1.35
# Silent reading of English, words a minute (Brysbaert, "How many words do we read per minute?", 2019).
WORDS_A_MINUTE = 238


@dataclass
class Human:
    """Acts on a page as a person; each click, each filled field and each paste is one interaction."""

    page: object
    steps: list[tuple[float, float, str]] = field(default_factory=list)  # began after, took, what
    began: float = field(default_factory=time.monotonic)

    def restart(self):
        """The clock begins with the next action."""
        self.steps, self.began = [], time.monotonic()

    @property
    def seconds(self):
        began, took, _what = self.steps[-1]
        return began + took

    @property
    def interactions(self):
        return sum(1 for _began, _took, what in self.steps if not what.startswith("reads"))

    def _did(self, since, what):
        at = since - self.began
        self.steps.append((at, time.monotonic() - since, what))

    def _pauses(self, seconds):
        self.page.wait_for_timeout(seconds * 1000)

    def clicks(self, target, what):
        since = time.monotonic()
        self._pauses(MIND + POINT + BUTTON)
        target.click()
        self._did(since, f"clicks {what}")

    def types(self, target, text, what):
        since = time.monotonic()
        self._pauses(MIND + POINT + BUTTON + HAND)
        target.click()
        target.press_sequentially(text, delay=KEY * 1000)
        self._pauses(HAND)
        self._did(since, f"types {what}")

    def pastes(self, target, text, what):
        """The text is at hand in another window: over to it, copy, back, click, paste."""
        since = time.monotonic()
        self._pauses(MIND + 3 * (POINT + BUTTON) + 4 * KEY)
        target.click()
        self.page.keyboard.insert_text(text)
        self._did(since, f"pastes {what}")

    def reads(self, seen, what, *texts):
        """Wait until it is there, read these texts word by word, and make up one's mind."""
        since = time.monotonic()
        seen()
        words = sum(len(text.inner_text().split()) for text in texts)
        self._pauses(MIND + words * 60 / WORDS_A_MINUTE)
        self._did(since, f"reads {what}" + (f" ({words} words)" if words else ""))

    def told(self):
        """The log as a Markdown table."""
        rows = [f"| {at:5.1f} s | {took:4.1f} s | {what} |" for at, took, what in self.steps]
        return "\n".join(["| at | took | |", "|---|---|---|", *rows])
