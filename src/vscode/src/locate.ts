// Where the executable is: the setting, the Python extension's interpreter, then PATH.
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

export interface Question {
  /** What the user set, or nothing. */
  setting: string;
  /** The folder that is checked. */
  folder: string | undefined;
  /** The interpreter that is chosen for the folder. */
  interpreter: string | undefined;
  /** All folders whose content must not be run. */
  untrusted: readonly string[];
  environment?: NodeJS.ProcessEnv;
}

export interface Found {
  executable: string;
  source: "the setting `handbook.path`" | "the Python interpreter" | "PATH";
}

const NAME = process.platform === "win32" ? "handbook.exe" : "handbook";

/** The executable, or why there is none. */
export function locate(question: Question): Found | string {
  if (question.setting) {
    const executable = expanded(question.setting, question.folder);
    if (!path.isAbsolute(executable)) {
      return `\`handbook.path\` must be an absolute path, found \`${question.setting}\``;
    }
    if (isWithin(executable, question.untrusted)) {
      return `\`${executable}\` is not run: it lies in an untrusted workspace`;
    }
    if (!isExecutable(executable)) {
      return `\`handbook.path\` names \`${executable}\`, which is no executable file`;
    }
    return { executable, source: "the setting `handbook.path`" };
  }
  const beside = question.interpreter ? besideInterpreter(question.interpreter) : [];
  const places: [string[], Found["source"]][] = [
    [beside, "the Python interpreter"],
    [onPath(question.environment ?? process.env), "PATH"],
  ];
  for (const [folders, source] of places) {
    for (const folder of folders) {
      const executable = path.join(folder, NAME);
      if (isExecutable(executable) && !isWithin(executable, question.untrusted)) {
        return { executable, source };
      }
    }
  }
  return "The `handbook` executable was not found: run `pip install handbook[lsp]`, or set `handbook.path`";
}

function expanded(setting: string, folder: string | undefined): string {
  const whole = setting.replaceAll("${workspaceFolder}", folder ?? "");
  return /^~(?=$|[/\\])/.test(whole) ? path.join(homedir(), whole.slice(1)) : whole;
}

/** Where pip puts scripts: beside the interpreter, or in `Scripts` on Windows outside of environments. */
function besideInterpreter(interpreter: string): string[] {
  const folder = path.dirname(interpreter);
  return [folder, path.join(folder, "Scripts")];
}

/** The folders of PATH; relative ones depend on what is open, and are left out. */
function onPath(environment: NodeJS.ProcessEnv): string[] {
  const value = environment["PATH"] ?? environment["Path"] ?? "";
  return value.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Whether a file lies in one of some folders, as it is named or as its links lead. */
function isWithin(file: string, folders: readonly string[]): boolean {
  return folders.some((folder) =>
    [file, real(file)].some((each) => [folder, real(folder)].some((root) => contains(root, each))),
  );
}

function contains(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function real(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
