// Starts the language server of each folder, and again whenever what it depends on changes.
import * as vscode from "vscode";
import { fixAll } from "./fixall";
import { Folders } from "./folders";
import { whenInterpreterChanges } from "./interpreter";
import { SECTION } from "./settings";
import { Status } from "./status";

const INSTALLATION = "How to Install";
const OUTPUT = "Show Output";
const SETTINGS = "Open Settings";
const HELP = "Install it in the environment of the project: pip install \"handbook[lsp]\"";

let folders: Folders | undefined;

export interface Api {
  /** The ids of the servers' processes. */
  pids(): (number | undefined)[];
  /** What keeps servers from running. */
  failures(): readonly string[];
}

export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const output = vscode.window.createOutputChannel("Handbook");
  const status = new Status();
  const started = new Folders(output, () => status.show(started), (problems) => void report(problems, output));
  folders = started;
  const restart = (): Promise<void> => started.restart();
  context.subscriptions.push(
    output,
    status,
    vscode.commands.registerCommand("handbook.restart", restart),
    vscode.commands.registerCommand("handbook.fixAll", fixAll),
    vscode.commands.registerCommand("handbook.showOutput", () => output.show()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      const isTrace = change.affectsConfiguration(`${SECTION}.trace`);
      if (change.affectsConfiguration(SECTION) && !isTrace) {
        void restart();
      }
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void restart()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void restart()),
  );
  if (vscode.workspace.isTrusted) {
    context.subscriptions.push(await whenInterpreterChanges(() => void restart()));
  }
  await restart();
  return {
    pids: () => started.running.map((client) => client.pid),
    failures: () => started.failures,
  };
}

export async function deactivate(): Promise<void> {
  await folders?.stop();
}

/** Say what is wrong, with what can be done about it a click away. */
async function report(problems: string[], output: vscode.OutputChannel): Promise<void> {
  for (const problem of problems) {
    const chosen = await vscode.window.showErrorMessage(`Handbook: ${problem}`, OUTPUT, SETTINGS, INSTALLATION);
    if (chosen === OUTPUT) {
      output.show();
    } else if (chosen === SETTINGS) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "handbook.path");
    } else if (chosen === INSTALLATION) {
      await vscode.window.showInformationMessage(HELP, { modal: true });
    }
  }
}
