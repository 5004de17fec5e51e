/** The CPU time of this process, in milliseconds, that synchronous work takes. Other work of the machine is not in it. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
