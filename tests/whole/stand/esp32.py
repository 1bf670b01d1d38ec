"""`esp32` of a whole device: partitions of its flash, and the pulses of RMT."""

from machine import Flash, Thing, ask

FIRST = {"alarm_a": 64, "alarm_b": 96}
SECTORS = 32


class Partition(Flash):
    TYPE_DATA = 1

    @staticmethod
    def find(kind, label):
        return [Partition(FIRST[label], SECTORS)]

    def info(self):
        return (1, 2, 0, self.sectors * 4096, "", False)


class RMT(Thing):
    NAME = "RMT"

    def write_pulses(self, durations, level):
        data = bytearray(2 * len(durations))
        for at in range(len(durations)):
            data[2 * at] = durations[at] & 0xFF
            data[2 * at + 1] = durations[at] >> 8
        ask(112, self.id, level, 0, data)
