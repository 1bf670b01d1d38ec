"""`esp32` as far as a wiring takes from it."""


class RMT:
    def __init__(self, channel, pin, clock_div, idle_level):
        self.sent = []

    def write_pulses(self, durations, data):
        self.sent.append((durations, data))
