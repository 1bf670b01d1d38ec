"""Signed firmware into the slot that does not run: taken, refused, cut at every write, tried, kept or rolled back."""

import json
from hashlib import sha256

import install_case as case
import pytest
import trial_case
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from harness import MINUTE, codes
from install_case import Board, Power, artifact, update
from lilong_firmware.slots import EXHAUSTED, OK, TRIES
from lilong_protocol import frame
from micropython import run_micropython

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


def digest(data):
    return sha256(data).digest()


def signed(data, key=KEY):
    return key.sign(digest(data))


@pytest.fixture
def board(tmp_path):
    return Board(str(tmp_path), PUBLIC, digest)


@pytest.mark.spec("LIL-UPD-004")
def test_a_signed_and_newer_one_runs_and_its_result_comes_when_the_backend_has_accepted_it(board):
    data = artifact(2, 2, digest)
    board.run()
    assert board.offer(data, signed(data)) == frame.OK
    board.serve(data)
    assert board.restarts()
    assert board.results() == []
    board.run()
    assert board.version == 2
    board.run()
    assert board.results() == [200]
    assert (board.slots.ended, board.slots.newest) == (OK, 2)
    board.start()
    assert board.version == 2
    board.run()
    assert board.offer(data, signed(data), number=6) == frame.OK
    assert board.results() == [200, 200]  # it is in effect already: nothing is fetched


@pytest.mark.parametrize(
    ("made", "signature", "code"),
    [
        ({"sequence": 1}, signed, frame.CONFLICT),
        ({"sequence": 2, "vendor": bytes(16)}, signed, frame.INVALID),
        ({"sequence": 2, "device_class": bytes(16)}, signed, frame.INVALID),
        ({"sequence": 2}, lambda data: None, frame.FORBIDDEN),
        ({"sequence": 2}, lambda data: bytes(64), frame.FORBIDDEN),
        ({"sequence": 2}, lambda data: signed(data + b"!"), frame.FORBIDDEN),
        ({"sequence": 2}, lambda data: signed(data, Ed25519PrivateKey.generate()), frame.FORBIDDEN),
    ],
    ids=["not newer", "another maker", "another class", "unsigned", "junk", "other bytes", "another key"],
)  # fmt: skip
@pytest.mark.spec("LIL-UPD-002", "LIL-UPD-012")
def test_what_is_refused_never_runs_and_says_why(board, made, signature, code):
    data = artifact(2, digest=digest, **made)
    board.run()
    board.offer(data, signature(data))
    fetched = len(board.host.of(frame.CHUNK_REQUEST))
    board.serve(data)
    assert board.results() == [code]
    if code == frame.FORBIDDEN:
        assert fetched == 0, "nothing is fetched of what is not signed"
    else:
        assert len(board.host.of(frame.CHUNK_REQUEST)) == 1, "the head is enough"
    for _ in range(2):
        board.start()
        assert board.version == 1


def test_a_head_that_is_none_is_refused(board):
    data = b"LLFW" + bytes(2_000)
    board.run()
    board.offer(data, signed(data))
    board.serve(data)
    assert board.results() == [frame.INVALID]


@pytest.mark.spec("LIL-UPD-002")
def test_other_bytes_than_were_signed_are_refused(board):
    data = artifact(2, 2, digest)
    board.run()
    board.offer(data, signed(data))
    board.serve(data[:-1] + b"!")
    assert board.results() == [frame.INVALID]
    board.start()
    assert board.version == 1


def test_one_that_is_cut_short_is_given_up_and_the_old_one_stays(board):
    data = artifact(2, 2, digest)
    board.run()
    board.offer(data, signed(data))
    board.serve(data, most=2)
    for _ in range(5):
        board.run(MINUTE)
    assert board.results() == [frame.EXPIRED]
    board.start()
    assert board.version == 1


def test_one_that_is_reset_again_and_again_is_rolled_back_and_told(tmp_path):
    board = Board(str(tmp_path), PUBLIC, digest, works=(1,))
    data = artifact(2, 2, digest)
    board.run()
    board.offer(data, signed(data))
    board.serve(data)
    board.run()
    for _ in range(TRIES):
        assert board.version == 2
        board.start()
    assert board.version == 1
    board.run()
    assert board.results() == [frame.EXPIRED]
    assert (board.slots.ended, board.slots.newest) == (EXHAUSTED, 1)


