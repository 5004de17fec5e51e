/**
 * What the console's API takes and answers, by hand until the server's own document says all of it. The page asks
 * nothing else: a route that is missing here does not compile.
 */
import type { Kind, Permission, Role, Subrole } from "../../../src/access/roles.js";
import type { Access, SignedIn } from "./session.js";

/** ISO 8601, UTC, with milliseconds. */
type Time = string;
interface Named {
  readonly id: string;
  readonly name: string;
}
interface Page<Item> {
  readonly items: Item[];
  readonly next: string | null;
}
interface All<Item> {
  readonly items: Item[];
}
interface Paged {
  readonly cursor: string;
  readonly limit: number;
}
interface Span {
  readonly from: Time;
  readonly to: Time;
}

// --- Signing in and oneself

export interface Me {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: Role;
  readonly subrole: Subrole | null;
  readonly kind: Kind;
  readonly permissions: readonly Permission[];
  readonly teams: readonly Named[];
  readonly session: { readonly id: string };
  readonly secondFactors: { readonly passkeys: number; readonly recoveryCodesLeft: number };
}
export interface TotpSeed {
  readonly uri: string;
  readonly secret: string;
  readonly qrSvg: string;
}
interface Enrolling {
  readonly ticket: string;
  readonly totp: TotpSeed;
}
interface Proof {
  readonly password: string;
  readonly totp: string;
}
export interface OwnSession {
  readonly id: string;
  readonly current: boolean;
  readonly userAgent: string | null;
  readonly address: string | null;
  readonly createdAt: Time;
  readonly lastUsedAt: Time;
  readonly expiresAt: Time;
}
export interface Passkey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Time;
  readonly lastUsedAt: Time | null;
}
/** Handed to and taken from @simplewebauthn/browser as it is. */
type Ceremony = object;

interface SignInRoutes {
  "POST /v1/login": {
    body: { totp?: string; recoveryCode?: string; browser?: boolean };
    answer: SignedIn;
  };
  "POST /v1/passkeys/options": { answer: { options: Ceremony; challengeId: string } };
  "POST /v1/passkeys/login": {
    body: { challengeId: string; response: Ceremony; browser?: boolean };
    answer: SignedIn;
  };
  "POST /v1/enrolment/look": {
    body: { token: string };
    answer: { kind: "first" | "invitation"; login?: string; name?: string };
  };
  "POST /v1/enrolment": {
    body: { token: string; login?: string; name?: string; password: string };
    answer: Enrolling;
  };
  "POST /v1/enrolment/confirm": {
    body: { ticket: string; totp: string };
    answer: Access & { recoveryCodes: string[] };
  };
  "GET /v1/me": { answer: Me };
  "PATCH /v1/me": { body: { name?: string; email?: string | null }; answer: Me };
  "POST /v1/me/password": { body: Proof & { newPassword: string }; answer: Access };
  "GET /v1/me/sessions": { answer: All<OwnSession> };
  "DELETE /v1/me/sessions/:id": Record<never, never>;
  "POST /v1/me/sessions/end-others": Record<never, never>;
  "GET /v1/me/passkeys": { answer: All<Passkey> };
  "POST /v1/me/passkeys/options": {
    body: Proof;
    answer: { options: Ceremony; challengeId: string };
  };
  "POST /v1/me/passkeys": { body: { challengeId: string; name: string; response: Ceremony } };
  "DELETE /v1/me/passkeys/:id": Record<never, never>;
  "POST /v1/me/totp": { body: Proof; answer: Enrolling };
  "POST /v1/me/totp/confirm": { body: { ticket: string; totp: string } };
  "POST /v1/me/recovery-codes": { body: Proof; answer: { recoveryCodes: string[] } };
}

// --- People and teams

