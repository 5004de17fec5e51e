import { ValueType, type Counter, type Histogram, type Meter } from "@opentelemetry/api";
import type { ClaimMeasured, Verdict } from "@lacre/core";
import { labelsOf } from "./attributes.js";

/** Bounds of the buckets, in seconds: a verdict takes some hundred microseconds, or as long as a store or the content. */
const SECONDS = [
  0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];

/** What is counted and measured of verdicts. */
export class VerdictMetrics {
  readonly #requests: Counter;
  readonly #durations: Histogram;
  readonly #claims: Histogram;
  readonly #countsApps: boolean;

  constructor(meter: Meter, countsApps: boolean) {
    this.#countsApps = countsApps;
    const inSeconds = { unit: "s", advice: { explicitBucketBoundaries: SECONDS } };
    this.#requests = meter.createCounter("lacre.requests", {
      description: "Requests that were judged.",
      unit: "{request}",
      valueType: ValueType.INT,
    });
    this.#durations = meter.createHistogram("lacre.verify.duration", {
      description: "From the arrival of a request to its verdict.",
      ...inSeconds,
    });
    this.#claims = meter.createHistogram("lacre.nonce.claim.duration", {
      description: "How long the nonce store takes to claim, health checks included.",
      ...inSeconds,
    });
  }

  count(verdict: Verdict): void {
    const labels = labelsOf(verdict, this.#countsApps);
    this.#requests.add(1, labels);
    this.#durations.record(verdict.durationMs / 1000, labels);
  }

  measureClaim({ outcome, durationMs }: ClaimMeasured): void {
    this.#claims.record(durationMs / 1000, { "lacre.claim.outcome": outcome });
  }
}
