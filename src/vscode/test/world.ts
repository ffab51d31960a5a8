// An editor without windows: what the extension and its client ask of `vscode`, and what a user does.
import Module, { createRequire } from "node:module";
import * as path from "node:path";
import { createVSCodeMock } from "jest-mock-vscode";
import type * as vscode from "vscode";
import { URI } from "vscode-uri";
import { Document } from "./document";

// The bundle lies in `dist/test`, beside it the extension as it is shipped.
const EXTENSION = path.join(__dirname, "..", "extension.js");
const PATIENCE = 15_000;
const ON_SAVE = "editor.codeActionsOnSave";

type Provider = vscode.CodeActionProvider;
type Api = typeof vscode;
interface Extension {
  activate(context: unknown): Promise<{ pids(): (number | undefined)[]; failures(): readonly string[] }>;
  deactivate(): Promise<void>;
}

export class World {
  readonly messages: string[] = [];
  readonly output: string[] = [];
  readonly status: { text: string; tooltip?: string } = { text: "" };
  readonly settings = new Map<string, unknown>();
  readonly documents: Document[] = [];
  readonly found = new Map<string, Map<object, readonly vscode.Diagnostic[]>>();
  folders: vscode.WorkspaceFolder[] = [];
  isTrusted = true;
  interpreter: string | undefined;
  extension!: Extension;
  running!: Awaited<ReturnType<Extension["activate"]>>;
  readonly api: Api;
  private readonly events = new Map<string, vscode.EventEmitter<unknown>>();
  private readonly commands = new Map<string, (...args: unknown[]) => unknown>();
  private readonly providers = new Set<Provider>();
  private readonly watchers = new Set<vscode.EventEmitter<vscode.Uri>>();
  private readonly subscriptions: vscode.Disposable[] = [];

  constructor(...folders: string[]) {
    // The mock's types are those of jest, whose place a plain function takes.
    const mock = createVSCodeMock({ fn: (f = () => undefined) => f } as never) as unknown as Api;
    this.api = mock;
    this.open(...folders);
    const world = this;
    const event = (name: string) => this.emitter(name).event;
    Object.assign(mock, lacking(mock));
    mock.workspace = overlay(mock.workspace, {
      get workspaceFolders() { return world.folders; },
      get isTrusted() { return world.isTrusted; },
      get textDocuments() { return world.documents; },
      getConfiguration: (section?: string) => world.configuration(section),
      getWorkspaceFolder: (uri: vscode.Uri) => world.folders.find((each) => uri.fsPath.startsWith(each.uri.fsPath)),
      createFileSystemWatcher: () => world.watcher(),
      applyEdit: (edit: vscode.WorkspaceEdit) => world.apply(edit),
      ...Object.fromEntries(
        Object.keys(mock.workspace).filter((name) => /^on(Did|Will)/.test(name)).map((name) => [name, event(name)]),
      ),
    });
    mock.window = overlay(mock.window, {
      get activeTextEditor() { return world.documents.map((document) => ({ document })).at(-1); },
      onDidChangeActiveTextEditor: event("onDidChangeActiveTextEditor"),
      tabGroups: {
        get all() {
          return [{ tabs: world.documents.map(({ uri }) => ({ input: new mock.TabInputText(uri) })) }];
        },
        onDidChangeTabs: event("onDidChangeTabs"),
      },
      createOutputChannel: () => world.channel(),
      createStatusBarItem: () => Object.assign(world.status, { show() {}, dispose() {} }),
      showErrorMessage: async (text: string) => void world.messages.push(text),
      showWarningMessage: async (text: string) => void world.messages.push(text),
      showInformationMessage: async (text: string) => void world.messages.push(text),
    });
    mock.languages = overlay(mock.languages, {
      ...Object.fromEntries(
        Object.keys(mock.languages).filter((name) => name.startsWith("register"))
          .map((name) => [name, () => new mock.Disposable(() => undefined)]),
      ),
      createDiagnosticCollection: () => world.collection(),
      match: (selector: vscode.DocumentFilter[], document: Document) => matches(selector, document),
      registerCodeActionsProvider: (_: unknown, provider: Provider) => {
        world.providers.add(provider);
        return new mock.Disposable(() => world.providers.delete(provider));
      },
    });
    mock.commands = overlay(mock.commands, {
      registerCommand: (name: string, run: () => unknown) => {
        world.commands.set(name, run);
        return new mock.Disposable(() => world.commands.delete(name));
      },
      executeCommand: async (name: string, ...args: unknown[]) =>
        name === "vscode.executeCodeActionProvider"
          ? world.actionsIn(args[0] as vscode.Uri, args[1] as vscode.Range, args[2] as string)
          : world.commands.get(name)?.(...args),
    });
    mock.extensions = overlay({} as Api["extensions"], {
      getExtension: () => world.interpreter === undefined ? undefined : world.python(world.interpreter),
    });
  }

