"""Updates over a real connection: a board's whole program, on real MicroPython in a heap of 64 KB."""

from hashlib import sha256

import pytest
from board_case import DOWNLINK, RESERVE, BoardCase, in_loop
from lilong_firmware.fetch import CHUNK_BYTES
from lilong_protocol import codes, frame, topics
from lilong_simulator.fleet.board_lines import Handled, Offline, Output

FIRMWARE, CARD_LIST = 0, 1

# As much as the busiest lobby of the estate has.
DOOR = {
    name: b"".join((first + n * 1_000).to_bytes(4, "big") for n in range(count))
    for name, first, count in (("cards", 0, 315), ("visitors", 1, 144), ("pins", 1_000_002, 90))
} | {"card_key": bytes(32)}


def card_list(data):
    groups = (data["cards"], data["visitors"], data["pins"])
    return bytes(4) + b"".join((len(group) // 4).to_bytes(2, "big") for group in groups) + b"".join(groups)


class Backend:
    """Offers an artifact, and gives its chunks as they are asked for.

    A board that is short of memory, since its birth is still on its way on a busy machine, drops an offer: it is made
    again, as a backend does.
    """

    def __init__(self, case, data, what, digest=None):
        self.case, self.data = case, data
        birth = case.frames(frame.BIRTH)[-1].frame
        self.to = {"target": birth.boot, "nonce": birth.nonce}
        self.body = {0: 77, 1: what, 2: "next", 3: len(data), 4: digest or sha256(data).digest()}
        self.offers = 0
        self.offer()
        self.served = set()

    def offer(self):
        self.offers += 1
        self.say(frame.UPDATE_OFFER, self.body, counter=self.offers, deadline=1 << 50)

    def say(self, kind, body, **header):
        payload = frame.pack(kind, body, **header, **self.to)
        self.case.deliver(topics.UPDATE, DOWNLINK.seal(topics.UPDATE, payload))

    def serve(self):
        """Answer one request that has had no answer; whether there was one."""
        for asked in self.case.frames(frame.CHUNK_REQUEST):
            if (asked.frame.boot, asked.frame.seq) not in self.served:
                self.served.add((asked.frame.boot, asked.frame.seq))
                body = asked.body
                self.say(frame.CHUNK, {0: 77, 1: body[1], 2: self.data[body[1] : body[1] + body[2]]})
                return True
        return False

    def results(self):
        return [sent.body for sent in self.case.frames(frame.UPDATE_RESULT)]


async def fetched(case, backend, now):
    """All chunks; the least heap that was free after one of them.

    The board's time goes on in steps so small that it does not give up a PUBACK which a busy machine has under way.
    """
    least, idle = 1 << 20, 0
    while not backend.results():
        now += 10
        await case.at(now)
        idle += 1
        if backend.serve():
            await case.lines.take_a(Handled, "ot")
            least, idle = min(least, (await case.process.memory()).free), 0
        elif idle % 100 == 0 and not backend.served:
            backend.offer()
            await case.lines.take_a(Handled, "ot")
    return now, least


def memory_errors(case):
    return [line for line in case.lines.all if isinstance(line, Offline)]


@pytest.mark.spec("LIL-UPD-001", "LIL-UPD-002")
@in_loop
async def test_a_door_in_64_kilobytes_fetches_a_list_as_long_as_its_own_and_uses_it(tmp_path):
    async with BoardCase("door", store=str(tmp_path), data=DOOR) as case:
        case.broker.answer = case.backend
        await case.at(1_000)
        fresh = DOOR | {"cards": b"".join((7 + n * 1_000).to_bytes(4, "big") for n in range(315))}
        backend = Backend(case, card_list(fresh), CARD_LIST)
        await case.lines.take_a(Handled, "ot")
        now, least = await fetched(case, backend, 1_000)
        assert backend.results() == [{0: 77, 1: frame.OK, 2: "next"}]
        assert len(case.frames(frame.CHUNK_REQUEST)) == -(-len(backend.data) // CHUNK_BYTES)
        assert not memory_errors(case)
        assert least > RESERVE
        await case.at(now + 1_000, ("credential", 7_007))
        assert [line for line in case.lines.all if isinstance(line, Output) and line[:2] == ("lock", 1)]


@pytest.mark.spec("LIL-UPD-002", "LIL-UPD-006")
@in_loop
async def test_what_has_another_digest_is_refused_and_an_alarm_meanwhile_is_told_at_once(tmp_path):
    async with BoardCase("door", store=str(tmp_path), data=DOOR) as case:
        case.broker.answer = case.backend
        await case.at(1_000)
        backend = Backend(case, card_list(DOOR), CARD_LIST, bytes(32))
        await case.lines.take_a(Handled, "ot")
        await case.at(2_000, ("tamper", 1))
        await case.at(2_001)
        assert case.frames(frame.RAISE)[0].body[0] == codes.ALARM_TAMPER
        await fetched(case, backend, 3_000)
        assert backend.results() == [{0: 77, 1: frame.INVALID}]
        assert not memory_errors(case)


@pytest.mark.spec("LIL-UPD-001", "LIL-UPD-002")
@pytest.mark.parametrize("kind", ["gas", "wristband"])
@in_loop
async def test_firmware_lands_in_the_store_of_a_board_and_a_restart_goes_on_with_it(kind, tmp_path):
    image = bytes(n * 7 % 251 for n in range(8_400))
    async with BoardCase(kind, store=str(tmp_path)) as case:
        case.broker.answer = case.backend
        await case.at(1_000)
        backend = Backend(case, image, FIRMWARE)
        await case.lines.take_a(Handled, "ot")
        for now in range(2_000, 22_000, 1_000):
            await case.at(now)
            assert backend.serve()
            await case.lines.take_a(Handled, "ot")
    async with BoardCase(kind, store=str(tmp_path)) as case:
        case.broker.answer = case.backend
        await case.at(1_000)
        backend = Backend(case, image, FIRMWARE)
        await case.lines.take_a(Handled, "ot")
        _, least = await fetched(case, backend, 1_000)
        assert case.frames(frame.CHUNK_REQUEST)[0].body[1] == 4_096
        assert backend.results() == [{0: 77, 1: frame.OK, 2: "next"}]
        assert (tmp_path / "lslot").read_bytes() == image
        assert least > RESERVE
