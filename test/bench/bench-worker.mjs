// One contestant of `npm run bench`, in a process of its own: what others teach the compiler about shared code would
// be charged to it. Started with its operation and name; runs a round of the method that it is told.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { prove } from "./contestant.mjs";
import { contestantOf, methodsOf } from "./contestants.mjs";

const [operation, name, batches, batchSize] = process.argv.slice(2);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const contestants = {};
for (const method of methodsOf(name)) {
  contestants[method] = contestantOf(operation, name, method);
  await prove(`${name}, ${operation} ${method}`, contestants[method]);
}

process.on("message", (method) => {
  void round(method);
});
process.on("disconnect", () => process.exit(0));
process.send("proven");

async function round(method) {
  const { prepare, run } = contestants[method];
  let elapsed = 0n;
  for (let batch = 0; batch < Number(batches); batch++) {
    const prepared = await prepare(Number(batchSize));
    collectGarbage({ type: "minor" }); // what preparing left behind is not charged to the contestant
    const start = process.hrtime.bigint();
    await run(prepared);
    elapsed += process.hrtime.bigint() - start;
  }
  process.send({ us: Number(elapsed) / 1000 / (Number(batches) * Number(batchSize)) });
}
