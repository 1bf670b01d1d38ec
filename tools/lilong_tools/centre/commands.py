"""The centre's rows of orders, and what only a centre orders."""

from lilong_protocol.pc.order import Order

from .model import Row

CARDS = "cards"  # the cause of orders that bring a door its list


def order_row(order: Order) -> Row:
    """An order as it stands, for the record: what an engine needs of it is in its state."""
    ref_boot, ref_seq = order.ref if order.ref else (None, None)
    return Row("command", (
        order.device, order.counter, order.name, {str(k): v for k, v in order.arguments.items()}, order.operator,
        order.cause, order.issued_ms, order.insists, ref_boot, ref_seq, order.sent_ms, order.tries, order.code,
        order.done_ms, order.counters,
    ))  # fmt: skip
