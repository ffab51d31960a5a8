// What the user has set, for one folder.
import * as vscode from "vscode";

export const SECTION = "handbook";

export interface Settings {
  enable: boolean;
  path: string;
  allowPlugins: boolean;
  wholeWorkspace: boolean;
}

/** The settings of a folder; in an untrusted workspace plugins are never allowed. */
export function settingsOf(folder: vscode.WorkspaceFolder | undefined): Settings {
  const section = vscode.workspace.getConfiguration(SECTION, folder?.uri);
  return {
    enable: section.get("enable", true),
    path: section.get("path", "").trim(),
    allowPlugins: vscode.workspace.isTrusted && section.get("allowPlugins", true),
    wholeWorkspace: section.get("diagnosticMode") === "workspace",
  };
}