export interface PersonRecord {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: Role;
  readonly subrole: Subrole | null;
  readonly active: boolean;
  readonly teams: readonly Named[];
  readonly enrolled: boolean;
  readonly lastSignInAt: Time | null;
  readonly createdAt: Time;
  readonly version: number;
}
interface PersonChange {
  name: string;
  email: string | null;
  role: Role;
  subrole: Subrole | null;
  active: boolean;
}
interface Invitation {
  readonly link: string;
  readonly expiresAt: Time;
}
export interface Team extends Named {
  readonly members: number;
  readonly apps: number;
  readonly createdAt: Time;
  readonly version: number;
}
export interface TeamRecord extends Team {
  readonly people: readonly (Named & { readonly login: string })[];
}
interface PeopleRoutes {
  "GET /v1/people": {
    query: Paged & { search: string };
    answer: Page<PersonRecord>;
  };
  "POST /v1/people": {
    body: { login: string; teamIds?: readonly string[] } & Pick<
      PersonChange,
      "name" | "email" | "role" | "subrole"
    >;
    answer: PersonRecord;
  };
  "GET /v1/people/:id": { answer: PersonRecord };
  "PATCH /v1/people/:id": { body: Partial<PersonChange>; answer: PersonRecord };
  "POST /v1/people/:id/invitation": { answer: Invitation };
  "POST /v1/people/:id/end-sessions": Record<never, never>;
  "GET /v1/teams": { query: Paged; answer: Page<Team> };
  "POST /v1/teams": { body: { name: string }; answer: TeamRecord };
  "GET /v1/teams/:id": { answer: TeamRecord };
  "PATCH /v1/teams/:id": { body: { name: string }; answer: TeamRecord };
  "DELETE /v1/teams/:id": Record<never, never>;
  "PUT /v1/teams/:id/members/:personId": Record<never, never>;
  "DELETE /v1/teams/:id/members/:personId": Record<never, never>;
}

// --- Audit

export interface AuditEntry {
  readonly seq: number;
  readonly at: Time;
  readonly actor: Named;
  readonly act: string;
  readonly object: { readonly kind: string; readonly id: string };
  readonly before: unknown;
  readonly after: unknown;
  readonly address: string | null;
  readonly hash: string;
}
export interface AuditReport {
  readonly whole: boolean;
  readonly checked: number;
  readonly brokenAt: number | null;
  readonly problem: string | null;
  /** The end of the log. */
  readonly head: { readonly seq: number; readonly hash: string } | null;
}
export interface AuditFilter extends Span {
  readonly actor: string;
  readonly act: string;
  readonly objectKind: string;
  readonly objectId: string;
}
interface AuditRoutes {
  "GET /v1/audit": { query: Paged & AuditFilter; answer: Page<AuditEntry> };
  "GET /v1/audit/verify": {
    query: { expect: string };
    answer: AuditReport;
  };
  "GET /v1/audit/export": { query: AuditFilter & { format: "csv" | "json" } };
}

// --- Settings

export interface ConsoleSettingsRecord {
  readonly refusalDays: number;
  readonly minuteDays: number;
  readonly alarms: { readonly replayStormPerMinute: number; readonly keyExpiringDays: number };
  readonly database: string;
  readonly masterKeyId: string;
  readonly recordsUnderOtherKeys: number;
  readonly version: number;
}
interface SettingsRoutes {
  "GET /v1/settings": { answer: ConsoleSettingsRecord };
  "PATCH /v1/settings": {
    body: Partial<Pick<ConsoleSettingsRecord, "refusalDays" | "minuteDays" | "alarms">>;
    answer: ConsoleSettingsRecord;
  };
  "POST /v1/settings/rewrap": Record<never, never>;
  "GET /v1/settings/rewrap": {
    answer: { running: boolean; done: number; total: number; failed: number };
  };
}

// --- Apps, keys and requests

