"""Devices that are wrong about settings, backfills, offers and their key epoch: our firmware, one function replaced."""

from lilong_firmware import configuration, epochs, fetch, requests, update
from lilong_firmware.effects import DISCONNECT
from lilong_protocol import frame, topics
from lilong_protocol.codes import DEFAULTS, link
from lilong_protocol.seal import SealError
from wrong_changes import around

FAULTS = {}


def fault(kind, *ids):
    def enter(plant):
        FAULTS[plant.__name__] = (kind, plant, set(ids))
        return plant

    return enter


# ---- settings


@fault("smoke", "LIL-CONF-007")
def calls_settings_of_others_out_of_range(patch):
    def other(result, *_):
        chosen, refused = result
        known = range(1, len(DEFAULTS))
        return chosen, {number: frame.INVALID if number in known else refused[number] for number in refused}

    around(patch, configuration, "judged", after=other)


@fault("gas", "LIL-CONF-007", "LIL-CONF-003")
def reports_its_defaults_too(patch):
    def all_(result, *_):
        chosen, refused = result
        return {1: 0, **chosen}, refused

    around(patch, configuration, "judged", after=all_)


@fault("door", "LIL-CONF-008")
def tells_of_one_refused_setting_less(patch):
    patch.setattr(configuration, "REFUSED_MAX", 31)


@fault("gas", "LIL-CONF-009")
def is_thought_lost_at_another_beat(patch):
    def leave(result, device, *_):
        device.session.offline_s = link(device.rules.KIND)[3]
        return result

    around(patch, configuration, "_apply", after=leave)


@fault("door", "LIL-CONF-009")
def keeps_another_beat_to_itself(patch):
    around(patch, configuration, "_apply", after=lambda *_: False)


# ---- backfills


@fault("door", "LIL-EVENT-008")
def takes_any_number_of_backfills(patch):
    patch.setattr(requests, "BACKFILLS", 99)


@fault("smoke", "LIL-EVENT-008", "LIL-CMD-012")
def takes_a_backfill_of_any_class(patch):
    whole = requests.answer

    def answer(device, now, body):
        said = whole(device, now, {**body, 1: topics.EVENT} if body.get(0) == requests.BACKFILL else body)
        of_events = said is None or said[0] != frame.NOT_FOUND or body.get(1) == topics.EVENT
        return said if of_events else {0: frame.OK, 1: 0}

    patch.setattr(requests, "answer", answer)


@fault("door", "LIL-EVENT-009", "LIL-EVENT-006")
def leaves_the_last_event_out(patch):
    whole = requests.kept
    patch.setattr(requests, "kept", lambda device, boot, first, last: whole(device, boot, first, last - 1))


@fault("door", "LIL-EVENT-009")
def has_one_boot_as_good_as_another(patch):
    whole = requests.kept
    patch.setattr(requests, "kept", lambda device, boot, first, last: whole(device, device.uplink.boot, first, last))


# ---- offers


@fault("door", "LIL-UPD-007")
def begins_another_update_instead(patch):
    whole = update.offered

    def offered(device, now, body):
        said = whole(device, now, body)
        return frame.OK if said == frame.CONFLICT else said

    patch.setattr(update, "offered", offered)


@fault("smoke", "LIL-UPD-007")
def tells_the_result_of_what_it_refuses(patch):
    def tell(said, device, now, body):
        if said == frame.NOT_FOUND:
            update._result(device, now, {0: body[0], 1: said})
        return said

    around(patch, update, "offered", after=tell)


@fault("door", "LIL-UPD-008")
def does_not_know_its_update_again(patch):
    patch.setattr(fetch.Fetch, "is_of", lambda *_: False)


# ---- key epochs


@fault("gas", "LIL-KEY-008", "LIL-KEY-003")
def stays_connected_in_a_new_epoch(patch):
    whole = epochs.use_epoch

    def use_epoch(device, now, arguments):
        session = device.session
        kept = type(session)
        session.__class__ = type("Staying", (kept,), {"__slots__": (), "disconnected": lambda *_: None})
        code = whole(device, now, arguments)
        session.__class__ = kept
        device.out = [effect for effect in device.out if effect != (DISCONNECT,)]
        return code

    patch.setattr(epochs, "use_epoch", use_epoch)


@fault("smoke", "LIL-KEY-008")
def opens_the_epoch_before_too(patch):
    whole = epochs.enter

    def enter(device, epoch):
        before = device.downlink._seal
        whole(device, epoch)
        present = device.downlink._seal

        class Both:
            def open(self, cls, data):
                try:
                    return present.open(cls, data)
                except SealError:
                    return before.open(cls, data)

        device.downlink._seal = Both()

    patch.setattr(epochs, "enter", enter)
