import type { RefusalCode } from "@lacre/core";
import type { LikelyCauses } from "lacre/explain";

type Texts = Partial<Pick<LikelyCauses, "causes" | "cures">>;

/** What reads otherwise to whoever has a console: it issues the keys and keeps the records of apps. */
const OWN: Readonly<Partial<Record<RefusalCode, Texts>>> = {
  "host-unknown": {
    cures: [
      "Add what callers write to the origins of the service, or have the proxy pass the header Host on. If you do not know the host at all, somebody is trying.",
    ],
  },
  "app-unknown": {
    causes: [
      "Another spelling of the AppId, in which capitals count.",
      "An app of another environment, or of another console.",
      "An app that was made moments ago, of which the service has not heard.",
    ],
    cures: ["Compare the AppId that the caller uses with that of its app here."],
  },
  "key-unusable": {
    cures: ["Look at the keys of the app: their state, begin, end, scheme and algorithm."],
  },
  "signature-mismatch": {
    causes: [
      "The caller has another key.",
      "Something changed after signing: the path, the query, its escapes, a header, the host.",
    ],
    cures: [
      "Where the request, tried in the console, shows nothing that differs, the keys differ: compare the fingerprint of the key that was given to the caller with those of the app's keys, or rotate the key and give the caller the new one.",
    ],
  },
  "network-not-allowed": {
    cures: [
      "If the address is the caller's, add it to the networks of the app. If it is a proxy of yours, the service must trust it (trustedProxies), and each proxy must add its peer to X-Forwarded-For.",
    ],
  },
  "scope-insufficient": {
    causes: [
      "The app does not have the scope, or has it in another spelling.",
      "The route asks for more than its callers need.",
    ],
    cures: [
      "If the app may do this, give it the scope. Services hear of it at once, as a rule, and within some seconds otherwise.",
    ],
  },
  "keys-unavailable": {
    causes: [
      "The service cannot reach the console or its database, or waits too long for it.",
      "A flood of unknown ids.",
    ],
  },
  "nonces-unavailable": {
    causes: [
      "Redis or PostgreSQL, which the service has for its nonces, is down, slow or out of connections.",
      "An overload.",
    ],
  },
  "app-unreadable": {
    causes: ["The service has another master key than the console.", "The record is damaged."],
    cures: ["The log of the service says what is wrong. Other apps are served meanwhile."],
  },
};

/** The texts for a code as a console shows them: without Markdown, without paths, and without words about a log's line. */
export function plainCauses({ code, causes, cures, means, known }: LikelyCauses, ownTexts = true) {
  const own = ownTexts ? OWN[code] : undefined;
  return {
    means: plain(means),
    causes: own?.causes ?? causes.map(plain),
    cures: own?.cures ?? cures.map(plain),
    known: known.map(plain),
  };
}

export const plain = (text: string): string =>
  text
    .replaceAll(/ \(`docs\/[^)]*\)/g, "")
    .replaceAll(/ ?(?:The line (?:says|has)|A line of its own says)[^.]*(?:\.|$)/g, "")
    .replaceAll("that the line names", "that the service names")
    .replaceAll("what the reason names", "what the log of the service names")
    .replaceAll("`", "")
    .trim();
