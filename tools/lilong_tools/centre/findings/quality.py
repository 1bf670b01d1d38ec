"""Data that cannot be right: what the checker of `lilong_protocol.pc.quality` doubts, one finding for each matter."""

from collections.abc import Iterable

from lilong_protocol.frame import Frame
from lilong_protocol.pc.findings import BY_NUMBER, GAP
from lilong_protocol.pc.quality import Checker, Doubt

from .book import Book, Found
from .quiet import Quiet
from .site import Site

_OURS = "quality."


class Quality:
    """A matter is a quantity of a device, its clock, or two that contradict each other. Gaps of a device are one
    finding until none has come for a while."""

    def __init__(self, book: Book, site: Site, quiet: Quiet) -> None:
        self._book = book
        self._quiet = quiet
        self._checker = Checker({device.id: device.kind for device in site.devices})

    @property
    def deadline(self) -> int | None:
        return self._checker.deadline

    def said(self, now_ms: int, device: str, frame: Frame, retained: bool = False) -> bool:
        """An authentic frame; True when anything has come of it."""
        return self._take(now_ms, self._checker.take(now_ms, device, frame, retained))

    def step(self, now_ms: int) -> None:
        """`deadline` has come."""
        self._take(now_ms, self._checker.step(now_ms))

    def restore(self, found: Iterable[Found]) -> None:
        """The open findings that were stored."""
        for one in found:
            if one.what.name.startswith(_OURS) and one.what is not GAP and not one.cleared:
                self._checker.resume(one.device, BY_NUMBER[one.number], one.detail["about"])

    # ---- inside

    def _take(self, now_ms: int, doubts: Iterable[Doubt]) -> bool:
        any_came = False
        for doubt in doubts:
            any_came = True
            subject = doubt.device if doubt.what is GAP else f"{doubt.device}/{doubt.about}"
            found = self._book.open_of(doubt.what, subject)
            if found is None and doubt.begins:
                found = self._book.begin(
                    now_ms, doubt.what, subject, doubt.at_ms, doubt.device, about=doubt.about, text=doubt.text
                )
            elif found is not None and not doubt.begins:
                self._book.clear(now_ms, found)
            if found is not None and doubt.what is GAP:
                self._quiet.again(now_ms, found)
        return any_came
