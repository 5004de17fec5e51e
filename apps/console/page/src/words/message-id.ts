import type apps from "./en/apps.json";
import type audit from "./en/audit.json";
import type clock from "./en/clock.json";
import type codes from "./en/codes.json";
import type common from "./en/common.json";
import type home from "./en/home.json";
import type keys from "./en/keys.json";
import type people from "./en/people.json";
import type profile from "./en/profile.json";
import type requests from "./en/requests.json";
import type settings from "./en/settings.json";
import type signIn from "./en/sign-in.json";
import type tryOut from "./en/try.json";
import type webhooks from "./en/webhooks.json";

/** Every message that there is. A new catalog is added here, and read by itself. */
export type MessageId = keyof (typeof apps &
  typeof audit &
  typeof clock &
  typeof codes &
  typeof common &
  typeof home &
  typeof keys &
  typeof people &
  typeof profile &
  typeof requests &
  typeof settings &
  typeof signIn &
  typeof tryOut &
  typeof webhooks);
