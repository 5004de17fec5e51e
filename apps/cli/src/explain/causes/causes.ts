import type { Cause, Findings } from "./cause.js";
import { CONTENT_CAUSES } from "./content.js";
import {
  CREDENTIAL_CAUSES,
  HEADER_CAUSES,
  HOST_CAUSES,
  METHOD_CAUSES,
  TEXT_CAUSES,
} from "./head.js";
import { KEY_CAUSES } from "./key.js";
import { targetCausesTogether } from "./target-together.js";
import { TARGET_CAUSES } from "./target.js";

interface Family {
  readonly causes: readonly Cause[];
  readonly atMost: number;
  /** Several that only together make the difference: asked where none does alone. */
  readonly together?: (findings: Findings) => readonly Cause[];
}

/** What belongs together, and of how many things at once it may speak. The likelier and the narrower come first. */
const FAMILIES: readonly Family[] = [
  { causes: CREDENTIAL_CAUSES, atMost: 2 },
  { causes: TEXT_CAUSES, atMost: 1 },
  { causes: METHOD_CAUSES, atMost: 1 },
  { causes: TARGET_CAUSES, atMost: 1, together: targetCausesTogether },
  { causes: HOST_CAUSES, atMost: 1 },
  { causes: CONTENT_CAUSES, atMost: 3 },
  { causes: HEADER_CAUSES, atMost: 2 },
  { causes: KEY_CAUSES, atMost: 2 },
];

/** All that is known to happen. */
export const CAUSES: readonly Cause[] = FAMILIES.flatMap(({ causes }) => causes);

/** The causes that fit, most likely first. */
export function causesOf(findings: Findings): Cause[] {
  const found = FAMILIES.flatMap(({ causes, atMost, together }) => {
    const fitting = causes.filter(({ when }) => when(findings));
    const narrow = fitting.filter(({ wide }) => wide !== true);
    const joint = narrow.length > 0 ? [] : (together?.(findings) ?? []);
    if (joint.length > 0) return joint;
    return (narrow.length > 0 ? narrow : fitting).slice(0, atMost);
  });
  const faults = found.filter(({ alone }) => alone !== true);
  return faults.length > 0 ? faults : found;
}
