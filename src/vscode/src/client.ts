// A server for one folder, and the client that talks to it.
import * as vscode from "vscode";
import {
  CloseAction,
  type CloseHandlerResult,
  type ErrorHandler,
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  State,
} from "vscode-languageclient/node";
import { interpreterOf } from "./interpreter";
import { type Found, locate } from "./locate";
import { ServerProcess } from "./process";
import { SECTION, type Settings, settingsOf } from "./settings";

/** What is wrong with a folder's server, as the user is told. */
export class StartError extends Error {}

/** Leaves it to us to say why a server did not start; one that ends later is started again. */
class QuietClient extends LanguageClient {
  isStarted = false;
  private settled: Promise<void> = Promise.resolve();

  constructor(server: ServerOptions, options: LanguageClientOptions) {
    super(SECTION, "Handbook", server, options);
    const usual: ErrorHandler = this.createDefaultErrorHandler();
    const closed = async (): Promise<CloseHandlerResult> => {
      if (this.isStarted) {
        return usual.closed();
      }
      await this.settled; // The client forgets its start then, and nobody would see it fail.
      return { action: CloseAction.DoNotRestart, handled: true };
    };
    options.errorHandler = { error: (...about) => usual.error(...about), closed };
    this.clientOptions.errorHandler = options.errorHandler;
  }

  override async start(): Promise<void> {
    const starting = super.start();
    this.settled = starting.catch(() => undefined);
    await starting;
    if (!this.isRunning()) {
      throw new Error("its process ended at once");
    }
    this.isStarted = true;
  }

  override async stop(timeout?: number): Promise<void> {
    if (this.isStarted) {
      await super.stop(timeout);
    }
  }

  override error(message: string, data?: unknown, show?: boolean | "force"): void {
    super.error(message, data, this.isStarted ? show : false);
  }
}

export class FolderClient {
  private client: QuietClient | undefined;
  private server: ServerProcess | undefined;
  private scanIsDue = true;
  private readonly saved: vscode.Disposable;

  constructor(
    readonly folder: vscode.WorkspaceFolder | undefined,
    private readonly output: vscode.OutputChannel,
    private readonly changed: () => void,
  ) {
    this.saved = vscode.workspace.onDidSaveTextDocument(() => (this.scanIsDue = true));
  }

  get isRunning(): boolean {
    return this.client?.state === State.Running;
  }

  get pid(): number | undefined {
    return this.server?.pid;
  }

  /** Start the server. Throws a `StartError` that says what to do. */
  async start(): Promise<void> {
    const settings = settingsOf(this.folder);
    const found = await this.find(settings);
    const name = this.folder?.name ?? "files without a folder";
    this.output.appendLine(`${name}: ${found.executable} (from ${found.source})`);
    const args = ["server", ...(settings.allowPlugins ? [] : ["--no-plugins"])];
    const server = new ServerProcess(found.executable, args, this.folder?.uri.fsPath, (text) => this.output.append(text));
    const client = new QuietClient(() => server.start(), this.options(settings));
    client.onDidChangeState(this.changed);
    this.client = client;
    this.server = server;
    try {
      await client.start();
    } catch (error) {
      await server.end();
      const reason = server.lastWords ?? (error instanceof Error ? error.message : String(error));
      throw new StartError(`\`${found.executable}\` did not start: ${reason}`);
    }
  }

  async stop(): Promise<void> {
    this.saved.dispose();
    const client = this.client;
    this.client = undefined;
    if (client?.state === State.Running) {
      await client.dispose().catch((error: unknown) => this.output.appendLine(String(error)));
    }
    await this.server?.end();
  }

  private async find(settings: Settings): Promise<Found> {
    const isTrusted = vscode.workspace.isTrusted;
    const untrusted = isTrusted ? [] : (vscode.workspace.workspaceFolders ?? []);
    const needsInterpreter = isTrusted && !settings.path;
    const found = locate({
      setting: settings.path,
      folder: this.folder?.uri.fsPath,
      interpreter: needsInterpreter ? await interpreterOf(this.folder?.uri) : undefined,
      untrusted: untrusted.map((folder) => folder.uri.fsPath),
    });
    if (typeof found === "string") {
      throw new StartError(found);
    }
    return found;
  }

  private options(settings: Settings): LanguageClientOptions {
    const pattern = this.folder && globBelow(this.folder.uri.fsPath);
    return {
      documentSelector: [
        { language: "python", scheme: "file", ...(pattern === undefined ? {} : { pattern }) },
      ],
      ...(this.folder === undefined ? {} : { workspaceFolder: this.folder }),
      outputChannel: this.output,
      initializationOptions: { allowPlugins: settings.allowPlugins },
      initializationFailedHandler: () => false,
      diagnosticPullOptions: { onChange: true, onSave: true, onTabs: false },
      middleware: {
        // The client asks every two seconds: what has been answered need not be found again.
        provideWorkspaceDiagnostics: async (ids, token, report, next) => {
          if (!settings.wholeWorkspace || !this.scanIsDue) {
            return { items: [] };
          }
          this.scanIsDue = false;
          return next(ids, token, report);
        },
      },
    };
  }
}

/** What matches all files below a folder, whatever characters its name has. */
function globBelow(folder: string): string {
  return `${folder.replaceAll("\\", "/").replace(/[[\]{}*?]/g, "[$&]")}/**/*`;
}