def test_an_alarm_while_the_signature_is_verified_is_raised_at_once(board):
    data = artifact(2, 2, digest)
    board.run()
    counter = board.host.offer({0: 5, 1: 0, 2: "v", 3: len(data), 4: digest(data), 5: signed(data)})
    board.host.run(30)
    before = board.host.now
    board.host.sense("tamper", 1)
    assert (before, "raised", codes.ALARM_TAMPER) in board.host.notes
    board.host.run(MINUTE)
    assert board.host.response(counter) == frame.OK


@pytest.mark.parametrize("torn", [0, 1, 40])
def test_the_power_may_go_at_every_write(tmp_path, torn):
    data = artifact(2, 2, digest)
    signature = signed(data)
    cut = 0
    while True:
        folder = tmp_path / str(cut)
        Power.left, Power.torn = None, torn
        board = Board(str(folder), PUBLIC, digest)
        Power.left = cut
        update(board, data, signature)
        done = Power.left is not None
        Power.left = None
        assert board.version == 2
        assert board.results()[-1] == 200
        assert board.slots.newest == 2
        if done:
            break
        cut += 1
    assert cut > 12


ON_A_BOARD = """
import json, os, sys
from hashlib import sha256
sys.path[:0] = sys.argv[1:3]
from binascii import unhexlify
import install_case as case
def digest(data):
    return sha256(data).digest()
folder, public, signature = sys.argv[3], unhexlify(sys.argv[4]), unhexlify(sys.argv[5])
data = case.artifact(2, 2, digest)
cut = 0
while True:
    case.Power.left, case.Power.torn = None, 40
    board = case.Board(folder + "/" + str(cut), public, digest)
    case.Power.left = cut
    case.update(board, data, signature)
    done = case.Power.left is not None
    case.Power.left = None
    assert board.version == 2 and board.results()[-1] == 200, (cut, board.version, board.results())
    if done:
        break
    cut += 1
print(json.dumps([cut, board.ran, board.results()]))
"""


@pytest.mark.parametrize("name", trial_case.NAMES)
def test_a_trial(name, tmp_path):
    data = artifact(2, 2, digest)
    getattr(trial_case, name)(trial_case.updated_board(str(tmp_path), PUBLIC, digest, data, signed(data), name))


TRIALS_ON_A_BOARD = """
import sys
sys.path[:0] = sys.argv[1:3]
from binascii import unhexlify
from hashlib import sha256
import install_case as case
import trial_case
def digest(data):
    return sha256(data).digest()
data = case.artifact(2, 2, digest)
folder, public, signature = sys.argv[3], unhexlify(sys.argv[4]), unhexlify(sys.argv[5])
for name in trial_case.NAMES:
    getattr(trial_case, name)(trial_case.updated_board(folder + "/" + name, public, digest, data, signature, name))
print("well", len(trial_case.NAMES))
"""


def test_trials_on_micropython_too(tmp_path):
    data = artifact(2, 2, digest)
    here = case.__file__.rsplit("/", 1)[0]
    said = run_micropython(
        TRIALS_ON_A_BOARD, here, here.rsplit("/", 1)[0], tmp_path, PUBLIC.hex(), signed(data).hex(), heap="8m",
        timeout=200,
    )  # fmt: skip
    assert said.splitlines()[-1] == f"well {len(trial_case.NAMES)}"


def test_on_micropython_too_with_real_files(tmp_path):
    data = artifact(2, 2, digest)
    here = case.__file__.rsplit("/", 1)[0]
    said = run_micropython(
        ON_A_BOARD, here, here.rsplit("/", 1)[0], tmp_path, PUBLIC.hex(), signed(data).hex(), heap="8m", timeout=200
    )
    cuts, ran, results = json.loads(said.splitlines()[-1])
    assert cuts > 12
    assert (ran, results) == ([1, 2], [200])
