"""Runs on the board, in MicroPython: each function prints what it has found as one line of JSON behind an "@".

It is imported from the PC's folder over the cable: nothing of it is written to the board.
"""

import gc
import json
import os
import time
from binascii import hexlify, unhexlify

from lilong_firmware.ed25519 import verification
from lilong_firmware.modem import CONTEXT, ECHO, PULSE_MS, REFUSED, REGISTER, Modem
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import UP, Seal
from wiring import wire  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILE = "/selftest.tmp"
BLOCK = 4_096
BLOCKS = 4
FRAMES = 40
FRAME_BYTES = 120
RANDOM_BYTES = 256
STEP_MS = 5
READ_MS = 200  # (ours) no chamber or chip is read more often in a device

WIRED: "tuple[list[Any], dict[str, Any], dict[str, Any]]" = ([], {}, {})
STARTED: "list[Any]" = []  # ticks of the start


def tell(what: "dict[str, Any]") -> None:
    print("@" + json.dumps(what))


def begin(data: "dict[str, str]") -> None:
    """Build every driver, as the device does; data: what it was given, hex by name."""
    global WIRED
    gc.collect()
    free = gc.mem_free()  # type: ignore[attr-defined]
    WIRED = wire({name: unhexlify(data[name]) for name in data})
    STARTED.append(time.ticks_ms())  # type: ignore[attr-defined]
    for driver in WIRED[0]:
        if hasattr(driver, "start"):
            driver.start(0)
    machine: Any = __import__("machine")
    tell({
        "heap_free": free, "unique_id": str(hexlify(machine.unique_id()), "ascii"), "hz": machine.freq(),
        "sensors": sorted(WIRED[1]), "outputs": sorted(WIRED[2]),
    })  # fmt: skip


def watch(ms: int, until: "str | None" = None) -> None:
    """Poll all drivers for so long, or until a channel has changed; tell what each sensor has read."""
    drivers, sensors, _ = WIRED
    last: dict[str, Any] = {name: None for name in sensors}
    low: dict[str, int] = {}
    high: dict[str, int] = {}
    events: list[Any] = []
    begun: Any = time.ticks_ms()  # type: ignore[attr-defined]
    first = None
    read_at = 0
    for now in _polled(begun, ms):
        for driver in drivers:
            event = driver.take() if hasattr(driver, "take") else None
            while event is not None:
                events.append(event)
                event = driver.take()
        if now < read_at:
            continue
        read_at = now + READ_MS
        for name in sensors:
            value = sensors[name].read(name)
            if value is not None:
                last[name] = value
                low[name] = min(low.get(name, value), value)
                high[name] = max(high.get(name, value), value)
        if until is not None:
            if first is None:
                first = last[until]
            if last[until] != first or [one for one in events if one[0] == until]:
                break
    changed = until is not None and (last[until] != first or bool([one for one in events if one[0] == until]))
    tell({"last": last, "low": low, "high": high, "events": events[:8], "changed": changed})


