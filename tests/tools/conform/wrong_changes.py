"""Devices that are wrong about configuration, requests, updates and key epochs: our firmware, one function replaced.

`FAULTS`: name: (kind of device, what plants it, the sentences that it breaks and no others).
"""

from lilong_firmware import configuration, epochs, fetch, requests
from lilong_protocol import frame, topics
from waiting_frames import waiting

FAULTS = {}


def fault(kind, *ids):
    def enter(plant):
        FAULTS[plant.__name__] = (kind, plant, set(ids))
        return plant

    return enter


def around(patch, module, name, before=None, after=None):
    """`before(*arguments)` and `after(result, *arguments)`, which gives the result, around a function."""
    whole = getattr(module, name)

    def both(*arguments):
        if before is not None:
            before(*arguments)
        result = whole(*arguments)
        return result if after is None else after(result, *arguments)

    patch.setattr(module, name, both)


# ---- configuration


@fault("smoke", "LIL-CONF-002", "LIL-CONF-005")
def takes_any_version(patch):
    def forget(device, *_):
        device.reported = {0: 0, 1: device.reported[1]}

    around(patch, configuration, "take", before=forget)


@fault("gas", "LIL-CONF-002", "LIL-CONF-005")
def forgets_its_configuration(patch):
    around(patch, configuration, "take", after=lambda _, device, *rest: device.store.drop("config"))


@fault("smoke", "LIL-CONF-003")
def keeps_settings_that_are_absent(patch):
    def add(device, _, body):
        if isinstance(body.get(1), dict):
            body[1] = {**device.reported[1], **body[1]}

    around(patch, configuration, "take", before=add)


@fault("smoke", "LIL-CONF-004", "LIL-CONF-006")
def takes_settings_out_of_range(patch):
    def loosen(result, _, wanted):
        chosen, refused = result
        loose = {number: wanted[number] for number in refused if refused[number] == frame.INVALID}
        return {**chosen, **loose}, {number: refused[number] for number in refused if number not in loose}

    around(patch, configuration, "judged", after=loosen)


@fault("gas", "LIL-CONF-004", "LIL-CONF-007", "LIL-CONF-008")
def says_nothing_of_unknown_settings(patch):
    def known(result, *_):
        chosen, refused = result
        return chosen, {number: refused[number] for number in refused if refused[number] != frame.NOT_FOUND}

    around(patch, configuration, "judged", after=known)


# ---- requests


@fault("door", "LIL-SESSION-010")
def is_reborn_as_often_as_asked(patch):
    patch.setattr(requests, "REBIRTH_MS", 0)


@fault("gas", "LIL-SESSION-010")
def is_never_reborn(patch):
    whole = requests.answer
    patch.setattr(requests, "answer", lambda *asked: whole(*asked) if asked[2].get(0) != 0 else None)


@fault("door", "LIL-EVENT-006", "LIL-EVENT-009")
def sends_again_the_latest_first(patch):
    around(patch, requests, "kept", after=lambda found, *_: iter(list(found)[::-1]))


@fault("door", "LIL-EVENT-006", "LIL-EVENT-009")
def sends_again_what_nobody_has_asked_for(patch):
    whole = requests.kept
    patch.setattr(requests, "kept", lambda device, boot, first, last: whole(device, boot, 1, 1 << 20))


# ---- updates


@fault("door", "LIL-UPD-002")
def uses_what_has_another_digest(patch):
    whole = fetch.Fetch._end

    def end(self, now, code):
        fetched = self._have == self._body[3]  # all of it, and only then is there a digest
        whole(self, now, frame.OK if code == frame.INVALID and fetched else code)

    patch.setattr(fetch.Fetch, "_end", end)


@fault("door", "LIL-UPD-003", "LIL-UPD-001")
def takes_any_chunk(patch):
    whole = fetch.Fetch.take

    def take(self, now, message):
        data = message.body[2] * fetch.CHUNK_BYTES
        message.target, message.nonce = self._device.uplink.boot, self._device.uplink.nonce
        message.body = {0: self._body[0], 1: self._have, 2: data[: min(fetch.CHUNK_BYTES, self._body[3] - self._have)]}
        whole(self, now, message)

    patch.setattr(fetch.Fetch, "take", take)


@fault("door", "LIL-UPD-001")
def asks_for_chunks_every_second(patch):
    patch.setattr(fetch, "ANSWER_MS", 1_000)


@fault("door", "LIL-UPD-001")
def gives_an_update_up_after_two(patch):
    patch.setattr(fetch, "TRIES", 2)


@fault("door", "LIL-UPD-004")
def tells_no_progress(patch):
    patch.setattr(fetch.Fetch, "_tell", lambda *_: None)


# ---- key epochs


@fault("smoke", "LIL-KEY-003")
def forgets_its_epoch(patch):
    def forget(code, device, *_):
        device.store.drop("epoch")
        return code

    around(patch, epochs, "use_epoch", after=forget)


@fault("gas", "LIL-KEY-003")
def takes_an_epoch_twice(patch):
    def forget(device, *_):
        device.epoch = 0

    around(patch, epochs, "use_epoch", before=forget)


@fault("gas", "LIL-KEY-004", "LIL-EVENT-001")
def seals_what_waits_in_the_new_epoch(patch):
    whole = epochs.enter

    def enter(device, epoch):
        old = device.uplink._seal
        whole(device, epoch)
        for entry in waiting(device.outbox):
            entry.replace(device.uplink._seal.seal(topics.ALARM, old.open(topics.ALARM, entry.frame)))

    patch.setattr(epochs, "enter", enter)
