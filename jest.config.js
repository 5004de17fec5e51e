import { availableParallelism } from "node:os";

/** Everything that Node alone can run. @type {import('jest').Config} */
export default {
  testEnvironment: "node",
  testEnvironmentOptions: { customExportConditions: ["@lacre/source", "node", "node-addons"] },
  roots: ["<rootDir>/libs", "<rootDir>/apps", "<rootDir>/test"],
  testMatch: ["**/*.spec.ts"],
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: {
    "^(\\.{1,2}/.*)\\.js$": "$1",
    // light-my-request requires an ES module here, which jest cannot do on Node 20; this is its CommonJS twin.
    "^cookie$": "<rootDir>/node_modules/cookie/index.js",
    // This one is CommonJS and requires Nest, which is an ES module.
    "^@nestjs/throttler$": "<rootDir>/test/support/nestjs-throttler.ts",
  },
  transform: { "^.+\\.ts$": ["@swc/jest"] },
  modulePathIgnorePatterns: ["<rootDir>/.*/dist/", "<rootDir>/test/package/fixtures/"],
  coverageProvider: "v8",
  collectCoverageFrom: ["libs/*/src/**/*.ts", "apps/*/src/**/*.ts", "!**/main.ts", "!**/*.spec.ts"],
  setupFiles: ["reflect-metadata"],
  // On two cores jest would use but one.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testTimeout: 60_000,
};
