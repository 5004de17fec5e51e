// The import fence: which file may know which. Run by "npm run check".
const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** The layers of libs/core from top to bottom. A file may import its own layer and those below. */
const CORE_LAYERS = [
  ["index", "portable", "scheme"],
  ["verifier", "content", "observing/[^/]+", "signing/sign", "signing/sign-response"],
  [
    "verification",
    "verify",
    "greeter",
    "check-response",
    "signing/prepare",
    "signing/draft-request",
    "signing/request-to-sign",
    "signing/named-headers",
  ],
  ["scheme-registry"],
  ["stages/[^/]+"],
  ["stores/[^/]+"],
  ["ports/[^/]+", "log/[^/]+"],
  ["flow", "principal"],
  ["lacre1/[^/]+"],
  ["scheme/[^/]+"], // the contract: it knows no scheme
  ["window"],
  ["apps/[^/]+"],
  ["option-kinds"],
  ["options"],
  ["http/[^/]+"],
  ["crypto/[^/]+"],
  ["errors", "after"],
];
const TESTS = "[.](spec|systems)[.]ts$";
const CORE = "^libs/core/src/";
const filesOf = (layers) => `${CORE}(${layers.flat().join("|")})[.]ts$`;

const upward = CORE_LAYERS.slice(1).map((layer, i) => ({
  name: `core-imports-down: ${layer[0].replace(/[(/].*/, "")}`,
  comment: "In libs/core imports point down: see CORE_LAYERS in .dependency-cruiser.cjs.",
  severity: "error",
  from: { path: filesOf([layer]), pathNot: TESTS },
  to: { path: filesOf(CORE_LAYERS.slice(0, i + 1)) },
}));

