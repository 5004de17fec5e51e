import base from "./jest.config.js";

/** Random cases by the million; up to an hour long. @type {import('jest').Config} */
export default { ...base, testMatch: ["**/*.long.ts"], testTimeout: 7_200_000, maxWorkers: 1 };