export type Health = "green" | "amber" | "red" | "none";
export type LimitName = "perSecond" | "perMinute" | "perHour" | "perDay";
export type Limits = Readonly<Partial<Record<LimitName, number>>>;
export interface App {
  readonly id: string;
  readonly name: string;
  readonly kind: "app" | "service";
  readonly team: Named;
  readonly scopes: readonly string[];
  readonly schemes: readonly string[];
  readonly networks: readonly string[];
  readonly limits: Limits | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly state: "active" | "disabled";
  readonly health: Health;
  readonly healthReasons: readonly string[];
  readonly keys: { readonly live: number; readonly endingSoon: number };
  readonly lastUsedAt: Time | null;
  readonly createdAt: Time;
  readonly version: number;
}
export interface Key {
  readonly id: string;
  readonly appId: string;
  readonly scheme: string;
  readonly algorithm: string;
  readonly encoding: string;
  readonly state: "active" | "accept-only" | "revoked";
  readonly live: boolean;
  readonly notBefore: Time;
  readonly expiresAt: Time | null;
  readonly replaces: string | null;
  readonly replacedBy: string | null;
  readonly fingerprint: string;
  readonly createdAt: Time;
  readonly createdBy: Named | null;
  readonly revokedAt: Time | null;
  readonly lastUsedAt: Time | null;
  readonly lastSource: string | null;
  readonly lastScheme: string | null;
  readonly version: number;
}
export interface Snippet {
  readonly tool: string;
  readonly title: string;
  readonly language: string;
  readonly text: string;
}
export interface IssuedKey {
  readonly key: Key;
  readonly apiKey: string | null;
  readonly snippets: readonly Snippet[];
}
type AppFacts = Pick<App, "name" | "scopes" | "schemes" | "networks" | "limits" | "attributes">;
export type AppChange = Partial<AppFacts & Pick<App, "state"> & { readonly teamId: string }>;
export interface NewApp extends Partial<AppFacts> {
  readonly id: string;
  readonly teamId: string;
}
export interface KeyUse {
  readonly keyId: string;
  readonly current: boolean;
  readonly source: string;
  readonly scheme: string;
  readonly lastMinute: Time;
  readonly count: number;
}
export interface Revocation {
  readonly usesToday: number;
  readonly lastUsedAt: Time | null;
  readonly sources: readonly Pick<KeyUse, "source" | "scheme" | "lastMinute" | "count">[];
  readonly otherLiveKeys: number;
  /** Until when verifying services know of it, at the latest. */
  readonly reachesWithinSeconds: number;
}
export interface SchemeFacts {
  readonly name: string;
  readonly title: string;
  readonly encodings: readonly string[];
  readonly algorithms: readonly string[];
  readonly imported: boolean;
}
export interface AccessRequest {
  readonly id: string;
  readonly person: Named;
  readonly team: Named;
  readonly appId: string;
  readonly isNew: boolean;
  readonly scopes: readonly string[];
  readonly reason: string;
  readonly state: "open" | "approved" | "refused" | "withdrawn";
  readonly answer: string | null;
  readonly answeredBy: Named | null;
  readonly createdAt: Time;
  readonly answeredAt: Time | null;
  readonly version: number;
}
interface CredentialRoutes {
  "GET /v1/apps": {
    query: Paged & {
      search: string;
      team: string;
      scope: string;
      state: string;
      kind: string;
      health: string;
      sort: string;
    };
    answer: Page<App>;
  };
  "POST /v1/apps": {
    body: NewApp;
    answer: App;
  };
  "POST /v1/services": {
    body: NewApp;
    answer: App;
  };
  "GET /v1/apps/:appId": { answer: App };
  "PATCH /v1/apps/:appId": {
    body: AppChange;
    answer: App;
  };
  "GET /v1/apps/:appId/keys": { answer: All<Key> };
  "POST /v1/apps/:appId/keys": {
    body: {
      scheme?: string;
      algorithm?: string;
      encoding?: string;
      notBefore?: Time;
      expiresAt?: Time;
      secret?: string;
    };
    answer: IssuedKey;
  };
  "POST /v1/apps/:appId/keys/:keyId/rotate": {
    body: {
      overlap?: "now" | "1h" | "24h" | "7d" | "30d";
      until?: Time;
      force?: boolean;
      secret?: string;
    };
    answer: IssuedKey & { old: Key };
  };
  "PATCH /v1/apps/:appId/keys/:keyId": {
    body: { expiresAt?: Time | null; state?: "active" | "accept-only" };
    answer: Key;
  };
  "GET /v1/apps/:appId/keys/:keyId/revocation": {
    answer: Revocation;
  };
  "POST /v1/apps/:appId/keys/:keyId/revoke": { body: { reason: string }; answer: Key };
  "GET /v1/apps/:appId/uses": { answer: All<KeyUse> };
  "GET /v1/schemes": { answer: All<SchemeFacts> };
  "GET /v1/requests": { query: Paged & { state: string }; answer: Page<AccessRequest> };
  "POST /v1/requests": {
    body: { teamId: string; appId: string; scopes: readonly string[]; reason: string };
    answer: AccessRequest;
  };
  "POST /v1/requests/:id/approve": {
    body: { scopes?: readonly string[]; schemes?: readonly string[]; answer?: string };
    answer: AccessRequest;
  };
  "POST /v1/requests/:id/refuse": { body: { answer: string }; answer: AccessRequest };
  "POST /v1/requests/:id/withdraw": { answer: AccessRequest };
  "POST /v1/export": { body: { totp: string } };
}

