import base from "./jest.config.js";

/** What needs more than Node: other languages, other tools, the package registry. @type {import('jest').Config} */
export default { ...base, testMatch: ["**/*.systems.ts"], testTimeout: 600_000 };