  // What a user does

  /** Open folders instead of those that are open. */
  open(...folders: string[]): void {
    this.folders = folders.map((folder, index) => ({
      uri: this.api.Uri.file(folder), name: path.basename(folder), index,
    }));
  }

  async activate(): Promise<void> {
    const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
    const load = loader._load;
    loader._load = (request, ...rest) => (request === "vscode" ? this.api : load.call(loader, request, ...rest));
    const require = createRequire(__filename);
    try {
      delete require.cache[EXTENSION];
      this.extension = require(EXTENSION) as Extension;
    } finally {
      loader._load = load;
    }
    this.running = await this.extension.activate({ subscriptions: this.subscriptions });
  }

  async deactivate(): Promise<void> {
    await this.extension.deactivate();
    this.subscriptions.forEach((each) => each.dispose());
  }

  openFile(file: string): Document {
    const document = new Document(this.api, file);
    this.documents.push(document);
    this.fire("onDidChangeTabs", { opened: [document], closed: [], changed: [] });
    this.fire("onDidOpenTextDocument", document);
    return document;
  }

  type(document: Document, text: string): void {
    document.setText(text);
    this.fireChange(document);
  }

  /** Save, after the code actions that the user wants on saving. */
  async save(document: Document): Promise<void> {
    const wanted = (this.settings.get(ON_SAVE) ?? {}) as Record<string, string>;
    for (const kind of Object.keys(wanted)) {
      for (const action of await this.actionsIn(document.uri, this.everything(document), kind)) {
        await this.apply(action.edit!);
      }
    }
    document.write();
    this.fire("onDidSaveTextDocument", document);
  }

  async set(key: string, value: unknown): Promise<void> {
    this.settings.set(key, value);
    this.fire("onDidChangeConfiguration", {
      affectsConfiguration: (section: string) => key === section || key.startsWith(`${section}.`),
    });
  }

  trust(): void {
    this.isTrusted = true;
    this.fire("onDidGrantWorkspaceTrust", undefined);
  }

  run(command: string): unknown {
    return this.commands.get(command)!();
  }

  /** Tell those who watch files that one has changed. */
  changeOnDisk(file: string): void {
    this.watchers.forEach((watcher) => watcher.fire(this.api.Uri.file(file)));
  }

  fire(name: string, value: unknown): void {
    this.emitter(name).fire(value);
  }

  async actionsIn(uri: vscode.Uri, range: vscode.Range, kind: string): Promise<vscode.CodeAction[]> {
    const document = this.documents.find((each) => each.uri.fsPath === uri.fsPath)!;
    const only = this.api.CodeActionKind.Empty.append(kind);
    const diagnostics = this.shown(document).filter((each) => range.contains(each.range));
    const context = { only, diagnostics, triggerKind: 1 } as vscode.CodeActionContext;
    const token = new this.api.CancellationTokenSource().token;
    const answers = await Promise.all(
      [...this.providers].map((each) => each.provideCodeActions(document as never, range, context, token)),
    );
    return answers.flatMap((answer) => (answer ?? []) as vscode.CodeAction[]);
  }

  everything(document: Document): vscode.Range {
    return new this.api.Range(0, 0, document.lineCount, 0);
  }

  // What a user sees

  shown(document: Document): vscode.Diagnostic[] {
    return [...(this.found.get(document.uri.toString())?.values() ?? [])].flat();
  }

  codes(document: Document): unknown[] {
    return this.shown(document).map(({ code }) => (typeof code === "object" ? code.value : code)).sort();
  }