def drive(name: str, value: int, ms: int, gpio: int = -1) -> None:
    """Drive an output for so long and let it go; gpio: of a fixture's pin that sees it, whose levels are
    counted, low and high."""
    seen: dict[str, list[int]] = {}
    pin: Any = __import__("machine").Pin(gpio) if gpio >= 0 else None
    for phase, level in (("before", 0), ("on", value), ("after", 0)):
        WIRED[2][name].drive(name, level)
        levels = [0, 0]
        for _ in _polled(time.ticks_ms(), ms if level else ms // 4):  # type: ignore[attr-defined]
            if pin is not None:
                for _ in range(20):
                    levels[pin()] += 1
        seen[phase] = levels
    tell({"levels": seen})


def pins(gpios: "list[int]") -> None:
    """The levels of input pins as they are now."""
    machine: Any = __import__("machine")
    tell({"levels": {str(gpio): machine.Pin(gpio)() for gpio in gpios}})


def calibrate(channel: str) -> None:
    """The record of the driver of a channel, taken now; none when it says that this cannot be."""
    record = WIRED[1][channel].calibrate()
    tell({"record": None if record is None else str(hexlify(record), "ascii")})


def flash() -> None:
    """Milliseconds for a block written anew, read, and removed; the slowest of several."""
    write = read = remove = 0
    wrong = 0
    for number in range(BLOCKS):
        data = bytes([number + 1]) * BLOCK
        begun: Any = time.ticks_ms()  # type: ignore[attr-defined]
        with open(FILE, "wb") as file:
            file.write(data)
        write = max(write, _since(begun))
        begun = time.ticks_ms()  # type: ignore[attr-defined]
        with open(FILE, "rb") as file:
            wrong += file.read() != data
        read = max(read, _since(begun))
        begun = time.ticks_ms()  # type: ignore[attr-defined]
        os.remove(FILE)
        remove = max(remove, _since(begun))
    there: Any = os.statvfs("/")
    tell({"write_ms": write, "read_ms": read, "erase_ms": remove, "wrong": wrong, "free": there[0] * there[3]})


def clock(ms: int) -> None:
    """Seconds of the RTC beside milliseconds of the tick counter."""
    rtc: Any = __import__("machine").RTC()
    second = rtc.datetime()[6]
    while rtc.datetime()[6] == second:
        pass
    begun: Any = time.ticks_ms()  # type: ignore[attr-defined]
    first = rtc.datetime()
    while _since(begun) < ms:
        time.sleep_ms(STEP_MS)  # type: ignore[attr-defined]
    last = rtc.datetime()
    tell({"rtc_s": (last[5] * 60 + last[6] - first[5] * 60 - first[6]) % 3_600, "year": last[0]})


def chance() -> None:
    """Bits that are set in bytes of the generator, and whether two draws differ."""
    data = os.urandom(RANDOM_BYTES)
    tell({"ones": sum([bin(byte).count("1") for byte in data]), "differ": data != os.urandom(RANDOM_BYTES)})


def speed() -> None:
    """What the protocol costs here: sealed frames, and one Ed25519 verification (RFC 8032, test 3)."""
    seal = Seal(frame_key(bytes(32), UP), "selftest", "0000000000000001", UP)
    payload = bytes(FRAME_BYTES)
    begun: Any = time.ticks_ms()  # type: ignore[attr-defined]
    for _ in range(FRAMES):
        seal.seal("hb", payload)
    frames_ms = _since(begun)
    public = unhexlify("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = unhexlify(
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a"
    )
    begun = time.ticks_ms()  # type: ignore[attr-defined]
    good = None
    for outcome in verification(public, b"\xaf\x82", signature):
        if outcome is not None:
            good = outcome
    tell({"frames": FRAMES, "frames_ms": frames_ms, "ed25519_ms": _since(begun), "ed25519_good": good})


def radio() -> None:
    """How many networks are heard, and the strongest; none without a radio of Wi-Fi."""
    try:
        network: Any = __import__("network")
        wlan = network.WLAN(network.WLAN.IF_STA)
        wlan.active(True)
        heard = wlan.scan()
        tell({"networks": len(heard), "best_dbm": max([one[3] for one in heard]) if heard else None})
    except (ImportError, OSError, AttributeError) as error:
        tell({"networks": 0, "best_dbm": None, "why": str(error)})


def modem(ms: int) -> None:
    """How a cellular modem comes up to its SIM and a network, without a PIN or a call, within `ms`; it is off then."""
    uart, pins = __import__("wiring").modem()
    one = Modem(uart, pins["power_key"], {})
    begun = time.ticks_ms()  # type: ignore[attr-defined]
    reached: dict[int, int] = {}
    while _since(begun) < ms and not one.failures and one.state < CONTEXT:
        one.poll(_since(begun))
        reached.setdefault(one.state, _since(begun))
        time.sleep_ms(STEP_MS)  # type: ignore[attr-defined]
    told = {"answers_ms": reached.get(ECHO), "sim_ms": reached.get(REGISTER), "why": one.why}
    told["network_ms"] = reached.get(CONTEXT)
    if one.stop() or one.state == REFUSED:
        time.sleep_ms(PULSE_MS)  # type: ignore[attr-defined]
    one.release()
    tell(told)


def handshake(host: str, port: int, ca: str, networks: "list[Any]", ms: int) -> None:
    """Milliseconds of a TLS handshake in which the server's certificate is checked; the RTC must be set."""
    socket: Any = __import__("socket")
    ssl: Any = __import__("ssl")
    network: Any = __import__("network")
    wlan = network.WLAN(network.WLAN.IF_STA)
    wlan.active(True)
    try:
        if networks and not wlan.isconnected():
            wlan.connect(networks[0]["ssid"], networks[0].get("password"))
        begun: Any = time.ticks_ms()  # type: ignore[attr-defined]
        while not wlan.isconnected() and _since(begun) < ms:
            time.sleep_ms(100)  # type: ignore[attr-defined]
        joined_ms = _since(begun)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=unhexlify(ca))
        there = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        sock = socket.socket(there[0], there[1], there[2])
        sock.connect(there[-1])
        gc.collect()
        begun = time.ticks_ms()  # type: ignore[attr-defined]
        context.wrap_socket(sock, server_hostname=host).close()
        tell({"joined_ms": joined_ms, "tls_ms": _since(begun)})
    except (OSError, ValueError) as error:
        tell({"why": str(error)})


def _since(begun: "Any") -> int:
    return int(time.ticks_diff(time.ticks_ms(), begun))  # type: ignore[attr-defined]


def _polled(begun: "Any", ms: int) -> "Any":
    """Poll the drivers as the device does; yields after each round, until so many ms are over."""
    due = [0] * len(WIRED[0])
    while True:
        now = _since(STARTED[0])
        for at, driver in enumerate(WIRED[0]):
            period = getattr(driver, "POLL_MS", 0)
            if getattr(driver, "irq_pending", False) or (period and due[at] <= now):
                driver.poll(now)
                due[at] = now + period
        yield now
        if _since(begun) >= ms:
            return
        time.sleep_ms(STEP_MS)  # type: ignore[attr-defined]
