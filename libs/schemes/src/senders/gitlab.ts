import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { OPTIONS as ALL } from "../body-signature/options.js";
import { preset, standard, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = { ...timed("gitlab"), onceBy: ALL.onceBy };

/** Who sends, and for how long messages are good. */
export interface GitlabOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * GitLab's webhooks with a signing token, from GitLab 19 on (`webhook-signature`, as in Standard Webhooks). A key is
 * the signing token, `whsec_…`: encoding `whsec`. `X-Gitlab-Token`, the older secret token, signs nothing, and is not
 * looked at: a webhook that has it alone is refused. `X-Gitlab-Event` is not signed; `object_kind` in the content is.
 *
 * Waits 10 seconds. Four failures in a row, 401 among them, switch the webhook off for a minute, then longer, up to a
 * day; 40 for good.
 * @throws ConfigurationError
 * @see https://docs.gitlab.com/user/project/integrations/webhooks/
 */
export const gitlab = (options: GitlabOptions): Scheme =>
  preset("gitlab", OPTIONS, options, standard("webhook"));
