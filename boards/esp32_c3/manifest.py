# ruff: noqa: F821  the functions are those of MicroPython's manifest files
"""What is frozen into the image of the ESP32-C3-DevKitM-1.

make BOARD=ESP32_GENERIC_C3 FROZEN_MANIFEST=<this file>

The wiring of its kind, `lilong boards esp32_c3 --wiring <kind>`, is a file beside it.
"""

include("$(PORT_DIR)/boards/manifest.py")  # the port's own: asyncio, networking
require("ssl")
package("lilong_protocol", files=(
    "__init__.py", "cbor.py", "codes.py", "constant.py", "frame.py", "keys.py", "mqtt.py", "mqtt_packets.py", "seal.py",
    "topics.py", "wrap.py",
), base_path="../../protocol")  # fmt: skip
package("lilong_firmware", base_path="../../firmware")
