// MicroPython's WebAssembly build, 32 bits: node heap32.mjs PACKAGE words LISTING | node heap32.mjs PACKAGE live ROM CONFIG
// | node heap32.mjs PACKAGE whole ROM CONFIG STILL DATA... | node heap32.mjs PACKAGE bare
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [, , folder, what, file, config, still, ...data] = process.argv;
const { loadMicroPython } = await import(pathToFileURL(`${folder}/micropython.mjs`).href);
const python = await loadMicroPython({ heapsize: 1 << 20, linebuffer: true, stdout: (line) => console.log(line) });

// What the build lacks and a board has in ROM; asyncio's loop only keeps what it is given.
const STUBS = `
import asyncio, binascii, gc, hashlib, json, select, sys, time, uctypes, vfs
class Missing:
    AF_INET = SOCK_STREAM = POLLIN = POLLOUT = 1
    def poll(self): pass
    def register(self, *_): pass
sys.modules["socket"] = sys.modules["ssl"] = Missing()
if not hasattr(select, "poll"):
    sys.modules["select"] = Missing()
KEPT = []
class Loop:
    def set_exception_handler(self, _): pass
    def run_forever(self): pass
asyncio.create_task = KEPT.append
asyncio.get_event_loop = Loop
`;

// After a return to JavaScript nothing is on the stack: what a collection leaves is alive.
function live() {
  python.runPython("import gc; gc.collect()");
  python.runPython("import gc; gc.collect()");
  python.runPython("import jsffi; print('live', jsffi.mem_info()[1])");
}

if (what === "words") python.runPython(fs.readFileSync(file, "utf8"));
else if (what === "bare") {
  python.runPython(STUBS);
  live();
}
else {
  const rom = fs.readFileSync(file);
  const at = python._module._malloc(rom.length);
  python._module.HEAPU8.set(rom, at);
  python.FS.writeFile("/config.json", fs.readFileSync(config));
  for (const path of data) python.FS.writeFile(`/${path.split("/").pop()}`, fs.readFileSync(path));
  if (what === "whole") {
    python.FS.mkdir("/lilong");
    python.FS.writeFile("/lilong/device.json", fs.readFileSync(config));
  }
  python.runPython("import uctypes, vfs");
  python.runPython(still ? fs.readFileSync(still, "utf8") : STUBS);
  if (what === "whole") python.runPython("import machine, network, esp32, rp2, vfs as _");
  live();
  python.runPython(`
vfs.mount(vfs.VfsRom(uctypes.bytearray_at(${at}, ${rom.length})), "/rom")
sys.path[:] = ["/rom", ".frozen"]
sys.argv[:] = ["board", "/config.json"]
from lilong import main
main()
`);
  live();
}
