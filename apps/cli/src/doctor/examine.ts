import {
  bodies,
  headerTricks,
  otherHost,
  reachable,
  replayed,
  target,
  unprotected,
  unsigned,
} from "./checks.js";
import type { Check, Finding } from "./finding.js";
import type { Patient } from "./patient.js";
import { uniformRefusals } from "./uniform.js";

const CHECKS: readonly Check[] = [
  unsigned,
  otherHost,
  target,
  replayed,
  headerTricks,
  uniformRefusals,
  bodies,
];

/**
 * Examines a server, one request at a time. When it takes everything, that is all there is to say; when it takes
 * nothing, its refusals would say nothing.
 */
export async function examine(patient: Patient): Promise<Finding[]> {
  const open = await unprotected(patient);
  if (open.length > 0) return [...open];
  const findings = [...(await reachable(patient))];
  if (findings.some(({ verdict }) => verdict === "bad")) return findings;
  for (const check of CHECKS) findings.push(...(await check(patient)));
  return findings;
}
