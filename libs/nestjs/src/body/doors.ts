import type { ContactDoor } from "./contact-door.js";
import type { Door } from "./door.js";

/** What stands in front of the parsers. */
export interface Doors {
  readonly door: Door;
  readonly contacts: ContactDoor;
}
