"""Devices that are wrong about configuration, requests, updates and key epochs, in one way each."""

from complete_device import SETTINGS, Complete
from lilong_protocol import frame, topics
from planted import Faults

FAULTS = Faults()
fault = FAULTS.fault


@fault("smoke", "LIL-CONF-002", "LIL-CONF-005")
class takes_any_version(Complete):
    def newer(self, version):
        return True


@fault("gas", "LIL-CONF-002", "LIL-CONF-005")
class forgets_its_configuration(Complete):
    def keep_config(self):
        pass


@fault("smoke", "LIL-CONF-003")
class keeps_settings_that_are_absent(Complete):
    def take(self, version, settings):
        super().take(version, {**self.settings, **settings})


@fault("smoke", "LIL-CONF-004", "LIL-CONF-006")
class takes_settings_out_of_range(Complete):
    def refusal(self, key, value):
        return 0 if key in SETTINGS else frame.NOT_FOUND


@fault("gas", "LIL-CONF-004")
class takes_unknown_settings(Complete):
    def refusal(self, key, value):
        return super().refusal(key, value) if key in SETTINGS else 0


@fault("gas", "LIL-CONF-005", "LIL-CONF-003")
class reports_at_its_start_only(Complete):
    def _configure(self, now, version, settings):
        if self.newer(version) and 60_000 not in settings:
            self.take(version, settings)
        elif self.newer(version):
            super()._configure(now, version, settings)


@fault("door", "LIL-SESSION-010")
class is_reborn_as_often_as_asked(Complete):
    def may_be_reborn(self, now):
        return True


@fault("door", "LIL-EVENT-006")
class sends_again_the_latest_first(Complete):
    def wanted(self, boot, first, last):
        return super().wanted(boot, first, last)[::-1]


@fault("smoke", "LIL-EVENT-006")
class finds_frames_that_never_were(Complete):
    def wanted(self, boot, first, last):
        return [data for _, _, data in self.told]


@fault("gas", "LIL-UPD-002")
class installs_what_has_another_digest(Complete):
    def right(self, data, digest):
        return True


@fault("gas", "LIL-UPD-003", "LIL-UPD-001")
class takes_any_chunk(Complete):
    def asked_for(self, message):
        return bool(self.fetching)


@fault("gas", "LIL-UPD-001")
class asks_for_chunks_every_second(Complete):
    again_ms = 1_000


@fault("gas", "LIL-UPD-004")
class tells_no_progress(Complete):
    def _tell(self, now, kind, body):
        if kind != frame.UPDATE_PROGRESS:
            super()._tell(now, kind, body)


@fault("smoke", "LIL-KEY-003")
class forgets_its_epoch(Complete):
    def keep_epoch(self, epoch):
        pass


@fault("gas", "LIL-KEY-003")
class tells_no_birth_of_a_new_epoch(Complete):
    def rotated(self, now):
        pass


@fault("gas", "LIL-KEY-004")
class seals_what_waits_in_the_new_epoch(Complete):
    def use_epoch(self, epoch):
        old = self.uplink._seal
        super().use_epoch(epoch)
        for entry in self.outbox._entries if epoch else ():
            entry.frame = self.uplink._seal.seal(topics.ALARM, old.open(topics.ALARM, entry.frame))
