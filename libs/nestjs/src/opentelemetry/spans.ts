import { context, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import type { Verdict } from "@lacre/core";
import { attributesOf } from "./attributes.js";

/** Makes the span of a request that was just judged, and below it that of its claim: both after the fact. */
export function traceVerdict(tracer: Tracer, verdict: Verdict): void {
  const endMs = Date.now();
  const startMs = endMs - verdict.durationMs;
  const active = context.active();
  const span = tracer.startSpan(
    "verify request",
    { kind: SpanKind.INTERNAL, startTime: startMs, attributes: attributesOf(verdict) },
    active,
  );
  const { claim } = verdict;
  if (claim !== undefined && span.isRecording()) {
    const claimedMs = startMs + claim.afterMs;
    const child = tracer.startSpan(
      "claim nonce",
      { startTime: claimedMs, attributes: { "lacre.claim.outcome": claim.outcome } },
      trace.setSpan(active, span),
    );
    if (claim.outcome === "doubtful") child.setStatus({ code: SpanStatusCode.ERROR });
    child.end(claimedMs + claim.durationMs);
  }
  // A caller's own fault is no error of this server: so say the conventions for HTTP.
  if (verdict.outcome === "refused" && verdict.status >= 500)
    span.setStatus({ code: SpanStatusCode.ERROR, message: verdict.code });
  span.end(endMs);
}
