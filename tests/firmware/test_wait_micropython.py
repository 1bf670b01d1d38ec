"""Real MicroPython that was provisioned to wait connects when the simulator's device of the same seed does."""

import pytest
from board_case import BoardCase, in_loop
from harness import MINUTE, SECOND, Host
from lilong_protocol import frame


@pytest.mark.spec("LIL-SESSION-023")
@in_loop
async def test_a_board_waits_before_its_first_connect_and_no_longer_than_the_simulator_s_device():
    simulated = Host("streetlight", seed=b"seed", wait=MINUTE)
    simulated.run(MINUTE)
    (expected,) = simulated.connects
    assert expected > SECOND
    async with BoardCase("streetlight", wait=60) as case:
        await case.at(expected - 1)
        assert case.frames() == []
        await case.at(expected)
        birth = await case.frame(frame.BIRTH)
        assert birth.body[1] == 1