  /** Wait until something is so. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (!isSo()) {
      if (Date.now() > end) {
        throw new Error(`waited in vain for ${what}; messages: ${this.messages}; output: ${this.output.join("")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  // What the extension asks for

  async apply(edit: vscode.WorkspaceEdit): Promise<boolean> {
    for (const [uri, edits] of edit.entries()) {
      const document = this.documents.find((each) => each.uri.fsPath === uri.fsPath)!;
      document.edit(edits);
      this.fireChange(document);
    }
    return true;
  }

  private fireChange(document: Document): void {
    const contentChanges = [{ text: document.getText() }];
    this.fire("onDidChangeTextDocument", { document, contentChanges, reason: undefined });
  }

  private emitter(name: string): vscode.EventEmitter<unknown> {
    const known = this.events.get(name) ?? new this.api.EventEmitter<unknown>();
    this.events.set(name, known);
    return known;
  }

  private configuration(section?: string) {
    const key = (name: string) => (section ? `${section}.${name}` : name);
    return {
      get: (name: string, fallback?: unknown) => this.settings.get(key(name)) ?? fallback,
      inspect: () => undefined,
      has: (name: string) => this.settings.has(key(name)),
    };
  }

  private watcher() {
    const emitter = new this.api.EventEmitter<vscode.Uri>();
    const never = new this.api.EventEmitter<vscode.Uri>();
    this.watchers.add(emitter);
    return {
      onDidChange: emitter.event, onDidCreate: never.event, onDidDelete: never.event,
      dispose: () => this.watchers.delete(emitter),
    };
  }

  private channel() {
    const write = (text: string) => void this.output.push(text);
    return { append: write, appendLine: (text: string) => write(`${text}\n`), show() {}, dispose() {}, clear() {} };
  }

  private collection() {
    const key = {};
    const of = (uri: vscode.Uri) => {
      const known = this.found.get(uri.toString()) ?? new Map<object, readonly vscode.Diagnostic[]>();
      this.found.set(uri.toString(), known);
      return known;
    };
    const clear = () => this.found.forEach((each) => each.delete(key));
    return {
      set: (uri: vscode.Uri, found: readonly vscode.Diagnostic[] | undefined) => of(uri).set(key, found ?? []),
      delete: (uri: vscode.Uri) => of(uri).delete(key),
      has: (uri: vscode.Uri) => of(uri).has(key),
      get: (uri: vscode.Uri) => of(uri).get(key),
      clear,
      dispose: clear,
    };
  }

  private python(interpreter: string) {
    const environments = {
      getActiveEnvironmentPath: () => ({ path: interpreter }),
      resolveEnvironment: async () => ({ executable: { uri: this.api.Uri.file(interpreter) } }),
      onDidChangeActiveEnvironmentPath: this.emitter("onDidChangeActiveEnvironmentPath").event,
    };
    return { isActive: true, exports: { environments } };
  }
}

/** An object with other properties over its own. */
function overlay<T extends object>(base: T, over: object): T {
  return Object.defineProperties(Object.create(base) as T, Object.getOwnPropertyDescriptors(over));
}

function matches(selector: vscode.DocumentFilter[], document: Document): number {
  return selector.some(({ language, pattern }) => {
    const below = typeof pattern === "string" ? pattern.replace("**/*", "") : "";
    return language === document.languageId && document.fileName.startsWith(below);
  }) ? 10 : 0;
}

const UNSEEN = {
  CodeActionTriggerKind: { Invoke: 1, Automatic: 2 },
  InlayHint: class {},
  TabInputText: class { constructor(readonly uri: vscode.Uri) {} },
  TabInputTextDiff: class {},
  TabInputCustom: class {},
};

/** What the mock lacks of what the client needs. */
function lacking(mock: Api) {
  class CancellationTokenSource {
    private readonly cancelled = new mock.EventEmitter<void>();
    readonly token = { isCancellationRequested: false, onCancellationRequested: this.cancelled.event };

    cancel(): void {
      this.token.isCancellationRequested = true;
      this.cancelled.fire();
    }

    dispose(): void {
      this.cancelled.dispose();
    }
  }
  const env = { appName: "World", language: "en", onDidChangeTelemetryEnabled: () => undefined };
  return { version: "1.90.0", Uri: URI, env, CancellationError: Error, CancellationTokenSource, ...UNSEEN };
}
