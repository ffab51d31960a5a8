// A text document that can be edited and saved.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type * as vscode from "vscode";

type Api = typeof vscode;

export class Document {
  version = 1;
  isDirty = false;
  isClosed = false;
  readonly isUntitled = false;
  readonly languageId = "python";
  readonly eol = 1;
  readonly uri: vscode.Uri;
  private text: string;

  constructor(private readonly api: Api, readonly fileName: string) {
    this.uri = api.Uri.file(fileName);
    this.text = readFileSync(fileName, "utf8");
  }

  get lineCount(): number {
    return this.text.split("\n").length;
  }

  getText(range?: vscode.Range): string {
    return range ? this.text.slice(this.offsetAt(range.start), this.offsetAt(range.end)) : this.text;
  }

  setText(text: string): void {
    this.text = text;
    this.version += 1;
    this.isDirty = true;
  }

  write(): void {
    mkdirSync(dirname(this.fileName), { recursive: true });
    writeFileSync(this.fileName, this.text);
    this.isDirty = false;
  }

  offsetAt(position: vscode.Position): number {
    const before = this.text.split("\n").slice(0, position.line);
    return Math.min(before.join("\n").length + (before.length > 0 ? 1 : 0) + position.character, this.text.length);
  }

  positionAt(offset: number): vscode.Position {
    const before = this.text.slice(0, offset).split("\n");
    return new this.api.Position(before.length - 1, before.at(-1)!.length);
  }

  /** Apply edits, the last in the text first, so that the places of the others hold. */
  edit(edits: readonly vscode.TextEdit[]): void {
    const places = edits.map((edit) => ({
      start: this.offsetAt(edit.range.start),
      end: this.offsetAt(edit.range.end),
      text: edit.newText,
    }));
    places.sort((one, other) => other.start - one.start);
    this.setText(places.reduce((text, at) => text.slice(0, at.start) + at.text + text.slice(at.end), this.text));
  }
}
