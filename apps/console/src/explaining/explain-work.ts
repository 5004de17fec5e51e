import { parentPort, workerData } from "node:worker_threads";
import { ConfigurationError, type AppDefinition } from "@lacre/core";
import {
  checkSteps,
  explain,
  readRequest,
  UsageError,
  type CheckedRequest,
  type RecordedRequest,
  type Terms,
} from "lacre/explain";
import type { ExplainTask, FromWorker, ToWorker } from "./explain-messages.js";
import { answerOf, type ExplainAnswer } from "./explain-answer.js";

/* Runs in a thread of its own, which may be ended at any moment: what is pasted may be made to take long. */

/** Formats whose requests say who sent them. */
const NAMING = [
  "lacre1",
  "aws-sigv4",
  "rfc9421",
  "hawk",
  "acquia2",
  "aspnet-hmac",
  "azure-hmac",
  "azure-shared-key",
  "shared-key",
];

const UNNAMED =
  "nothing in the request says who sent it, and no AppId is named: name it for formats that do not carry it, such as webhooks (Stripe-Signature)";

const port = parentPort;
if (port === null) throw new Error("this is a worker");
const tell = (message: FromWorker): void => port.postMessage(message);

const { request: pasted, atSeconds, origin, appId, address } = workerData as ExplainTask;
const usual = { atSeconds, origins: origin === undefined ? ("*" as const) : [origin] };

async function run(): Promise<void> {
  const request = await readRequest(pasted);
  const shown = appId === undefined ? await whoIn(request) : undefined;
  const named = appId ?? shown?.appId;
  const definition = await askFor(named);
  const schemes = new Set(definition?.keys?.flatMap((key) => key.schemes ?? []));
  if (shown?.scheme !== undefined) schemes.add(shown.scheme);
  const terms: Terms = {
    ...usual,
    apps: definition === undefined ? [] : [definition],
    ...(schemes.size > 0 && { schemes: [...schemes] }),
    presignedSeconds: 604_800,
    ...(address !== undefined && { address }),
  };
  const secrets = definition?.keys?.map(({ apiKey }) => apiKey) ?? [];
  // The steps first: finding causes may take longer than there is time.
  tell({ steps: withUnnamed(answerOf(await checkSteps(request, terms), undefined, secrets)) });
  const explained = await explain(request, terms);
  tell({ answer: withUnnamed(answerOf(explained.checked, explained, secrets)) });

  function withUnnamed(answer: ExplainAnswer): ExplainAnswer {
    if (named !== undefined) return answer;
    return { ...answer, assumptions: [...answer.assumptions, UNNAMED] };
  }
}

/** Who a request says that it is from, by the first format that can tell. */
async function whoIn(request: RecordedRequest): Promise<CheckedRequest | undefined> {
  for (const scheme of NAMING)
    try {
      const checked = await checkSteps(request, { ...usual, apps: [], schemes: [scheme] });
      if (checked.appId !== undefined) return checked;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
    }
  return undefined;
}

/** The app's definition; undefined where there is none, or none that the asking person may see. */
function askFor(name: string | undefined): Promise<AppDefinition | undefined> {
  return new Promise((resolve) => {
    port?.once("message", ({ definition }: ToWorker) => resolve(definition));
    tell({ named: name ?? "" });
  });
}

run().catch((error: unknown) => {
  if (error instanceof UsageError || error instanceof ConfigurationError)
    tell({ wrong: error.message });
  else throw error;
});
