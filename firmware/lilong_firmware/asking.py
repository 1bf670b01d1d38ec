"""Anti-passback of a whole estate: a door asks its backend about a card before it opens, and else decides by itself.

As access controllers ask their host and time out to their own decision: the answer comes at once or is not waited for,
and a backend that does not answer soon costs nobody any time.
"""

from lilong_protocol.codes import EVENT_DOOR_ASKED, Q_CREDENTIAL
from lilong_protocol.topics import EVENT

from .effects import NEVER
from .session import ONLINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

ANSWER_MS = 600  # (ours) read to unlock stays within 1 s
UNANSWERED = 3  # (ours) questions in a row without an answer ...
PAUSE_MS = 300_000  # (ours) ... and so long, or until it has connected anew, nothing is asked
QUESTIONS = 4  # (ours) that wait at a time: both sides of a gate, and who is impatient


class Questions:
    """`deadline`: uptime in ms until which the oldest question may be answered."""

    __slots__ = ("_device", "_paused_until", "_questions", "_unanswered", "deadline")

    def __init__(self, device: "Device") -> None:
        self._device = device
        self._questions: list[tuple[int, int, int]] = []  # number of the event, card, until when; the oldest first
        self._unanswered = 0
        self._paused_until = 0
        self.deadline = NEVER

    def ask(self, now: int, card: int, who: int) -> bool:
        """Whether the card has to wait for an answer. One that is read again while it does is asked for once."""
        device = self._device
        questions = self._questions
        for question in questions:
            if question[1] == card:
                return True
        if device.session.state != ONLINE or now < self._paused_until or len(questions) >= QUESTIONS:
            return False
        questions.append((device.uplink.next_seq(EVENT), card, now + ANSWER_MS))
        self.deadline = questions[0][2]
        device.event(now, EVENT_DOOR_ASKED, {Q_CREDENTIAL: who})
        return True

    def answered(self, seq: int) -> int:
        """The card that an event has asked for, which waits no more; 0: none."""
        for question in self._questions:
            if question[0] == seq:
                self._unanswered = 0
                self._paused_until = 0
                self._questions.remove(question)
                self._plan()
                return question[1]
        return 0

    def overdue(self, now: int) -> "list[int]":
        """The cards that have waited long enough."""
        questions = self._questions
        cards = []
        while questions and now >= questions[0][2]:
            cards.append(questions.pop(0)[1])
            self._unanswered += 1
            if self._unanswered >= UNANSWERED:
                self._paused_until = now + PAUSE_MS
        self._plan()
        return cards

    def given_up(self) -> "list[int]":
        """The cards for which nobody's answer is waited for any more."""
        cards = [question[1] for question in self._questions]
        self._questions.clear()
        self._plan()
        return cards

    def connected(self) -> None:
        """Somebody else may answer now: the first question will show it."""
        self._paused_until = 0

    def _plan(self) -> None:
        self.deadline = self._questions[0][2] if self._questions else NEVER
