"""Trials of new firmware: backends that accept it, that do not, and that are not there. Runs on both interpreters.

Each body is given a board that has fetched version 2 from a backend which is there, and is about to restart.
"""

from harness import HOUR, MINUTE, codes
from install_case import Board
from lilong_firmware.slots import ATTEMPTS, GIVEN_UP, NONE, OK
from lilong_protocol import frame

SLEEPS = ("a_sleeper_has_its_turns_too",)
NOBODY_HEARS_2 = (
    "one_that_is_never_accepted_is_rolled_back", "its_attempts_are_counted_across_power_cuts",
    "a_danger_that_lasts_is_not_interrupted", "an_alarm_that_waits_in_flash_reaches_the_backend_by_the_old_one",
    "a_sleeper_has_its_turns_too",
)  # fmt: skip


def updated_board(folder, public, digest, data, signature, name):
    heard = (1,) if name in NOBODY_HEARS_2 else (1, 2)
    if name in SLEEPS:
        board = Board(folder, public, digest, heard=heard)
    else:
        board = Board(folder, public, digest, heard=heard, kind="gas", beat_s=60)
    board.run()
    board.offer(data, signature)
    board.serve(data)
    assert board.restarts()
    return board


def result(board):
    return (board.version, board.results(), board.slots.ended, board.slots.newest, board.slots.trial)


FAILED = (1, [frame.EXPIRED], GIVEN_UP, 1, NONE)
UPDATED = (2, [200], OK, 2, NONE)


def one_that_is_never_accepted_is_rolled_back(board):
    board.run()
    assert board.version == 2
    board.run(25 * MINUTE)
    assert result(board) == FAILED
    assert board.ran == [1, 2, 1, 2, 1]
    lines = [sent.body[1] for sent in board.host.of(frame.LOG)]
    assert lines == ["update v rolled back: not accepted by the backend"]


def one_that_nobody_refuses_stays(board):
    board.run(2 * MINUTE)
    assert result(board) == UPDATED
    assert board.ran == [1, 2]


def a_backend_that_is_silent_for_long_costs_one_restart_and_rolls_nothing_back(board):
    board.reached(backend=False)
    board.run(HOUR)
    assert board.ran == [1, 2, 1]
    assert board.results() == []
    board.reached(backend=True)
    board.run(10 * MINUTE)
    assert result(board) == UPDATED
    assert board.ran == [1, 2, 1, 2]


def a_network_that_is_away_for_long_costs_one_restart_and_rolls_nothing_back(board):
    board.reached(broker=False)
    board.run(HOUR)
    assert board.ran == [1, 2, 1]
    board.reached(broker=True)
    board.run(10 * MINUTE)
    assert result(board) == UPDATED


def a_backend_that_is_back_within_the_turn_is_not_noticed(board):
    board.reached(backend=False)
    board.run((ATTEMPTS - 2) * MINUTE)
    board.reached(backend=True)
    board.run(3 * MINUTE)
    assert result(board) == UPDATED
    assert board.ran == [1, 2]


def its_attempts_are_counted_across_power_cuts(board):
    board.run()
    board.run(4 * MINUTE)
    board.start()
    board.run(5 * MINUTE)
    assert board.ran == [1, 2, 2, 1, 2]
    board.run(25 * MINUTE)
    assert result(board) == FAILED


def a_danger_that_lasts_is_not_interrupted(board):
    board.run()
    board.run(MINUTE)
    board.host.sense("gas", 200)
    board.run(HOUR)
    assert board.host.outputs["sounder"] == 1
    assert board.ran == [1, 2]
    board.host.sense("gas", 0)
    board.run(25 * MINUTE)
    assert result(board) == FAILED
    assert board.host.device.episodes.codes() == [codes.ALARM_GAS_LEAK]


def an_alarm_that_waits_in_flash_reaches_the_backend_by_the_old_one(board):
    board.run()
    board.run(MINUTE)
    board.host.sense("gas", 200)
    board.run(3 * MINUTE)
    board.host.sense("gas", 0)
    board.run(MINUTE)
    assert len(board.host.device.outbox) > 0
    board.run(25 * MINUTE)
    assert result(board) == FAILED
    assert len(board.host.device.outbox) == 0


def a_sleeper_has_its_turns_too(board):
    board.run()
    board.run(2 * HOUR)
    assert result(board) == FAILED
    assert board.ran == [1, 2, 1, 2, 1]


NAMES = sorted(
    name for name in (
        "one_that_is_never_accepted_is_rolled_back", "one_that_nobody_refuses_stays",
        "a_backend_that_is_silent_for_long_costs_one_restart_and_rolls_nothing_back",
        "a_network_that_is_away_for_long_costs_one_restart_and_rolls_nothing_back",
        "a_backend_that_is_back_within_the_turn_is_not_noticed", "its_attempts_are_counted_across_power_cuts",
        "a_danger_that_lasts_is_not_interrupted", "an_alarm_that_waits_in_flash_reaches_the_backend_by_the_old_one",
        "a_sleeper_has_its_turns_too",
    )
)  # fmt: skip
