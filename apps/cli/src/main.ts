import { EXIT } from "./exit.js";
import { processIo } from "./io.js";
import { run } from "./program.js";

let lost = false;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough, such as head, changes nothing; a full disk does.
  lost ||= error.code !== "EPIPE";
});
process.on("exit", () => {
  if (lost) process.exitCode = EXIT.unusable;
});

process.exitCode = await run(process.argv.slice(2), processIo);
