// The server's process, and what it said when it could not start.
import { type ChildProcess, spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import type { StreamInfo } from "vscode-languageclient/node";

const KEPT = 4000;
const PATIENCE = 2000;

export class ServerProcess {
  private child: ChildProcess | undefined;
  private said = "";

  constructor(
    private readonly executable: string,
    private readonly args: readonly string[],
    private readonly folder: string | undefined,
    private readonly log: (text: string) => void,
  ) {}

  /** Start the process; rejected where the system cannot run it. */
  start(): Promise<StreamInfo> {
    this.said = "";
    return new Promise((resolve, reject) => {
      const child = spawn(this.executable, this.args, {
        ...(this.folder === undefined ? {} : { cwd: this.folder }),
      });
      child.stderr.on("data", (data: Buffer) => {
        this.said = (this.said + data.toString()).slice(-KEPT);
        this.log(data.toString());
      });
      // What is sent to a process that has ended is no error of the client's.
      const writer = new PassThrough();
      writer.pipe(child.stdin.on("error", () => undefined));
      child.once("error", reject);
      child.once("spawn", () => {
        this.child = child;
        resolve({ reader: child.stdout, writer });
      });
    });
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** The last line that was written to standard error. */
  get lastWords(): string | undefined {
    return this.said.trim().split(/\r?\n/).at(-1)?.replace(/^Error: /, "") || undefined;
  }

  /** Wait for the end of the process, which has been asked to stop; end it if it does not. */
  async end(): Promise<void> {
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
