const SAMPLE_MS = 20;

/** In a server process: says on which port it listens, and answers its parent's questions about what it has used. */
export function answerUsage(port) {
  let peakRss = 0;
  const sample = () => (peakRss = Math.max(peakRss, process.memoryUsage.rss()));
  setInterval(sample, SAMPLE_MS).unref();
  process.on("message", (question) => {
    if (question === "gc") for (let i = 0; i < 3; i++) globalThis.gc();
    const { user, system } = process.cpuUsage();
    sample();
    const { heapUsed, external } = process.memoryUsage();
    process.send({ cpuUs: user + system, peakRss, heapBytes: heapUsed + external });
    peakRss = 0;
  });
  process.on("disconnect", () => process.exit(0));
  process.send({ port });
}
