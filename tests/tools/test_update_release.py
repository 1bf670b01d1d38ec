"""Releases: a key is made, an image signed and shown; what devices would refuse is refused here."""

import json
import shutil
import stat
import uuid
from hashlib import sha256
from pathlib import Path

import pytest
from commands import run_lilong
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lilong_firmware import ed25519, suit
from lilong_firmware.install import Maker
from lilong_protocol import frame
from lilong_protocol.pc.maker import class_id, maker_data, vendor_id
from lilong_tools.boards import BoardError
from lilong_tools.update import keys, release
from lilong_tools.update.errors import UpdateError

IMAGE = b"\xd2\xcd\x31" + bytes(range(256)) * 3
DOMAIN = "firmware.lights.example"


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "release.key"
    keys.make(path, DOMAIN)
    return path


def signed(key, sequence=12, version="1.4.0", image=IMAGE):
    return release.sign(key, "esp32_c3", "smoke", sequence, version, image)


def public(key):
    return keys.load_public(keys.public_path(key))


def test_a_key_is_made_an_image_is_signed_and_shown(tmp_path):
    (tmp_path / "image").write_bytes(IMAGE)

    def lilong(*arguments):
        ended = run_lilong("update", *arguments, folder=tmp_path)
        assert ended.code == 0, ended.err
        return ended

    made = lilong("keygen", "--key", "release.key", "--vendor", "Lights.Example")
    assert stat.S_IMODE((tmp_path / "release.key").stat().st_mode) == 0o600
    assert json.loads((tmp_path / "release.key.pub").read_text())["vendor"] == "lights.example"
    assert (tmp_path / "release.key").read_text() not in made.out
    options = ("sign", "--board", "esp32_c3", "--kind", "smoke", "image")
    told = lilong(*options, "--sequence", 12, "--version", "1.4.0", "-o", "smoke-1.4.0.llfw")
    content = (tmp_path / "smoke-1.4.0.llfw").read_bytes()
    artifact = content[:-68]
    assert told.out.splitlines()[:3] == [
        "smoke-1.4.0.llfw: version 1.4.0, sequence 12",
        f"digest       {sha256(artifact).hexdigest()}",
        f"size         {len(artifact)} bytes: image {len(IMAGE)}, head {len(artifact) - len(IMAGE)}",
    ]
    assert told.err == ""
    shown = lilong("show", "smoke-1.4.0.llfw", "--public", "release.key.pub").out
    assert shown.startswith(told.out)
    assert shown.endswith("maker        lights.example\nfor          esp32_c3, smoke\nsignature    good\n")
    assert "signature    not verified" in lilong("show", "smoke-1.4.0.llfw").out
    later = lilong(*options, "--sequence", 12, "--version", "1.3.9")
    assert later.err.startswith("warning: smoke-1.4.0.llfw for the same devices has sequence 12:")
    assert (tmp_path / "smoke-1.3.9.llfw").exists()


def test_the_ids_are_uuids_that_follow_from_domain_board_and_kind():
    vendor = uuid.uuid5(uuid.NAMESPACE_DNS, "lights.example")
    assert vendor_id("Lights.example") == vendor.bytes
    assert class_id(vendor.bytes, "esp32_c3", "smoke") == uuid.uuid5(vendor, "esp32_c3/smoke").bytes
    assert class_id(vendor.bytes, "esp32_c3", "gas") != class_id(vendor.bytes, "esp32_c3", "smoke")
    data = maker_data(bytes(32), "lights.example", "esp32_c3", "smoke")
    assert data == bytes(32) + vendor.bytes + class_id(vendor.bytes, "esp32_c3", "smoke")
    with pytest.raises(ValueError, match="a public key of 31 bytes"):
        maker_data(bytes(31), "lights.example", "esp32_c3", "smoke")


def test_a_board_of_ones_own_is_named_by_its_folder_wherever_that_lies(key, tmp_path):
    folder = tmp_path / "somewhere" / "my_board"
    shutil.copytree(Path(release.__file__).parents[3] / "boards" / "esp32_c3", folder)
    made = release.sign(key, str(folder), "smoke", 1, "1.0.0", IMAGE)
    assert made.manifest.device_class == class_id(vendor_id(DOMAIN), "my_board", "smoke")


def test_a_device_with_the_makers_data_takes_it_and_finds_its_signature_good(key):
    made = signed(key)
    given = maker_data(public(key).key, DOMAIN, "esp32_c3", "smoke")
    maker = Maker(given[:32], given[32:48], given[48:])
    head = made.data[: suit.head_size(made.data[: suit.HEAD])]

    def judge(newest):
        return suit.judge(suit.parse(head), len(made.data), maker.vendor, maker.device_class, suit.ROMFS, newest)

    assert (judge(11), judge(12)) == (frame.OK, frame.CONFLICT)
    assert [verdict for verdict in ed25519.verification(maker.key, made.digest, made.signature)][-1] is True


