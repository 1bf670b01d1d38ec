"""Key epochs: which uplinks are opened, in which epoch downlinks are sealed, when the earlier one is given up."""

from lilong_protocol import codes, frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, FEED_MS, GRACE_MS, Bench, Told, name_of
from ..book import scenario
from ..player import Player
from .events import order_of, tells_events


async def _asked(bench: Bench, player: Player, epoch: int) -> Told | None:
    """Have somebody wish for an epoch; the command that the device gets, None when it gets none."""
    since = bench.mark()

    def orders() -> list[Told]:
        wanted = {0: codes.CMD_USE_EPOCH, 1: {0: epoch}}
        return [one for one in bench.of(player, frame.COMMAND, since) if one.body == wanted]

    await bench.wire.rotate(player.device, epoch)
    await bench.until(lambda: bool(orders()), ANSWER_MS)
    return orders()[0] if orders() else None


async def rotated(bench: Bench, player: Player) -> Told:
    order = await _asked(bench, player, player.epoch + 1)
    if order is None:
        raise NotTriedError("not seen: the command that tells a device to use another key epoch")
    return order


def enters(bench: Bench, player: Player, order: Told) -> None:
    """The device goes over to the next epoch, and says so."""
    player.epoch += 1
    bench.wire.epochs[player.device] = player.epoch
    player.send(topics.RESPONSE, player.frame(frame.RESPONSE, topics.RESPONSE, {0: 200}, counter=order.frame.counter))


async def _opened(bench: Bench, player: Player, epoch: int) -> Told | None:
    """Send an alarm under the keys of an epoch; its stored-ack, None when an honest one after it has been answered."""
    since = bench.mark()
    data = player.raising(codes.ALARM_SENSOR_FAULT, key_epoch=epoch)
    player.raised.append(data)
    player.send(topics.ALARM, data)
    await bench.until(lambda: bool(bench.acks(player, data, since)), 1_000)
    if not bench.acks(player, data, since):
        await bench.probe(bench.players[0])  # this one may not be heard any more
    return next(iter(bench.acks(player, data, since)), None)


@scenario("LIL-KEY-005")
async def a_new_epoch(bench: Bench, judge: Judge) -> None:
    """A device is told to use the next epoch: alarms of the old one, the new one and the old one are acknowledged."""
    player = bench.players[1]
    old, new = player.epoch, player.epoch + 1
    order = await rotated(bench, player)
    judge("LIL-KEY-005", "the order is sealed in the epoch in use", order.epoch == old, f"in epoch {order.epoch}")
    for what, epoch, sealed in (
        ("the epoch in use", old, old),
        ("the epoch asked for", new, new),
        ("the epoch before", old, new),
    ):
        ack = await _opened(bench, player, epoch)
        judge("LIL-KEY-005", f"an alarm of {what} is opened", ack is not None, "it was not acknowledged")
        if ack is not None:
            claim = f"after {what}: downlinks are of the newest epoch that the device has used"
            judge("LIL-KEY-005", claim, ack.epoch == sealed, f"epoch {ack.epoch}, not {sealed}")
    enters(bench, player, order)
    ack = await _opened(bench, player, new + 1)
    judge("LIL-KEY-005", "one of an epoch that nobody has asked for is not", ack is None, "it was acknowledged")
    since = bench.mark()
    player.birth()
    told = await bench.until(lambda: bool(bench.of(player, frame.TIME, since)), ANSWER_MS)
    if told:
        epoch = bench.of(player, frame.TIME, since)[0].epoch
        judge("LIL-KEY-005", "its birth is answered in the new epoch", epoch == new, f"in epoch {epoch}")


@scenario("LIL-KEY-006")
async def an_epoch_that_ends(bench: Bench, judge: Judge) -> None:
    """The earlier epoch is opened while alarms wait or an event is missing, for late events after that, no longer."""
    player = bench.players[1]
    old, new = player.epoch, player.epoch + 1
    order = await rotated(bench, player)
    frames = [player.eventing(key_epoch=old) for _ in range(4)]
    player.send(topics.EVENT, frames[0])
    player.send(topics.EVENT, frames[2])
    enters(bench, player, order)
    for what, outbox in (("while alarms wait", 1), ("while an event is missing", 0)):
        player.birth(outbox=outbox)
        await bench.probe(player)
        kept = await _opened(bench, player, old)
        judge("LIL-KEY-006", f"{what} the earlier epoch is opened", kept is not None, "an alarm of it was refused")
        further = await _asked(bench, player, new + 1)
        judge("LIL-KEY-006", f"{what} no further epoch is asked for", further is None, "it was")
    player.send(topics.EVENT, frames[1])
    await bench.probe(player)
    player.birth()
    await bench.probe(player)
    late = await _opened(bench, player, old)
    judge("LIL-KEY-006", "after that it is given up", late is None, "an alarm of it was acknowledged")
    if not tells_events(bench):
        return
    player.send(topics.EVENT, frames[3])
    waited = await bench.until(lambda: name_of(frames[3]) in order_of(bench, player), FEED_MS)
    judge("LIL-KEY-006", "but for events that waited behind that birth", waited, "such an event was refused")
    player.send(topics.EVENT, player.eventing())
    await bench.probe(player)
    last = player.eventing(key_epoch=old)
    player.send(topics.EVENT, last)
    await bench.quiet(GRACE_MS)
    taken = name_of(last) in order_of(bench, player)
    judge("LIL-KEY-006", "until one of the newer epoch has had its turn", not taken, "one of the earlier came after it")
