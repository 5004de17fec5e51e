import type { ActingPerson } from "../access/acting-person.js";
import { kindOfPerson } from "../access/person.js";
import { may } from "../access/roles.js";

/** Whether they may let a key live longer: then the end that they set is the key's own, and moves for nobody else. */
export const mayLengthen = ({ person }: ActingPerson): boolean =>
  may(kindOfPerson(person), "keys.issue");
