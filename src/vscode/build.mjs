// Bundles the extension, and its tests, whose `vscode` is the one of `test/vscode.ts`.
import { copyFile, rm } from "node:fs/promises";
import { build } from "esbuild";

const shared = { bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "warning" };

await rm("dist", { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  external: ["vscode"],
  minify: true,
});
await build({
  ...shared,
  entryPoints: ["test/extension.test.ts", "test/locate.test.ts"],
  outdir: "dist/test",
  external: ["vscode", "jest-mock-vscode"],
});
await copyFile("../../LICENSE", "LICENSE");