def test_the_number_of_an_artifact_follows_from_its_bytes(key):
    first, again, other = signed(key), signed(key), signed(key, sequence=13)
    assert first.artifact().number == again.artifact().number != other.artifact().number
    assert first.artifact().digest == first.digest


def test_a_key_is_never_written_over(key):
    before = key.read_bytes()
    with pytest.raises(UpdateError, match="is there already, and devices may trust it"):
        keys.make(key, DOMAIN)
    key.rename(key.with_name("away"))
    with pytest.raises(UpdateError, match=r"release\.key\.pub: is there already"):
        keys.make(key, DOMAIN)
    assert key.with_name("away").read_bytes() == before


def test_a_key_that_others_could_read_signs_nothing(key):
    key.chmod(0o640)
    with pytest.raises(UpdateError, match="may be used by others than its owner"):
        signed(key)


def test_a_public_file_of_another_key_is_told(key, tmp_path):
    other = tmp_path / "other.key"
    keys.make(other, DOMAIN)
    keys.public_path(key).write_bytes(keys.public_path(other).read_bytes())
    with pytest.raises(UpdateError, match="belongs to another key"):
        signed(key)


SHORT = '{"what": "lilong release key", "vendor": "a.b", "ed25519": "00"}'


@pytest.mark.parametrize("content", ["", "{}", "[]", SHORT])
def test_what_is_no_public_file_is_told(key, content):
    keys.public_path(key).write_text(content)
    with pytest.raises(UpdateError, match="is no lilong release key"):
        public(key)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sequence": 0}, "--sequence 0: give a number from 1"),
        ({"sequence": 1 << 32}, "--sequence"),
        ({"version": ""}, "--version ''"),
        ({"version": "v" * 33}, "at most|1 to 32 characters"),
        ({"image": b"PK"}, "is no ROMFS bundle"),
        ({"image": IMAGE + bytes(1 << 20)}, "a device takes at most 1048576"),
    ],
)
def test_what_no_device_would_take_is_not_signed(key, change, said):
    with pytest.raises(UpdateError, match=said):
        signed(key, **change)


def test_a_board_that_is_unknown_or_carries_no_such_kind_is_told(key):
    with pytest.raises(BoardError, match="no such board"):
        release.sign(key, "esp33", "smoke", 1, "1", IMAGE)
    with pytest.raises(UpdateError, match="carries none; it carries"):
        release.sign(key, "esp32_c3", "toaster", 1, "1", IMAGE)


def test_a_domain_is_wanted_of_a_maker(tmp_path):
    for domain in ("", "lights", "li ghts.example", ".example", "a..b"):
        with pytest.raises(UpdateError, match="is no domain"):
            keys.make(tmp_path / "k", domain)


def test_every_changed_bit_and_every_cut_of_a_file_is_found(key, tmp_path):
    packed = signed(key, image=IMAGE[:40]).packed()
    path = tmp_path / "a.llfw"
    trusted = public(key)

    def refused(content):
        path.write_bytes(content)
        try:
            release.check(path, release.read(path), trusted)
        except UpdateError:
            return True
        return False

    assert not refused(packed)
    for size in range(len(packed)):
        assert refused(packed[:size])
    assert refused(packed + b"\0")
    for at in range(len(packed)):
        for bit in range(8):
            assert refused(packed[:at] + bytes([packed[at] ^ 1 << bit]) + packed[at + 1 :])


def test_what_another_key_or_another_maker_has_signed_is_told(key, tmp_path):
    path = tmp_path / "a.llfw"
    made = signed(key)
    other = keys.Public(Ed25519PrivateKey.generate().public_key().public_bytes_raw(), DOMAIN)
    with pytest.raises(UpdateError, match=r"is not signed with this key; devices would refuse it \(403\)"):
        release.check(path, made, other)
    with pytest.raises(UpdateError, match=r"another maker than tools\.example"):
        release.check(path, made, keys.Public(public(key).key, "tools.example"))


def test_only_releases_for_the_same_devices_are_compared(key, tmp_path):
    (tmp_path / "smoke.llfw").write_bytes(signed(key, sequence=3).packed())
    (tmp_path / "gas.llfw").write_bytes(release.sign(key, "esp32_c3", "gas", 9, "2", IMAGE).packed())
    (tmp_path / "torn.llfw").write_bytes(b"LLFW")
    made = signed(key, sequence=2)
    assert release.newest_beside(tmp_path / "new.llfw", made) == (tmp_path / "smoke.llfw", 3)
    assert release.newest_beside(tmp_path / "smoke.llfw", made) is None
