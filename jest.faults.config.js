import base from "./jest.config.js";

/** Real stores that fail, under load; minutes long. @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ["**/*.faults.ts"],
  testTimeout: 120_000,
  maxWorkers: 2,
  maxConcurrency: 6,
};
