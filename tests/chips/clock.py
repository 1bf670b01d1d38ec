"""The time of the models: it moves when a test or a bus says so, and what is due then happens in its order."""

WRAP = 1 << 30  # MicroPython's ticks wrap here


def ticks_diff(later, earlier):
    """As MicroPython's: right for spans below half a wrap."""
    return (later - earlier + WRAP // 2) % WRAP - WRAP // 2


class Clock:
    """`us`: microseconds since power-on; never goes back."""

    def __init__(self, us=0):
        self.us = us
        self._due = []  # (us, function), in order

    def ticks_ms(self):
        return self.us // 1000 % WRAP

    def ticks_us(self):
        return self.us % WRAP

    def sleep_us(self, us):
        self.pass_us(us)

    def sleep_ms(self, ms):
        self.pass_us(ms * 1000)

    def after_us(self, us, function):
        """Call `function()` that much later."""
        due = self._due
        at = len(due)  # most come last; MicroPython's sort is slow on what is nearly sorted
        while at and due[at - 1][0] > self.us + us:
            at -= 1
        due.insert(at, (self.us + us, function))

    def pass_us(self, us):
        """Let time go by; what falls due on the way happens at its own time."""
        until = self.us + us
        while self._due and self._due[0][0] <= until:
            at, function = self._due.pop(0)
            self.us = max(self.us, at)
            function()
        self.us = max(self.us, until)

    def pass_ms(self, ms):
        self.pass_us(ms * 1000)
