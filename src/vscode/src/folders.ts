// Which folders have a server: the outermost of the workspace, each with its own environment.
import * as vscode from "vscode";
import { FolderClient, StartError } from "./client";
import { settingsOf } from "./settings";

export type Report = (problems: string[]) => void;

export class Folders implements vscode.Disposable {
  private clients: FolderClient[] = [];
  private problems: string[] = [];
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly output: vscode.OutputChannel,
    private readonly changed: () => void,
    private readonly report: Report,
  ) {}

  get running(): FolderClient[] {
    return this.clients.filter((client) => client.isRunning);
  }

  get failures(): readonly string[] {
    return this.problems;
  }

  /** Stop every server and start those that are wanted now, one such round after the other. */
  restart(): Promise<void> {
    this.turn = this.turn.then(() => this.renew()).catch((error: unknown) => {
      this.output.appendLine(String(error));
    });
    return this.turn;
  }

  stop(): Promise<void> {
    this.turn = this.turn.then(() => this.stopAll());
    return this.turn;
  }

  dispose(): void {
    void this.stop();
  }

  private async renew(): Promise<void> {
    await this.stopAll();
    this.clients = outermost()
      .filter((folder) => settingsOf(folder).enable)
      .map((folder) => new FolderClient(folder, this.output, this.changed));
    const problems = await Promise.all(this.clients.map(started));
    this.problems = [...new Set(problems.filter((problem) => problem !== undefined))];
    for (const problem of this.problems) {
      this.output.appendLine(problem);
    }
    this.changed();
    this.report(this.problems);
  }

  private async stopAll(): Promise<void> {
    const clients = this.clients;
    this.clients = [];
    await Promise.all(clients.map((client) => client.stop()));
  }
}

async function started(client: FolderClient): Promise<string | undefined> {
  try {
    await client.start();
    return undefined;
  } catch (error) {
    if (error instanceof StartError) {
      return error.message;
    }
    throw error;
  }
}

/** The folders on disk that lie in no other folder; `undefined` for files without any folder. */
function outermost(): (vscode.WorkspaceFolder | undefined)[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
  if (folders.length === 0) {
    return [undefined];
  }
  const paths = folders.map((folder) => `${folder.uri.path.replace(/\/$/, "")}/`);
  return folders.filter(
    (_, index) => !paths.some((other, at) => at !== index && paths[index]!.startsWith(other)),
  );
}
