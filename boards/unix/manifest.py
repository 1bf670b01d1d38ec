# ruff: noqa: F821  the functions are those of MicroPython's manifest files
"""What goes into the image of the unix port: the firmware, its half of the protocol, and the board."""

package("lilong_protocol", files=(
    "__init__.py", "cbor.py", "codes.py", "constant.py", "frame.py", "keys.py", "mqtt.py", "mqtt_packets.py", "seal.py",
    "topics.py", "wrap.py",
), base_path="../../protocol")  # fmt: skip
package("lilong_firmware", base_path="../../firmware")
module("board.py")
module("step_clock.py")
module("stimuli.py")
