// Writes the reference, docs/api, from the docstrings of what the packages publish: a page for each door.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";
import { doors as allDoors } from "./doors.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "docs", "api");
const doors = allDoors();

const app = await Application.bootstrapWithPlugins({
  plugin: ["typedoc-plugin-markdown"],
  entryPoints: doors.map(({ source }) => source),
  tsconfig: join(root, "tsconfig.json"),
  skipErrorChecking: true, // the check of types has done it
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  disableSources: true,
  readme: "none",
  name: "API reference",
  out,
  entryFileName: "index",
  router: "module",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  // What is left tells a caller something.
  tableColumnSettings: {
    hideInherited: true,
    hideModifiers: true,
    hideOverrides: true,
    hideSources: true,
  },
  logLevel: "Warn",
});
const project = await app.convert();
if (project === undefined) process.exit(1);
for (const module of project.children) {
  const { fileName } = project.getSymbolIdFromReflection(module);
  module.name = doors.find(({ source }) => source === fileName).name;
}
app.validate(project);
rmSync(out, { recursive: true, force: true });
await app.generateOutputs(project);
if (app.logger.warningCount + app.logger.errorCount > 0) process.exit(1);
