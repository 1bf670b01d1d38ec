"""A device that also does what ours does not do yet, as plainly as can be: configuration, requests, updates.

It is here to prove the scenarios: it passes them, and each spoilt form of it (`wrong_complete`) is caught.
"""

import json
from hashlib import sha256

from lilong_firmware.device import Device
from lilong_firmware.uplink import Uplink
from lilong_protocol import codes, frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, UP, Seal

SETTINGS = {1: (10, 172_800), 2: (50, 300), 3: (50, 250), 12: (0, 7)}
PIECE, AGAIN_MS, TRIES = 768, 10_000, 6
OWNERS = {}  # device of an uplink


class TellingUplink(Uplink):
    """Puts into births what a device of these features puts there, and keeps the events that it has sealed."""

    __slots__ = ()

    def frame(self, now, kind, cls, body, ref=None, counter=None):
        device = OWNERS[id(self)]
        if kind == frame.BIRTH:
            body = device.birth(body)
        data = super().frame(now, kind, cls, body, ref, counter)
        if kind == frame.EVENT:
            device.told.append((self.boot, self.next_seq(cls) - 1, data))
        return data


class Complete(Device):
    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.uplink.__class__ = TellingUplink
        OWNERS[id(self.uplink)] = self
        self.told = []
        self.reason = None
        self.reborn_at = None
        self.reported = False
        self.version, settings = json.loads(dict(self.store.items()).get("c", b"[0, {}]"))
        self.settings = {int(key): value for key, value in settings.items()}
        self.key_epoch = 0
        self.use_epoch(int(dict(self.store.items()).get("x", b"0")))
        self.fetching = None  # artifact, offer, data so far, due, tries

    # ---- what a birth tells

    def birth(self, body):
        told = {**body, 8: len(self.outbox), 9: self.key_epoch, 10: self.version}
        if self.reason is not None:
            told[6] = self.reason
        return told

    def connected(self, now):
        super().connected(now)
        if not self.reported:
            self.reported = True
            self._report(now, {})
        self._plan(now)

    # ---- what comes

    def received(self, now, cls, data, retained):
        super().received(now, cls, data, retained and cls != topics.CONFIG)

    def _handle(self, now, message):
        if message.kind == frame.DESIRED_CONFIG:
            self._configure(now, message.body[0], message.body[1])
        elif message.kind == frame.REQUEST:
            self._request(now, message)
        elif message.kind == frame.UPDATE_OFFER:
            self._offer(now, message)
        elif message.kind == frame.CHUNK:
            self._chunk(now, message)
        else:
            super()._handle(now, message)

    def _plan(self, now):
        super()._plan(now)
        if self.__dict__.get("fetching"):
            self.deadline = min(self.deadline, self.fetching[3])

    def step(self, now):
        fetching = self.fetching
        if fetching and now >= fetching[3]:
            if fetching[4] >= TRIES:
                self._end(now, frame.EXPIRED)
            else:
                self._ask(now)
        super().step(now)

    # ---- configuration

    def newer(self, version):
        return version > self.version

    def refusal(self, key, value):
        known = SETTINGS.get(key)
        if known is None:
            return frame.NOT_FOUND
        return 0 if known[0] <= value <= known[1] else frame.INVALID

    def _configure(self, now, version, settings):
        if not self.newer(version):
            return
        refused = {key: self.refusal(key, settings[key]) for key in settings if self.refusal(key, settings[key])}
        self.take(version, {key: value for key, value in settings.items() if key not in refused})
        self._report(now, refused)

    def take(self, version, settings):
        self.version, self.settings = version, settings
        self.keep_config()

    def keep_config(self):
        self.store.put("c", json.dumps([self.version, self.settings]).encode())

    def _report(self, now, refused):
        body = {0: self.version, 1: self.settings}
        if refused:
            body[2] = refused
        data = self.uplink.frame(now, frame.REPORTED_CONFIG, topics.CONFIG, body)
        self.session.send(now, topics.CONFIG, data)

    # ---- key epochs

    def use_epoch(self, epoch):
        identity = self.identity
        self.key_epoch = epoch
        for one, direction in ((self.uplink, UP), (self.downlink, DOWN)):
            key = frame_key(identity.root, direction, epoch)
            one._seal = Seal(key, identity.tenant, identity.device, direction, epoch)

    def _command(self, now, message):
        if message.body.get(0) != codes.CMD_USE_EPOCH:
            return super()._command(now, message)
        epoch = message.body[1][0]
        if epoch <= self.key_epoch:
            return frame.CONFLICT
        self.keep_epoch(epoch)
        self.use_epoch(epoch)
        return frame.OK

    def keep_epoch(self, epoch):
        self.store.put("x", b"%d" % epoch)

    def _obey(self, now, message):
        before = self.key_epoch
        super()._obey(now, message)
        if self.key_epoch != before:
            self.rotated(now)

    def rotated(self, now):
        self._rebirth(now)

    # ---- requests

    def _request(self, now, message):
        code = self.downlink.refusal(now, self._endless(message), self.uplink.boot, self.uplink.nonce)
        if code:
            self._answer(now, frame.RESPONSE, {0: code}, message.counter)
        elif message.body[0] == 0:
            self._rebirth(now)
        else:
            self._backfill(now, message)

    @staticmethod
    def _endless(message):
        message.deadline = 1 << 50
        return message

    def may_be_reborn(self, now):
        return self.reborn_at is None or now - self.reborn_at >= 10_000

    def _rebirth(self, now):
        if self.may_be_reborn(now):
            self.reborn_at, self.reason = now, 2
            told = {0: self.rules.KIND, 1: self.session._connection, 5: not self.session._sleeps}
            data = self.uplink.frame(now, frame.BIRTH, topics.STATE, told)
            self.reason = None
            self.out.append((2, topics.STATE, data, 1, False))

    def wanted(self, boot, first, last):
        return [data for b, seq, data in self.told if b == boot and first <= seq <= last]

    def _backfill(self, now, message):
        found = self.wanted(message.body[2], message.body[3], message.body[4])
        body = {0: frame.OK, 1: len(found)} if found else {0: frame.NOT_FOUND}
        self._answer(now, frame.RESPONSE, body, message.counter)
        for data in found:
            self.out.append((2, topics.EVENT, data, 1, False))

    # ---- updates

    def _offer(self, now, message):
        code = self.downlink.refusal(now, message, self.uplink.boot, self.uplink.nonce) or frame.OK
        self._answer(now, frame.RESPONSE, {0: code}, message.counter)
        if code == frame.OK:
            self.fetching = [message.body[0], message.body, b"", 0, 0]
            self._tell(now, frame.UPDATE_PROGRESS, {0: message.body[0], 1: 1, 2: 0})
            self._ask(now)

    def _ask(self, now):
        fetching = self.fetching
        fetching[3], fetching[4] = now + self.again_ms, fetching[4] + 1
        offset = len(fetching[2])
        size = min(PIECE, fetching[1][3] - offset)
        self._tell(now, frame.CHUNK_REQUEST, {0: fetching[0], 1: offset, 2: size})

    again_ms = AGAIN_MS

    def asked_for(self, message):
        fetching = self.fetching
        fresh = message.target == self.uplink.boot and message.nonce == self.uplink.nonce
        return fresh and fetching and message.body[0] == fetching[0] and message.body[1] == len(fetching[2])

    def right(self, data, digest):
        return sha256(data).digest() == digest

    def _chunk(self, now, message):
        if self.asked_for(message):
            self.fetching[2] += message.body[2]
            self.fetching[4] = 0
            if len(self.fetching[2]) < self.fetching[1][3]:
                self._ask(now)
            else:
                self._end(now, frame.OK if self.right(self.fetching[2], self.fetching[1][4]) else frame.INVALID)

    def _end(self, now, code):
        artifact, self.fetching = self.fetching[0], None
        self._tell(now, frame.UPDATE_RESULT, {0: artifact, 1: code})

    def _tell(self, now, kind, body):
        self.session.send(now, topics.UPDATE, self.uplink.frame(now, kind, topics.UPDATE, body))
