"""Whatever happens to a door: nobody is shut in, a fire opens it, and only who may pass gets in."""

import hashlib
import hmac

from harness import HOUR, MINUTE, SECOND, FullStore, Host, codes, online
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lilong_firmware.effects import OUTPUT
from lilong_protocol import frame
from stories.door import packed

RESIDENTS, VISITORS, PINS, STRANGERS = (1_000, 1_001), (2_000, 2_001), (10_042, 10_059), (3_000, 3_001)
KEY = bytes(range(32, 64))
GIVEN = {"cards": packed(*RESIDENTS), "visitors": packed(*VISITORS), "pins": packed(*PINS), "card_key": KEY}
LOCKED, FREE = 0, 1
PASSBACK, MAXIMUM_AGE, QUARTER = 30 * SECOND, 72 * HOUR, 6 * HOUR
SHORT = (0, SECOND, 5 * SECOND, 6 * SECOND, 24 * SECOND, 30 * SECOND, MINUTE)
LONG = (5 * HOUR, 24 * HOUR, 66 * HOUR)


def pseudonym(number):
    message = (b"pin" if number in PINS else b"") + number.to_bytes(4, "big")
    return int.from_bytes(hmac.new(KEY, message, hashlib.sha256).digest()[:4], "big")


class AnyLife(RuleBasedStateMachine):
    """A door that seldom beats, its sensors, its backend, its power; beside it what is to be true of it."""

    @initialize(full=st.booleans(), seed=st.binary(min_size=1, max_size=2))
    def birth(self, full, seed):
        self.keeps = not full
        self.host = Host("door", data=GIVEN, beat_s=43_200, seed=seed, store=FullStore() if full else None)
        self.host.run(SECOND)
        self.released = False
        self.inside = {}  # card: world time at which it may have gone in, since the last exit
        self._new_list()
        self.confirmed = self.host.born

    def _new_list(self):
        self.stamp = 0
        self.revoked = set()
        self._confirmed()

    def _confirmed(self):
        self.confirmed = self.host.now
        self.restarts = 0

    # ---- what may happen

    @rule(card=st.sampled_from(RESIDENTS))
    def a_resident_comes(self, card):
        opened, just_in = self._comes(card)
        if card in self.revoked:
            assert not opened, "revoked never opens"
        elif not just_in:
            assert opened, "residents always open, however old the list is"

    @rule(card=st.sampled_from(VISITORS))
    def a_visitor_comes(self, card):
        age = self.host.now - self.confirmed
        opened, just_in = self._comes(card)
        if card in self.revoked:
            assert not opened, "revoked never opens"
        elif age >= MAXIMUM_AGE:
            assert not opened, "no visitor past 72 h"
        elif age + self.restarts * QUARTER < MAXIMUM_AGE and not just_in:
            assert opened

    @rule(pin=st.sampled_from(PINS), duress=st.booleans())
    def a_pin_is_entered(self, pin, duress):
        form = pin // 10 * 10 + (pin + 1) % 10 if duress else pin
        deaf = self.host.uptime() < self.host.device.rules._cards.deaf_until  # after five wrong attempts
        opened = self._tries("pin", form)
        assert opened == (pin not in self.revoked and not deaf)
        assert deaf or not duress or self.host.device.active(codes.ALARM_DOOR_DURESS)

    @rule(number=st.sampled_from(STRANGERS), channel=st.sampled_from(("credential", "pin")))
    def a_stranger_comes(self, number, channel):
        assert not self._tries(channel, number)

    @rule()
    def somebody_goes_out_by_the_button(self):
        self.inside = {}
        assert self._does("exit_button", 1), "egress is never blocked"

    @rule(is_open=st.sampled_from((0, 1)))
    def the_door_moves(self, is_open):
        self._does("contact", is_open)

    @rule(channel=st.sampled_from(("tamper", "reader")), value=st.sampled_from((0, 1)))
    def a_part_fails_or_is_mended(self, channel, value):
        self._does(channel, value)

    @rule(ms=st.sampled_from(SHORT))
    def time_passes(self, ms):
        self.host.run(ms)

    @precondition(lambda self: self.host.link)
    @rule(ms=st.sampled_from(LONG))
    def much_time_passes(self, ms):
        self.host.run(ms)

    @precondition(lambda self: self.host.link)
    @rule(ms=st.sampled_from((-6 * SECOND, -1, 0, 6 * SECOND)))
    def the_list_grows_old(self, ms):
        """To where its age in whole quarter-days, or the true one, comes to its end."""
        for end in (self.confirmed + MAXIMUM_AGE - self.restarts * QUARTER, self.confirmed + MAXIMUM_AGE):
            if end + ms > self.host.now:
                self.host.run_to(end + ms)
                return

    @rule()
    def the_link_goes(self):
        self.host.cut()

    @rule()
    def the_link_comes(self):
        self.host.heal()
        self.host.run(2 * MINUTE)

    @rule(seed=st.binary(min_size=1, max_size=2))
    def the_power_goes_and_comes(self, seed):
        self.host.seed = seed
        self.host.power_cut()
        self.inside = {}
        self.restarts += 1
        if not self.keeps:
            self.released = False
            self._new_list()

    @precondition(lambda self: online(self.host))
    @rule()
    def the_backend_unlocks(self):
        assert self._orders(codes.CMD_UNLOCK) == frame.OK
        assert self.host.outputs["lock"] == FREE

    @precondition(lambda self: online(self.host))
    @rule()
    def there_is_a_fire(self):
        assert self._orders(codes.CMD_FIRE_RELEASE) == frame.OK
        self.released = True
        self.inside = {}

    @precondition(lambda self: online(self.host))
    @rule()
    def an_operator_resets(self):
        code = self._orders(codes.CMD_RESET)
        assert code == frame.OK or not self.released
        self.released = False

    @precondition(lambda self: online(self.host))
    @rule(number=st.sampled_from(RESIDENTS + VISITORS + PINS), ahead=st.sampled_from((0, 1, 1, 2)))
    def the_backend_revokes(self, number, ahead):
        if self.stamp + ahead == 0:
            return
        code = self._orders(codes.CMD_CARD_REVOKE, {0: pseudonym(number), 1: self.stamp + ahead})
        assert code == (frame.CONFLICT if ahead == 2 else frame.OK)
        if ahead == 1:
            self.stamp += 1
            self.revoked.add(number)
            self._confirmed_by_command()

    @precondition(lambda self: online(self.host))
    @rule(ahead=st.sampled_from((0, 0, 1)))
    def the_backend_confirms(self, ahead):
        code = self._orders(codes.CMD_CARDS_CONFIRM, {0: self.stamp + ahead})
        assert code == (frame.CONFLICT if ahead else frame.OK)
        if not ahead:
            self._confirmed_by_command()

    # ---- what holds

    @invariant()
    def released_means_unlocked(self):
        if hasattr(self, "host") and self.released:
            assert self.host.outputs["lock"] == FREE

    @invariant()
    def a_stamp_names_the_list(self):
        if hasattr(self, "host"):
            assert self.host.device.rules.report()[codes.Q_CARDS_STAMP] == self.stamp

    # ---- inside

    def _orders(self, command, arguments=None):
        """The response code; what the door has to say goes first, so that it answers at once."""
        self.host.run(3 * SECOND)
        return self.host.order(command, arguments)

    def _confirmed_by_command(self):
        self._confirmed()
        self.confirmed = self.host.ordered[-1][0]

    def _comes(self, card):
        just_in = self.host.now - self.inside.get(card, -PASSBACK) < PASSBACK and not self.released
        opened = self._tries("credential", card)
        if opened:
            self.inside[card] = self.host.now + 5 * SECOND  # at the latest; then it is locked again
        return opened, just_in

    def _tries(self, channel, number):
        """Whether the lock was freed, and nothing is locked by it."""
        before = len(self.host.trace)
        freed = self._does(channel, number)
        self.host.sense(channel, 0)
        assert not [1 for _, e in self.host.trace[before:] if e[0] == OUTPUT and e[1:] == ("lock", LOCKED)]
        return freed

    def _does(self, channel, value):
        """Whether the lock was freed at once."""
        before = len(self.host.trace)
        self.host.sense(channel, value)
        return (OUTPUT, "lock", FREE) in [effect for _, effect in self.host.trace[before:]]


TestDoor = AnyLife.TestCase
TestDoor.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