// --- What happened

export interface Refusal {
  readonly id: string;
  readonly at: Time;
  readonly service: string;
  readonly code: string;
  readonly status: number;
  readonly appId: string | null;
  readonly keyId: string | null;
  readonly scheme: string | null;
  readonly proven: boolean;
  readonly method: string;
  readonly route: string | null;
  readonly requestId: string;
  readonly address: string | null;
  readonly message: string | null;
  /** The key of the app that made the MAC, and why it opens nothing. */
  readonly deadKey: { readonly id: string; readonly why: string } | null;
}
export interface Explanation {
  /** What is known of this very refusal. */
  readonly facts: readonly { readonly text: string }[];
  readonly causes: readonly Cause[];
  /** Where it can be mended. */
  readonly links: readonly { readonly to: "keys" | "scopes" | "limits"; readonly appId: string }[];
  readonly note: string;
}
export interface Cause {
  readonly id: string;
  readonly sentence: string;
  readonly cure: string;
  /** Who can mend it, the likeliest first. */
  readonly concerns: readonly string[];
}
export interface StepOutcome {
  readonly step: number;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "not-reached" | "not-checked";
  readonly detail: string | null;
}
export interface Explained {
  readonly outcome: "accepted" | "refused";
  readonly code?: string;
  readonly steps: readonly StepOutcome[];
  readonly who: {
    readonly appId: string | null;
    readonly keyId: string | null;
    readonly scheme: string | null;
    readonly proven: boolean;
  };
  readonly canonicalRequest: string | null;
  readonly causes: readonly Cause[];
  readonly note: string;
  /** What nobody has said of the server, and how it was taken. */
  readonly assumptions: readonly string[];
  /** False where finding causes took too long. */
  readonly whole: boolean;
}
export interface SeriesPoint {
  readonly at: Time;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
}
export interface VerdictRow {
  readonly appId: string | null;
  readonly code: string;
  readonly count: number;
  /** In as much time right before. */
  readonly before: number;
}
/** How far an app's clock is off, in seconds; above zero it is ahead. */
export interface Drift {
  readonly appId: string;
  readonly count: number;
  readonly average: number;
  readonly most: number;
  readonly buckets: readonly {
    readonly from: number | null;
    readonly to: number | null;
    readonly count: number;
  }[];
}
export interface ReplayCount {
  readonly appId: string;
  readonly count: number;
  readonly perMinute: number;
  readonly firstAt: Time;
  readonly lastAt: Time;
  readonly storm: boolean;
}
export interface NearLimit {
  readonly appId: string;
  readonly limit: LimitName;
  readonly allowed: number;
  readonly most: number;
  readonly share: number;
  readonly since: Time | null;
}
export interface ServiceHealth {
  readonly service: string;
  readonly lastBatchAt: Time;
  readonly lost: number;
}
interface VerdictFilter extends Span {
  readonly app: string;
  readonly code: string;
  readonly scheme: string;
  readonly service: string;
}
interface HappeningRoutes {
  "GET /v1/verdicts/series": {
    query: VerdictFilter & { points: number };
    answer: { stepSeconds: number; codes: string[]; points: SeriesPoint[] };
  };
  "GET /v1/verdicts/table": {
    query: VerdictFilter;
    answer: All<VerdictRow>;
  };
  "GET /v1/refusals": {
    query: Paged & VerdictFilter;
    answer: Page<Refusal>;
  };
  "GET /v1/refusals/:id": {
    answer: Refusal & { explanation: Explanation };
  };
  "GET /v1/verdicts/stream": { query: { app: string; code: string } };
  "GET /v1/clocks": { query: Span; answer: All<Drift> };
  "GET /v1/replays": { query: Span; answer: All<ReplayCount> };
  "GET /v1/keys/ending": { query: { withinDays: number }; answer: All<Key> };
  "GET /v1/limits": { query: Span; answer: All<NearLimit> };
  "GET /v1/services/health": { query: Span; answer: All<ServiceHealth> };
  "POST /v1/explain": {
    body: { request: string; at?: Time; origin?: string; appId?: string; address?: string };
    answer: Explained;
  };
}

