"""What an application wants of devices: commands, acknowledgements, settings, updates, new keys."""

import contextlib
from collections.abc import Callable
from random import Random

from .. import topics
from ..registry import COMMAND, KIND_BY_NUMBER
from .decided import Publish, StateRow
from .desired import Configuration, settings_of
from .downlink import OPERATOR_CHARACTERS, Sealed
from .errors import RequestError
from .memory import config_row, update_row
from .message import Message
from .order import OFFER, OPERATOR_ACK, WAITS, Order, check_options, checked
from .orders import Orders, Sender
from .peer import Peer
from .presence import ASLEEP, NEVER, OFFLINE, Presence
from .receiver import Receiver
from .updates import Artifact, Progress, Updates

REBIRTH_MS = 10_000  # a device answers one request in this time
UPDATE_CAUSE, EPOCH_CAUSE = "update", "key epoch"


def alarm_cause(device: str, ref: tuple[int, int]) -> str:
    """The cause of the orders that an alarm gives; `ref` is the key of its raise."""
    return f"alarm {device}-{ref[0]}-{ref[1]}"


class Wishes:
    """The half of an engine that speaks to devices. Everything leaves with the next batch, after its commit."""

    def __init__(
        self, receiver: Receiver, presence: Presence, awake: Callable[[int, str], bool] | None, chance: Random
    ) -> None:
        self.receiver = receiver
        self.presence = presence
        self.updates = Updates()
        self._awake = awake
        self._back: dict[str, bool] = {}  # devices that were heard; True: in a new session
        self._rebirths: dict[str, tuple[int, int]] = {}  # device: epoch ms and counter of the request
        self._configurations: dict[str, Configuration] = {}
        self._publishes: list[Publish] = []
        self._rows: list[StateRow] = []
        self._touched: dict[str, None] = {}  # devices whose row must be stored
        self.orders = Orders(
            Sender(receiver.find, self.reachable, self.send, self._sealed, self.rebirth, chance.randrange)
        )

    # ---- what may be asked for

    def command(
        self,
        now_ms: int,
        device: str,
        name: str,
        arguments: dict[str, int] | None = None,
        operator: str | None = None,
        cause: str = "operator",
        insists: bool = False,
        label: str | None = None,
    ) -> Order:
        """Tell a device to do something; its answer comes as a response whose `order` this is, or as `given_up`.

        now_ms: epoch ms. name, arguments: of the registry (protocol/REFERENCE.md, commands), integers in its units.
        operator: None or 1 to 64 characters; cause: 1 to 200, for `orders.withdraw`; label: names it in complaints.
        insists: sent anew until it is answered, and waits for a device that is away; for what does no harm twice.
        Else it is for the present boot: it goes out now or, where that was not heard in person, after the birth that is
        asked for. RequestError when it cannot be carried out.
        """
        peer = self._known(device)
        known = KIND_BY_NUMBER.get(-1 if peer.session.kind is None else peer.session.kind)
        what = f"command {name!r} for {label or device}"
        check_options(what, operator, cause, insists)
        _, by_place = checked(
            name, known.name if known else None, {} if arguments is None else arguments, label or device
        )
        if not insists:
            self._check_present(now_ms, device, name, what)
        return self.issue(now_ms, Order(device, 0, name, by_place, operator, cause, now_ms, insists))

    def acknowledge(
        self, now_ms: int, device: str, ref: tuple[int, int], operator: str, told: tuple[int, int] | None = None
    ) -> Order:
        """A person has taken notice of the alarm whose raise was (boot, seq) `ref`: told until the device answers.

        It is withdrawn when the alarm is cleared, or active again later than `told`: the (boot, seq) of the latest
        alarm frame that the person knew of, by default the latest of the device that has arrived. A later one of the
        same alarm takes its place.
        """
        if not isinstance(operator, str) or not 1 <= len(operator) <= OPERATOR_CHARACTERS:
            raise RequestError(f"acknowledging {ref} of {device}: a name needs 1 to {OPERATOR_CHARACTERS} characters")
        peer = self._known(device)
        told = peer.latest(topics.ALARM) if told is None else told
        cause = alarm_cause(device, ref)
        self.orders.withdraw(now_ms, device, cause, name=OPERATOR_ACK)
        return self.issue(now_ms, Order(device, 0, OPERATOR_ACK, {}, operator, cause, now_ms, True, ref, told))

    def issue(self, now_ms: int, order: Order) -> Order:
        """An order whose content has been checked; its counter is given here. What has waited goes before it."""
        self.proceed(now_ms)
        return self.orders.issue(now_ms, order)

    def configure(self, device: str, settings: dict[str, int], label: str | None = None) -> int:
        """All settings that shall differ from their defaults; the version, from 1, under which they are desired.

        settings: integers by the registry's names, scaled as there (protocol/REFERENCE.md, settings). It leaves
        retained with the next batch. RequestError for one that is unknown, not of the kind, or out of range.
        """
        peer = self._known(device)
        known = KIND_BY_NUMBER.get(-1 if peer.session.kind is None else peer.session.kind)
        by_number = settings_of(settings, known.name if known else None, label or device)
        configuration = self._configurations.setdefault(device, Configuration())
        version = configuration.desire(by_number)
        self._publish_configuration(peer, configuration)
        return version

    def configuration(self, device: str) -> Configuration:
        """What the device shall have and what it has reported."""
        return self._configurations.get(device) or Configuration()

    def offer(self, now_ms: int, device: str, artifact: Artifact) -> Order:
        """Offer an update; the pieces that the device asks for are sent by themselves. It takes the place of others.

        RequestError when the artifact is none: no bytes, a number above 2^32 - 1 or of other bytes, a version that is
        empty or above 32 characters, a signature that has not 64 bytes.
        """
        self.provide(now_ms, artifact)
        self._known(device)
        self.orders.withdraw(now_ms, device, UPDATE_CAUSE)
        self.updates.offer(device, artifact.number)
        self._rows.append(update_row(self.receiver.tenant, device, self.updates))
        return self.issue(now_ms, Order(device, 0, OFFER, {0: artifact.number}, None, UPDATE_CAUSE, now_ms, True))

    def withdraw_offer(self, now_ms: int, device: str) -> None:
        """Offer it no more, and give it no piece: a device that fetches it ends that after a minute (408).

        One that has all of it goes on, and tells how it ends.
        """
        self.orders.withdraw(now_ms, device, UPDATE_CAUSE)
        if self.updates.withdraw(device):
            self._rows.append(update_row(self.receiver.tenant, device, self.updates))

    def provide(self, now_ms: int, artifact: Artifact) -> None:
        """Hold the bytes of an artifact ready that was offered before a restart: state has its number alone."""
        self.updates.provide(artifact)
        for order in self.orders.all_open():
            if order.name == OFFER and order.sent_ms is None:
                self.orders.heard(now_ms, order.device)

    def progress(self, device: str) -> Progress | None:
        """Of the update that the device was offered last."""
        return self.updates.progress(device)

    def use_epoch(self, now_ms: int, device: str, epoch: int) -> Order:
        """Have a device seal with the keys of a later epoch, 1 to 2^32 - 1 (LIL-KEY-003, LIL-KEY-006).

        The one before is opened until a birth in the later one reports an empty outbox and no event is missing.
        RequestError for an epoch that is not above the one in use, and while an earlier rotation is under way.
        """
        peer = self._known(device)
        checked("use_epoch", None, {"epoch": epoch}, device)
        try:
            peer.keyring.ask(epoch)
        except ValueError as error:
            raise RequestError(str(error)) from None
        return self._order_epoch(now_ms, device, epoch)

    def answer(self, asked: Message, elsewhere: bool) -> None:
        """The answer to an event with which a door has asked whether a card is elsewhere (LIL-ASK-003).

        It is worth something within half a second: the door then decides by itself, as without any answer.
        """
        peer = self._known(asked.device)
        session = peer.session
        if session.nonce is not None and session.boot == asked.boot:
            self.send(asked.device, peer.downlink.answer(asked.boot, asked.seq, elsewhere, session.nonce))

    def rebirth(self, now_ms: int, device: str) -> bool:
        """Ask a device whose present boot was not heard in person for its birth (LIL-CMD-008); False when it cannot be.

        More than one request in 10 s is not answered, and not sent.
        """
        session = self._known(device).session
        if session.nonce is None or not session.alive:
            return False
        asked = self._rebirths.get(device)
        if asked is not None and now_ms < asked[0] + REBIRTH_MS:
            return True
        self._touched[device] = None
        counter = self.orders.next_counter(now_ms, device)
        self._rebirths[device] = (now_ms, counter)
        self.send(device, self.receiver.peer(device).downlink.rebirth(counter, session.boot, session.nonce))
        return True

    @property
    def heard(self) -> dict[str, bool]:
        """The devices that were heard in person since the last `proceed`; True: in a new session, or back."""
        return self._back

    def proceed(self, now_ms: int) -> dict[str, bool]:
        """Let orders that have waited go to the devices that were `heard`. `take` does it when nobody has."""
        if not self._back:
            return {}
        back, self._back = self._back, {}
        for device, anew in back.items():
            if not anew:
                self.orders.heard(now_ms, device)
                continue
            self.orders.born(now_ms, device)
            keyring = self.receiver.peer(device).keyring
            if keyring.asked is None or keyring.before is not None:
                continue
            if not any(order.cause == EPOCH_CAUSE for order in self.orders.open_of(device)):
                self._order_epoch(now_ms, device, keyring.asked)
        return back

    # ---- for the other half

    def reachable(self, now_ms: int, device: str) -> bool:
        """Awake as far as anybody knows."""
        state = self.presence.state(device)
        if state == ASLEEP:
            return self._awake is not None and self._awake(now_ms, device)
        return state not in (NEVER, OFFLINE)

    def send(self, device: str, sealed: Sealed, retain: bool = False) -> None:
        """To a device, QoS 1, after the commit."""
        cls, data = sealed
        self._publishes.append(Publish(topics.down(self.receiver.tenant, device, cls), data, 1, retain))

    def _known(self, device: str) -> Peer:
        with contextlib.suppress(ValueError):  # no device id
            if (peer := self.receiver.find(device)) is not None:
                return peer
        raise RequestError(
            f"device {device!r}: {self.receiver.tenant} has no key for it; give its 16 hex digits as in its topic"
        )

    def _check_present(self, now_ms: int, device: str, name: str, what: str) -> None:
        state = self.presence.state(device)
        if state in (NEVER, OFFLINE):
            raise RequestError(f"{what}: the device is {state}; send it when it is back")
        if name in WAITS or self.orders.leaves_now(now_ms, device):
            return
        if not self.reachable(now_ms, device):
            raise RequestError(f"{what}: it is asleep until its next report; send it when it is awake")
        if self.receiver.peer(device).session.nonce is None:
            raise RequestError(f"{what}: it was not heard in person yet; send it after its next report")

    def _publish_configuration(self, peer: Peer, configuration: Configuration) -> None:
        configuration.epoch = peer.keyring.epoch
        self.send(peer.device, peer.downlink.configuration(configuration.version, configuration.settings), True)
        self._rows.append(config_row(self.receiver.tenant, peer.device, configuration))

    def _order_epoch(self, now_ms: int, device: str, epoch: int) -> Order:
        self.orders.withdraw(now_ms, device, EPOCH_CAUSE)
        return self.issue(now_ms, Order(device, 0, "use_epoch", {0: epoch}, None, EPOCH_CAUSE, now_ms, True))

    def _sealed(
        self, order: Order, peer: Peer, counter: int, boot: int, nonce: bytes, deadline_ms: int
    ) -> Sealed | None:
        downlink = peer.downlink
        if order.name == OPERATOR_ACK and order.ref is not None:
            return downlink.operator_ack(order.ref, order.operator or "", counter, boot, nonce, deadline_ms)
        if order.name == OFFER:
            artifact = self.updates.artifact(order.arguments[0])
            return None if artifact is None else downlink.offer(artifact.body(), counter, boot, nonce, deadline_ms)
        return downlink.command(COMMAND[order.name].number, order.arguments, counter, boot, nonce, deadline_ms)