/** What a package publishes: the sources behind its "exports". The one way in from outside. */
function doorsOf(folder) {
  const { exports: doors = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.values(doors).flatMap((door) =>
    typeof door === "object" && door["@lacre/source"] !== undefined
      ? [join(folder, door["@lacre/source"]).replaceAll("\\", "/")]
      : [],
  );
}
const packages = ["libs", "apps"].flatMap((root) =>
  readdirSync(root)
    .map((name) => `${root}/${name}`)
    .filter((folder) => existsSync(join(folder, "package.json"))),
);
/** What a package takes in place of another file where it does not run in Node: the "imports" of its package.json. */
function standInsOf(folder) {
  const { imports = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.values(imports).flatMap(({ "@lacre/source": sources }) =>
    sources === undefined ? [] : [`${folder}/${sources.default}`.replace("/./", "/")],
  );
}
const literally = (path) => path.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
const doors = packages.flatMap(doorsOf).map((door) => `^${literally(door)}$`);
const standIns = packages.flatMap(standInsOf).map((file) => `^${literally(file)}$`);
/** What is started by hand: each app's main.ts, and what the scripts of package.json run from a dist folder. */
const started = [
  ...readFileSync("package.json", "utf8").matchAll(
    /\b((?:libs|apps)\/[\w-]+)\/dist\/([\w/.-]+)[.]js\b/g,
  ),
].map(([, folder, file]) => `^${literally(`${folder}/src/${file}.ts`)}$`);
/** What is started as a thread: nothing imports it. */
const threads = ["^apps/console/src/explaining/explain-work[.]ts$"];
const entries = [...doors, ...standIns, "^apps/[^/]+/src/main[.]ts$", ...started, ...threads];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-circular",
      comment: "Types included: a circle of types is a circle of ideas.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "not-to-unresolvable",
      comment:
        "What is built later (dist, and what package.json names of it) need not be there yet; React hides its files from resolvers that know of servers.",
      severity: "error",
      from: {},
      to: {
        couldNotResolve: true,
        pathNot: ["(^|/)dist/", "^#swagger-ui$", "^virtual:", "^react$"],
      },
    },
    {
      name: "not-to-undeclared",
      comment: "A package that its package.json does not name is there by luck.",
      severity: "error",
      from: { path: "^(libs|apps)/[^/]+/src/", pathNot: TESTS },
      // An optional peer is named, and may be absent.
      to: {
        dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"],
        dependencyTypesNot: ["npm-peer"],
      },
    },
    {
      name: "libs-not-to-apps",
      severity: "error",
      from: { path: "^libs/" },
      to: { path: "^apps/" },
    },
    {
      name: "sources-not-to-tests",
      severity: "error",
      from: { path: "^(libs|apps)/", pathNot: TESTS },
      to: { path: ["^test/", TESTS] },
    },
    {
      name: "only-through-the-door",
      comment: "A package is used by its name, never by a path into it.",
      severity: "error",
      from: { path: "^(libs|apps)/([^/]+)/", pathNot: TESTS },
      to: { path: "^(libs|apps)/[^/]+/", pathNot: ["^$1/$2/", ...doors] },
    },
    {
      name: "by-name-not-by-path",
      comment: "A package is used by its name, never by a path to its door.",
      severity: "error",
      from: { path: "^(libs|apps)/([^/]+)/", pathNot: TESTS },
      to: {
        path: "^(libs|apps)/[^/]+/",
        pathNot: "^$1/$2/",
        dependencyTypesNot: ["aliased", "undetermined", "npm"],
      },
    },
    {
      name: "core-needs-nothing",
      comment: "libs/core works with Node alone.",
      severity: "error",
      from: { path: CORE, pathNot: TESTS },
      to: { pathNot: [CORE, "^(node:)?crypto$"] },
    },
    {
      name: "core-file-without-layer",
      comment: "Every file of libs/core stands in a layer: add it to CORE_LAYERS.",
      severity: "error",
      from: { path: `${CORE}index[.]ts$` },
      to: { path: CORE, pathNot: [TESTS, filesOf(CORE_LAYERS)], reachable: true },
    },
    {
      name: "schemes-strangers",
      comment: "Schemes do not know each other, and use the published contract alone.",
      severity: "error",
      from: { path: "^libs/schemes/src/([^/]+)/", pathNot: [TESTS, "^libs/schemes/src/senders/"] },
      to: {
        pathNot: [
          "^libs/schemes/src/$1/",
          "^libs/core/src/scheme[.]ts$",
          "^(node:)?(crypto|zlib)$",
        ],
      },
    },
    {
      name: "senders-are-options",
      comment:
        "What a sender does is said in the options of bodySignature. Senders do not know each other.",
      severity: "error",
      from: { path: "^libs/schemes/src/senders/", pathNot: TESTS },
      to: {
        pathNot: [
          "^libs/schemes/src/senders/preset[.]ts$",
          "^libs/schemes/src/body-signature/",
          "^libs/core/src/scheme[.]ts$",
        ],
      },
    },
    {
      name: "stores-know-core",
      severity: "error",
      from: { path: "^libs/stores/src/", pathNot: TESTS },
      to: { path: "^libs/", pathNot: ["^libs/stores/src/", "^libs/core/src/index[.]ts$"] },
    },
    {
      name: "the-gate-knows-core",
      comment: "libs/node knows no framework, no store and no scheme.",
      severity: "error",
      from: { path: "^libs/node/src/", pathNot: TESTS },
      to: {
        path: "^libs/|node_modules",
        pathNot: ["^libs/node/src/", "^libs/core/src/index[.]ts$"],
        dependencyTypesNot: ["core"],
      },
    },
    {
      name: "console-tables-know-nobody",
      comment: "A table is columns: what is done with it is in a room.",
      severity: "error",
      from: { path: "^apps/console/src/database/tables/" },
      to: { path: "^apps/console/src/", pathNot: "^apps/console/src/database/tables/" },
    },
    {
      name: "console-access-knows-no-room",
      comment: "Who may call what is decided without what the routes do; who asks, sign-in says.",
      severity: "error",
      from: { path: "^apps/console/src/access/", pathNot: TESTS },
      to: {
        path: "^apps/console/src/",
        pathNot: "^apps/console/src/(access|problems|start|database|sign-in|conventions|audit)/",
      },
    },
    {
      name: "console-ground",
      comment: "What all rooms of the console stand on knows none of them.",
      severity: "error",
      from: { path: "^apps/console/src/(database|problems|page-files)/", pathNot: TESTS },
      to: {
        path: "^apps/console/src/",
        pathNot: "^apps/console/src/(database|problems|page-files)/",
      },
    },
    ...upward,
    {
      name: "no-unused-files",
      comment: "Nothing reaches this file from the doors of its package.",
      severity: "error",
      from: { path: entries },
      to: {
        path: "^(libs|apps)/[^/]+/src/",
        pathNot: [TESTS, "[.]d[.]ts$", ...entries],
        reachable: false,
      },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(libs|apps)/[^/]+/dist/|^test/package/fixtures/" },
    enhancedResolveOptions: {
      conditionNames: ["@lacre/source", "import", "node", "default"],
      exportsFields: ["exports"],
    },
  },
};
