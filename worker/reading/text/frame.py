"""The frame in which the lines of a page are upright and level, and the way from it to the page and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schemas.page import Box
from worker.reading.pages.base import Picture
from worker.reading.text.bent_sheet import BentSheet


@dataclass(frozen=True, slots=True)
class Frame:
    """The page turned counter-clockwise by `quarter_turns`, then its `sheet` laid flat where it has one."""

    quarter_turns: int = 0
    sheet: BentSheet | None = None

    @property
    def is_the_page(self) -> bool:
        """Whether it is the page as it came."""
        return not self.quarter_turns and self.sheet is None

    def upright(self, picture: Picture) -> Picture:
        """A picture of the page in this frame."""
        turned = np.ascontiguousarray(np.rot90(picture, self.quarter_turns))
        return turned if self.sheet is None else self.sheet.flattened(turned)

    def on_page(self, box: Box) -> Box:
        """A box in this frame, on the page as it came."""
        lying = box if self.sheet is None else self.sheet.on_page(box)
        return lying.turned_back(self.quarter_turns)

    def from_page(self, box: Box) -> Box:
        """A box of the page as it came, in this frame."""
        turned = box.turned_back(-self.quarter_turns % 4)
        return turned if self.sheet is None else self.sheet.on_sheet(turned)