// --- Webhooks out

export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly active: boolean;
  /** Why the console has switched it off by itself. */
  readonly offReason: string | null;
  /** Until when the secret before signs too. */
  readonly oldSecretUntil: Time | null;
  readonly createdAt: Time;
  readonly version: number;
}
export interface Delivery {
  readonly id: string;
  readonly endpointId: string;
  readonly event: { readonly id: string; readonly type: string; readonly at: Time };
  readonly state: "waiting" | "delivered" | "failed";
  readonly tries: number;
  /** The last of them, the oldest first. */
  readonly tried: readonly {
    readonly at: Time;
    readonly status: number | null;
    readonly error: string | null;
    readonly ms: number | null;
  }[];
  readonly nextAt: Time | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly lastTriedAt: Time | null;
  readonly createdAt: Time;
  readonly doneAt: Time | null;
}
export interface WebhookEvent {
  readonly type: string;
  readonly description: string;
  readonly example: unknown;
}
interface WebhookRoutes {
  "GET /v1/webhooks": { answer: All<WebhookEndpoint> };
  "POST /v1/webhooks": {
    body: { url: string; events: readonly string[] };
    answer: { endpoint: WebhookEndpoint; secret: string };
  };
  "GET /v1/webhooks/:id": { answer: WebhookEndpoint };
  "PATCH /v1/webhooks/:id": {
    body: { url?: string; events?: readonly string[]; active?: boolean };
    answer: WebhookEndpoint;
  };
  "DELETE /v1/webhooks/:id": Record<never, never>;
  "POST /v1/webhooks/:id/secret": {
    body: { overlap?: "now" | "1h" | "24h" | "7d" };
    answer: { secret: string; oldSecretUntil: Time | null };
  };
  "POST /v1/webhooks/:id/test": Record<never, never>;
  "GET /v1/webhooks/:id/deliveries": { query: Paged & { state: string }; answer: Page<Delivery> };
  "POST /v1/deliveries/:id/replay": Record<never, never>;
  "POST /v1/webhooks/:id/replay-failed": { body: { since: Time }; answer: { count: number } };
  "GET /v1/webhook-events": { answer: All<WebhookEvent> };
}

export interface Routes
  extends
    SignInRoutes,
    PeopleRoutes,
    AuditRoutes,
    SettingsRoutes,
    CredentialRoutes,
    HappeningRoutes,
    WebhookRoutes {}
