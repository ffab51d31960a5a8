// The interpreter that the Python extension uses in a folder.
import * as vscode from "vscode";

interface PythonApi {
  environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(
      environment: { path: string },
    ): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

async function environments(): Promise<PythonApi["environments"]> {
  const extension = vscode.extensions.getExtension<PythonApi>("ms-python.python");
  if (extension === undefined) {
    return undefined;
  }
  try {
    return (extension.isActive ? extension.exports : await extension.activate()).environments;
  } catch {
    return undefined; // What keeps that extension from starting is its own to say.
  }
}

/** The interpreter for a folder; none without the Python extension. */
export async function interpreterOf(folder: vscode.Uri | undefined): Promise<string | undefined> {
  const known = await environments();
  if (known === undefined) {
    return undefined;
  }
  const environment = await known.resolveEnvironment(known.getActiveEnvironmentPath(folder));
  return environment?.executable.uri?.fsPath;
}

/** Call back when another interpreter is chosen. */
export async function whenInterpreterChanges(changed: () => void): Promise<vscode.Disposable> {
  const known = await environments();
  return known?.onDidChangeActiveEnvironmentPath(changed) ?? new vscode.Disposable(() => undefined);
}
