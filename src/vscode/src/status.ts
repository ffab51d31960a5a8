// The status bar: whether the server runs, and a click away what it says.
import * as vscode from "vscode";
import type { Folders } from "./folders";

export class Status implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;

  constructor() {
    this.item = vscode.window.createStatusBarItem("handbook.status", vscode.StatusBarAlignment.Right, 90);
    this.item.name = "Handbook";
    this.item.command = "handbook.showOutput";
  }

  show(folders: Folders): void {
    const { failures, running } = folders;
    if (failures.length > 0) {
      this.item.text = "$(error) Handbook";
      this.item.tooltip = failures.join("\n");
      this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.errorBackground");
    } else {
      const isUntrusted = !vscode.workspace.isTrusted;
      this.item.text = running.length > 0 ? "$(check) Handbook" : "$(circle-slash) Handbook";
      this.item.tooltip = running.length === 0 ? "Handbook is not running" :
        `Handbook is running${isUntrusted ? "; plugins are not loaded in an untrusted workspace" : ""}`;
      this.item.backgroundColor = undefined;
    }
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}
