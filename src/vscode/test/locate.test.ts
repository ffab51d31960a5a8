// Where the executable is looked for, and what is said where it is not.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { locate, type Question } from "../src/locate";

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "handbook-")));
});

afterEach(() => rmSync(folder, { recursive: true }));

function executable(name: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "");
  chmodSync(file, 0o755);
  return file;
}

function ask(more: Partial<Question>) {
  return locate({ setting: "", folder, interpreter: undefined, untrusted: [], environment: {}, ...more });
}

test("the setting comes first, then the interpreter, then PATH", () => {
  const set = executable("set/handbook");
  const beside = executable("venv/bin/handbook");
  const onPath = executable("path/handbook");
  const interpreter = path.join(folder, "venv", "bin", "python");
  const environment = { PATH: path.dirname(onPath) };
  const found = (more: Partial<Question>) => {
    const answer = ask({ environment, ...more });
    return typeof answer === "string" ? answer : answer.executable;
  };
  assert.equal(found({ setting: set, interpreter }), set);
  assert.equal(found({ setting: "${workspaceFolder}/set/handbook" }), set);
  assert.equal(found({ interpreter }), beside);
  assert.equal(found({ interpreter: path.join(folder, "elsewhere", "python") }), onPath);
  assert.equal(found({}), onPath);
});

test("a setting that names nothing to run is told", () => {
  const file = path.join(folder, "text");
  writeFileSync(file, "");
  assert.match(ask({ setting: file }) as string, /which is no executable file$/);
  assert.match(ask({ setting: folder }) as string, /which is no executable file$/);
  assert.match(ask({ setting: "~/no such file" }) as string, new RegExp(homedir()));
  assert.equal(ask({ setting: "handbook" }), "`handbook.path` must be an absolute path, found `handbook`");
});

test("relative folders of PATH are left out", () => {
  executable("bin/handbook");
  assert.equal(typeof ask({ environment: { PATH: path.relative(process.cwd(), path.join(folder, "bin")) } }), "string");
});

test("nothing of an untrusted folder is run, not by a link either", () => {
  const inside = executable("project/bin/handbook");
  const untrusted = [path.join(folder, "project")];
  const link = path.join(folder, "link");
  symlinkSync(path.dirname(inside), link);
  for (const each of [path.dirname(inside), link]) {
    assert.equal(typeof ask({ untrusted, environment: { PATH: each } }), "string");
    assert.match(ask({ untrusted, setting: path.join(each, "handbook") }) as string, /is not run/);
    assert.notEqual(typeof ask({ untrusted: [], environment: { PATH: each } }), "string");
  }
});
