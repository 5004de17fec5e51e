import { z } from "zod";
import { LIMIT_NAMES } from "@lacre/core";
import { GivenMoment, Moment } from "../conventions/moment.js";
import { Name, PlainText, Stored } from "../conventions/texts.js";
import { SCHEME_NAMES } from "./schemes.js";

const KEY_STATES = ["active", "accept-only", "revoked"] as const;
const ENCODINGS = ["lk1", "base64", "hex", "text", "whsec"] as const;
const ALGORITHMS = ["sha1", "sha256", "sha384", "sha512"] as const;
export const HEALTHS = ["green", "amber", "red", "none"] as const;

const Scope = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, "must be printable, without blanks");
/** What is written twice is one. */
const each = <Text extends string>(texts: readonly Text[]): Text[] => [...new Set(texts)];

export const Scopes = z.array(Scope).max(100).transform(each);
export const Schemes = z
  .array(z.string().refine((name) => SCHEME_NAMES.includes(name), "must be a scheme that there is"))
  .min(1)
  .max(20)
  .transform(each);
const Limits = z
  .strictObject(Object.fromEntries(LIMIT_NAMES.map((name) => [name, z.int().min(1).optional()])))
  .refine((limits) => Object.values(limits).some((limit) => limit !== undefined), "is empty");

/** What of an app can be changed. */
const Changeable = {
  name: Name,
  teamId: z.string().max(100),
  scopes: Scopes,
  schemes: Schemes,
  networks: z.array(z.string().max(50)).max(100).transform(each),
  limits: Limits.nullable(),
  attributes: Stored,
};

/** An AppId that can stand in a path: clients and proxies take dots alone for a folder. */
export const AppIdText = z
  .string()
  .max(128)
  .refine((id) => id !== "." && id !== "..", "must not be dots alone");

export const NewApp = z.strictObject({
  id: AppIdText,
  name: Changeable.name.optional(),
  teamId: Changeable.teamId,
  scopes: Changeable.scopes.default([]),
  schemes: Changeable.schemes.default(["lacre1"]),
  networks: Changeable.networks.default([]),
  limits: Changeable.limits.default(null),
  attributes: Changeable.attributes.default({}),
});
export type NewApp = z.output<typeof NewApp>;

export const AppChange = z
  .strictObject({ ...Changeable, state: z.enum(["active", "disabled"]) })
  .partial();
export type AppChange = z.output<typeof AppChange>;

export const AppView = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["app", "service"]),
  team: z.object({ id: z.string(), name: z.string() }),
  scopes: z.array(z.string()),
  schemes: z.array(z.string()),
  networks: z.array(z.string()),
  limits: z.record(z.string(), z.number()).nullable(),
  attributes: z.record(z.string(), z.unknown()),
  state: z.enum(["active", "disabled"]),
  health: z.enum(HEALTHS),
  healthReasons: z.array(z.string()),
  keys: z.object({ live: z.number(), endingSoon: z.number() }),
  lastUsedAt: Moment.nullable(),
  createdAt: Moment,
  version: z.number(),
});
export type AppView = z.output<typeof AppView>;

export const KeyView = z.object({
  id: z.string(),
  appId: z.string(),
  scheme: z.string(),
  algorithm: z.enum(ALGORITHMS),
  encoding: z.enum(ENCODINGS),
  state: z.enum(KEY_STATES),
  live: z.boolean(),
  notBefore: Moment,
  expiresAt: Moment.nullable(),
  replaces: z.string().nullable(),
  replacedBy: z.string().nullable(),
  fingerprint: z.string(),
  createdAt: Moment,
  createdBy: z.object({ id: z.string(), name: z.string() }).nullable(),
  revokedAt: Moment.nullable(),
  lastUsedAt: Moment.nullable(),
  lastSource: z.string().nullable(),
  lastScheme: z.string().nullable(),
  version: z.number(),
});
export type KeyView = z.output<typeof KeyView>;

export const NewKey = z.strictObject({
  scheme: z.string().max(24).optional(),
  algorithm: z.enum(ALGORITHMS).optional(),
  encoding: z.enum(ENCODINGS).optional(),
  notBefore: GivenMoment.optional(),
  expiresAt: GivenMoment.nullish(),
  /** One that a sender gave, such as Stripe's. */
  secret: PlainText(1000).optional(),
});
export type NewKey = z.output<typeof NewKey>;

export const Rotation = z
  .strictObject({
    overlap: z.enum(["now", "1h", "24h", "7d", "30d"]).optional(),
    until: GivenMoment.optional(),
    /** Ends the older key of a rotation that is still open. */
    force: z.boolean().default(false),
    /** The successor of a secret that the sender makes. */
    secret: PlainText(1000).optional(),
  })
  .refine(({ overlap, until }) => overlap === undefined || until === undefined, {
    message: "must not stand beside overlap",
    path: ["until"],
  });
export type Rotation = z.output<typeof Rotation>;

export const KeyChange = z
  .strictObject({
    expiresAt: GivenMoment.nullable(),
    state: z.enum(["active", "accept-only"]),
  })
  .partial();
export type KeyChange = z.output<typeof KeyChange>;

const Snippet = z.object({
  tool: z.string(),
  title: z.string(),
  language: z.string(),
  text: z.string(),
});

/** What is said of a new key once: the only answer that holds it. */
export const IssuedKey = z.object({
  key: KeyView,
  /** Null where it was given: whoever has sent it has it already. */
  apiKey: z.string().nullable(),
  snippets: z.array(Snippet),
});
export const RotatedKey = IssuedKey.extend({ old: KeyView });

const Use = z.object({
  source: z.string(),
  scheme: z.string(),
  lastMinute: Moment,
  count: z.number(),
});
export const UsesView = z.object({
  items: z.array(Use.extend({ keyId: z.string(), current: z.boolean() })),
});
export const Revocation = z.object({
  usesToday: z.number(),
  lastUsedAt: Moment.nullable(),
  sources: z.array(Use),
  otherLiveKeys: z.number(),
  reachesWithinSeconds: z.number(),
});
