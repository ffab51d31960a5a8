// The compiled extension, in an editor without windows, with a real server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { World } from "./world";

const ROOT = path.join(__dirname, "..", "..", "..", "..");
const SERVER = process.env["HANDBOOK"] ?? path.join(ROOT, ".venv", "bin", "handbook");
const OLD = "from typing import List\n\nnames: List[str] = []\n";
const NEW = "names: list[str] = []\n";
const PLUGIN = `
from pathlib import Path

Path(__file__).with_suffix(".ran").touch()
`;

let folder: string;
let world: World;

beforeEach(() => {
  assert.ok(existsSync(SERVER), `no server to test with: set HANDBOOK, or run \`uv sync\`; tried ${SERVER}`);
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "handbook-")));
  write("pyproject.toml", '[project]\nname = "shop"\nrequires-python = ">=3.12"\n');
  write("shop.py", OLD);
  world = new World(folder);
  world.settings.set("handbook.path", SERVER);
});

afterEach(async () => {
  await world.deactivate();
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function opened() {
  await world.activate();
  assert.deepEqual(world.messages, []);
  const document = world.openFile(path.join(folder, "shop.py"));
  await world.until("the diagnostics", () => world.codes(document).length > 0);
  return document;
}

test("diagnostics are shown on opening, while typing and on saving", async () => {
  const document = await opened();
  assert.deepEqual(world.codes(document), ["HB031"]);
  const [shown] = world.shown(document);
  assert.deepEqual([shown!.range.start.line, shown!.range.start.character, shown!.source], [2, 7, "handbook"]);
  assert.equal(world.status.text, "$(check) Handbook");
  world.type(document, NEW);
  await world.until("no diagnostics", () => world.codes(document).length === 0);
  await world.save(document);
  document.setText(OLD); // As it is when the editor has not told yet of what was typed.
  world.fire("onDidChangeTextDocument", { document, contentChanges: [{ text: OLD }] });
  await world.save(document);
  await world.until("diagnostics after saving", () => world.codes(document).length === 1);
});

test("a quick fix mends one violation", async () => {
  const document = await opened();
  const [shown] = world.shown(document);
  const actions = await world.actionsIn(document.uri, shown!.range, "quickfix");
  const preferred = actions.find((action) => action.isPreferred);
  assert.ok(preferred?.edit, `among ${actions.map(({ title }) => title)}`);
  assert.ok(actions.some(({ title }) => title.startsWith("Ignore HB031")));
  await world.apply(preferred.edit);
  assert.equal(document.getText(), NEW);
  await world.until("no diagnostics", () => world.codes(document).length === 0);
});

test("saving fixes all that is safe, as the command line does", async () => {
  const document = await opened();
  world.settings.set("editor.codeActionsOnSave", { "source.fixAll.handbook": "explicit" });
  const text = `from typing import Dict, List\n\nnames: List[str] = []\nages: Dict[str, int] = {}\n`;
  world.type(document, text);
  await world.save(document);
  const copy = write("copy.py", text);
  execFileSync(SERVER, ["check", "--fix-only", "--quiet", copy]);
  assert.equal(readFileSync(document.fileName, "utf8"), readFileSync(copy, "utf8"));
  assert.notEqual(readFileSync(document.fileName, "utf8"), text);
  await world.until("no diagnostics", () => world.codes(document).length === 0);
});

test("the command fixes all in the active editor", async () => {
  const document = await opened();
  await world.run("handbook.fixAll");
  assert.equal(document.getText(), NEW);
});

test("a changed configuration file counts at once", async () => {
  const document = await opened();
  world.changeOnDisk(write("handbook.toml", 'ignore = ["HB031"]\n'));
  await world.until("no diagnostics", () => world.codes(document).length === 0);
  world.changeOnDisk(write("handbook.toml", 'ignore = ["HB032"]\n'));
  await world.until("diagnostics", () => world.codes(document).length === 1);
});

test("a changed setting counts at once", async () => {
  const document = await opened();
  await world.set("handbook.enable", false);
  await world.until("no server", () => world.running.pids().length === 0 && world.codes(document).length === 0);
  assert.equal(world.status.text, "$(circle-slash) Handbook");
  await world.set("handbook.enable", true);
  await world.until("diagnostics", () => world.codes(document).length === 1);
});

test("the server is restarted on command, and after a crash", async () => {
  const document = await opened();
  const [first] = world.running.pids();
  await world.run("handbook.restart");
  const [second] = world.running.pids();
  assert.notEqual(second, first);
  assert.equal(isAlive(first!), false);
  await world.until("diagnostics", () => world.codes(document).length === 1);
  process.kill(second!, "SIGKILL");
  await world.until("another server", () => ![undefined, first, second].includes(world.running.pids()[0]));
  world.type(document, NEW);
  await world.until("no diagnostics", () => world.codes(document).length === 0);
});

test("no server outlives the extension", async () => {
  await opened();
  const [pid] = world.running.pids();
  await world.extension.deactivate();
  assert.equal(isAlive(pid!), false);
});

test("a missing executable is told, with what to install", async () => {
  const path_ = process.env["PATH"];
  world.settings.delete("handbook.path");
  process.env["PATH"] = folder;
  try {
    await world.activate();
  } finally {
    process.env["PATH"] = path_;
  }
  assert.deepEqual(world.messages, [
    "Handbook: The `handbook` executable was not found: run `pip install handbook[lsp]`, or set `handbook.path`",
  ]);
  assert.equal(world.status.text, "$(error) Handbook");
  await world.set("handbook.path", SERVER);
  await world.until("the server", () => world.running.pids().length === 1);
});

test("a server that cannot start says why", async () => {
  const script = write("broken", "#!/bin/sh\necho 'Error: the language server needs pygls: install `handbook[lsp]`' >&2\nexit 1\n");
  chmodSync(script, 0o755);
  world.settings.set("handbook.path", script);
  await world.activate();
  assert.deepEqual(world.messages, [
    `Handbook: \`${script}\` did not start: the language server needs pygls: install \`handbook[lsp]\``,
  ], world.output.join(""));
});

test("the Python extension's interpreter comes before PATH, and a new one counts at once", async () => {
  world.settings.delete("handbook.path");
  world.interpreter = path.join(path.dirname(SERVER), "python");
  await opened();
  assert.match(world.output.join(""), /from the Python interpreter/);
  const [first] = world.running.pids();
  world.fire("onDidChangeActiveEnvironmentPath", {});
  await world.until("another server", () => ![undefined, first].includes(world.running.pids()[0]));
});

test("an untrusted workspace runs no plugins until it is trusted", async () => {
  const ran = path.join(folder, "rules.ran");
  write("rules.py", PLUGIN);
  write("handbook.toml", 'plugins = ["rules.py"]\nextend-select = ["ACME001"]\n');
  world.isTrusted = false;
  const document = await opened();
  assert.deepEqual(world.codes(document), ["HB031"]);
  assert.equal(existsSync(ran), false);
  write("handbook.toml", 'plugins = ["rules.py"]\n');
  world.trust();
  await world.until("the plugin", () => existsSync(ran));
  await world.until("diagnostics", () => world.codes(document).length === 1);
});

test("plugins are not loaded where the user does not allow them", async () => {
  const ran = path.join(folder, "rules.ran");
  write("rules.py", PLUGIN);
  write("handbook.toml", 'plugins = ["rules.py"]\n');
  world.settings.set("handbook.allowPlugins", false);
  await opened();
  assert.equal(existsSync(ran), false);
});

test("an executable of an untrusted workspace is not run", async () => {
  const script = write("bin/handbook", `#!/bin/sh\ntouch ${folder}/ran\n`);
  chmodSync(script, 0o755);
  world.isTrusted = false;
  world.settings.set("handbook.path", script);
  await world.activate();
  assert.equal(existsSync(path.join(folder, "ran")), false);
  assert.deepEqual(world.messages, [`Handbook: \`${script}\` is not run: it lies in an untrusted workspace`]);
});

test("each folder has its own server; a folder within another has none", async () => {
  const other = realpathSync(mkdtempSync(path.join(tmpdir(), "handbook-")));
  try {
    writeFileSync(path.join(other, "handbook.toml"), 'ignore = ["HB031"]\n');
    writeFileSync(path.join(other, "shop.py"), OLD);
    write("inner/shop.py", OLD);
    world.open(folder, other, path.join(folder, "inner"));
    const document = await opened();
    assert.equal(world.running.pids().length, 2);
    const ignored = world.openFile(path.join(other, "shop.py"));
    const inner = world.openFile(path.join(folder, "inner", "shop.py"));
    await world.until("diagnostics", () => world.codes(inner).length > 0);
    assert.deepEqual([document, ignored, inner].map((each) => world.codes(each)), [["HB031"], [], ["HB031"]]);
    world.open(folder);
    world.fire("onDidChangeWorkspaceFolders", {});
    await world.until("one server", () => world.running.pids().length === 1);
  } finally {
    rmSync(other, { recursive: true });
  }
});

test("files that are not open are checked where the user wants them to be", async () => {
  const closed = write("closed.py", OLD);
  const uri = () => world.found.get(world.api.Uri.file(closed).toString());
  const count = () => [...(uri()?.values() ?? [])].flat().length;
  world.settings.set("handbook.diagnosticMode", "workspace");
  await opened();
  await world.until("diagnostics of the closed file", () => count() === 1);
});
