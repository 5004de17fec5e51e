import { MemoryKeyStore, type RoutePolicy, type Scheme } from "@lacre/core";
import type { GateRules, GateSettings } from "../gate-settings.js";

/** What a start can see of routes that no request of a scheme can pass, a sentence each. */
export function closedRoutes(
  { schemes, keys }: GateSettings,
  { policies }: GateRules,
): readonly string[] {
  const found = schemes.flatMap((scheme) => {
    const taking = policies.filter((policy) => policy.schemes.includes(scheme.name));
    if (taking.length === 0) return [];
    return [
      ...(keys instanceof MemoryKeyStore ? lackOfKeys(scheme, keys) : []),
      ...taking.flatMap((policy) => conflicts(scheme, policy)),
    ];
  });
  return [...new Set(found)];
}

/** A list of apps is all that there will be. */
function lackOfKeys({ name, traits }: Scheme, keys: MemoryKeyStore): readonly string[] {
  const { appId } = traits ?? {};
  if (appId === undefined) return [];
  const app = keys.find(appId);
  const what = `all requests of the scheme ${name} will be refused: they are of the app ${appId},`;
  if (app === undefined)
    return [
      `${what} and apps has none of this name. Give apps one, or the scheme the appId of one that is there.`,
    ];
  if (app.keys.some(({ schemes }) => schemes.includes(name))) return [];
  return [`${what} which has no key of this scheme. Give its key schemes: ["${name}"].`];
}

function conflicts({ name, traits = {} }: Scheme, policy: RoutePolicy): readonly string[] {
  const { signedHeaders: signable, isWhole } = traits;
  const what = `a route takes the scheme ${name}, and will refuse all its requests:`;
  const missing = policy.signedHeaders.find((header) => signable?.includes(header) === false);
  return [
    ...(missing === undefined
      ? []
      : [
          `${what} it asks that the header ${missing} is signed, which this format does not sign. Take it out of signedHeaders.`,
        ]),
    ...(policy.stream && isWhole === true
      ? [
          `${what} its content is streamed, and this format signs content that must be there first. Take body: "stream" away.`,
        ]
      : []),
  ];
}
