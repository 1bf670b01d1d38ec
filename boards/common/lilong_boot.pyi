from lilong_firmware.boot import BOOTED as BOOTED
from lilong_firmware.boot import Files as Files
from lilong_firmware.boot import mounted as mounted
from lilong_firmware.slots import Slots as Slots
