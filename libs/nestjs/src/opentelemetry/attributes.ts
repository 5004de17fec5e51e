import type { Attributes } from "@opentelemetry/api";
import type { Verdict } from "@lacre/core";

/*
 * Names that the semantic conventions of OpenTelemetry have are used as they stand there (error.type, http.*); all others
 * begin with "lacre.".
 */

/** What tells verdicts apart in metrics: few values each, whatever strangers send. */
export function labelsOf(verdict: Verdict, countsApps: boolean): Attributes {
  const { app, scheme } = whoIn(verdict);
  return {
    "lacre.outcome": isAcknowledged(verdict) ? "acknowledged" : verdict.outcome,
    ...(scheme !== undefined && { "lacre.scheme": scheme }),
    ...(countsApps && app !== undefined && { "lacre.app.id": app }),
    ...(verdict.outcome === "refused" && {
      ...(!isAcknowledged(verdict) && { "error.type": verdict.code }),
      "http.response.status_code": verdict.status,
    }),
  };
}

/** A repeat that does not run, which is no error of anybody. */
const isAcknowledged = (verdict: Verdict): boolean =>
  verdict.outcome === "refused" && verdict.status < 400;

/** The same for a span, with what is of its request alone. */
export function attributesOf(verdict: Verdict): Attributes {
  const { method, route, requestId, bytes } = verdict;
  const { key } = whoIn(verdict);
  return {
    ...labelsOf(verdict, true),
    ...(key !== undefined && { "lacre.key.id": key }),
    "lacre.request.id": requestId,
    "http.request.method": method,
    ...(route !== undefined && { "http.route": route }),
    ...(bytes !== undefined && { "http.request.body.size": bytes }),
  };
}

/** Who made the request, where the MAC was right. */
function whoIn(verdict: Verdict): { app?: string; key?: string; scheme?: string | undefined } {
  if (verdict.outcome === "accepted") {
    const { appId, keyId, scheme } = verdict.principal;
    return { app: appId, key: keyId, scheme };
  }
  const { proven, appId, scheme } = verdict;
  const keyId = verdict.outcome === "refused" ? verdict.keyId : undefined;
  return {
    scheme,
    ...(proven && appId !== undefined && { app: appId }),
    ...(proven && keyId !== undefined && { key: keyId }),
  };
}
