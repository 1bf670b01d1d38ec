"""What a device asks of its host: tuples appended to `device.out`, the first item says which.

(CONNECT, will)                       open the link; `will` is the sealed death frame (u/st, QoS 1, retained)
(DISCONNECT,)                         close the link in good order
(PUBLISH, cls, frame, qos, windowed)  publish; `windowed`: call device.published() when the broker has it
(OUTPUT, name, value)                 drive a local output: sounder, valve, lock, lamp ...
(NOTE, what, code, boot, seq)         what happened to an alarm or the session, for hosts that measure
(RESTART,)                            new firmware is staged: restart when no alarm is open and none waits
"""

CONNECT, DISCONNECT, PUBLISH, OUTPUT, NOTE, RESTART = 0, 1, 2, 3, 4, 5

# What a NOTE tells of an alarm.
RAISED, STORED, ACKNOWLEDGED, RESTORED, CLEARED = "raised", "stored", "acknowledged", "restored", "cleared"
ACCEPTED = "accepted"  # of no alarm: the backend knows this session, since it has answered it with the time

OWN_FAULT = 16  # the bit of `Device.faults` for what a kind finds wrong with its sensors by itself

NEVER = (1 << 53) - 1  # a deadline that does not come, in ms of uptime
