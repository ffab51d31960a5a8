// The command that fixes all that is safe to fix in the active editor.
import * as vscode from "vscode";

export const FIX_ALL = "source.fixAll.handbook";

/** Apply what the server offers for the whole file. */
export async function fixAll(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== "python") {
    return;
  }
  const { document } = editor;
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    whole,
    FIX_ALL,
  );
  for (const action of actions) {
    if (action.edit !== undefined && action.kind?.value === FIX_ALL) {
      await vscode.workspace.applyEdit(action.edit);
    }
  }
}
