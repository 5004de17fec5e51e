import { fullnessCases, logCases } from "./contract/log-cases.js";
import type { MakeQueue, QueueCase } from "./contract/queue-under-test.js";
import { sharedCases, takingCases } from "./contract/taking-cases.js";

export type {
  MakeQueue,
  QueueCase,
  QueueSettings,
  QueueUnderTest,
} from "./contract/queue-under-test.js";

/** What the queue is like. */
export interface QueueContractOptions {
  /** Whether the queue has a capacity. */
  readonly bounded?: boolean;
  /** Whether several processes may share it; then the queue under test has `another`. */
  readonly isShared?: boolean;
}

/**
 * What every queue of webhooks must do, whatever it is made of: cases for any test framework.
 * `for (const { name, run } of webhookQueueCases(make)) test(name, run);`
 */
export function webhookQueueCases(
  make: MakeQueue,
  { bounded = false, isShared = false }: QueueContractOptions = {},
): QueueCase[] {
  return [
    ...takingCases(make),
    ...logCases(make),
    ...(bounded ? fullnessCases(make) : []),
    ...(isShared ? sharedCases(make) : []),
  ];
}
