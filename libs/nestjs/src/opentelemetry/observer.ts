import { metrics, trace, type MeterProvider, type TracerProvider } from "@opentelemetry/api";
import { flag, port, readOptions, type Observer, type OptionsOf } from "@lacre/core";
import { VerdictMetrics } from "./metrics.js";
import { traceVerdict } from "./spans.js";

const OPTIONS = {
  /** Whose meter counts; the one that the process has registered unless given. */
  meterProvider: port<MeterProvider>(["getMeter"], { says: "the global one" }),
  /** Whose tracer makes spans; the one that the process has registered unless given. */
  tracerProvider: port<TracerProvider>(["getTracer"], { says: "the global one" }),
  /** Whether metrics tell apps apart; true unless said otherwise. For a server with thousands of them. */
  countsApps: flag({ default: true }),
};

/** Options of `openTelemetryObserver`. */
export interface OpenTelemetryOptions extends OptionsOf<typeof OPTIONS> {}

/** The instrumentation scope of all that is told. */
const SCOPE = "@lacre/nestjs";

/**
 * An observer that tells OpenTelemetry of every verdict: counters and histograms by outcome, code, scheme and app, and a
 * span for each request, a child of the span that is active when it is judged, with the claim of its nonce as a child.
 *
 * Nothing of it is a secret. An app is named where the MAC was right: what a stranger writes becomes no label.
 *
 * @example
 * HmacModule.forRoot({ apps, origins, observer: openTelemetryObserver() })
 * @throws ConfigurationError
 */
export function openTelemetryObserver(options: OpenTelemetryOptions = {}): Observer {
  const given = readOptions(OPTIONS, options, "openTelemetryObserver", "");
  // Not before the first verdict: what asks for a meter before an SDK is registered gets one that counts nothing.
  let meters: VerdictMetrics | undefined;
  const metricsOf = (): VerdictMetrics =>
    (meters ??= new VerdictMetrics(
      (given.meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE),
      given.countsApps,
    ));
  return {
    observe(verdict) {
      metricsOf().count(verdict);
      traceVerdict((given.tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE), verdict);
    },
    observeClaim(claim) {
      metricsOf().measureClaim(claim);
    },
  };
}
