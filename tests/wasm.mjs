// Runs a script on MicroPython's WebAssembly build: node wasm.mjs PACKAGE SCRIPT FOLDER...
// The Python files of each FOLDER, given as "from=to", are put into its file system.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [, , folder, script, ...sources] = process.argv;
const { loadMicroPython } = await import(pathToFileURL(`${folder}/micropython.mjs`).href);
const python = await loadMicroPython({ heapsize: 4 << 20, linebuffer: true, stdout: (line) => console.log(line) });
for (const source of sources) {
  const [from, to] = source.split("=");
  python.FS.mkdirTree(to);
  for (const name of fs.readdirSync(from).filter((name) => name.endsWith(".py")))
    python.FS.writeFile(`${to}/${name}`, fs.readFileSync(`${from}/${name}`));
}
python.runPython("import sys\nsys.path.append('/lib')");
try {
  python.runPython(fs.readFileSync(script, "utf8"));
} catch (error) {
  console.error(error.message); // node would print the whole of MicroPython, which is one line
  process.exitCode = 1;
}
