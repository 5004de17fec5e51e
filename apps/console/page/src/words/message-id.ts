import type audit from "./en/audit.json";
import type common from "./en/common.json";
import type people from "./en/people.json";
import type profile from "./en/profile.json";
import type settings from "./en/settings.json";
import type signIn from "./en/sign-in.json";

/** Every message that there is. A new catalog is added here, and read by itself. */
export type MessageId = keyof (typeof audit &
  typeof common &
  typeof people &
  typeof profile &
  typeof settings &
  typeof signIn);
