import {
  APP_ID_TERMS,
  ConfigurationError,
  custom,
  isAppIdText,
  pathOf,
  queryOf,
  readHeaderName,
  Refusal,
  type SettingsOf,
  type SignableRequest,
  text,
} from "@lacre/core/scheme";

/** What a function may know of a request to say who sent it. Nothing of it is proven, and there is no content. */
export interface SenderView {
  readonly method: string;
  /** As it came, with the configured prefix. */
  readonly path: string;
  /** What stands behind the first `?`, as it came; empty where there is none. */
  readonly query: string;
  readonly headers: {
    /** The value of the only line of this name, in any case; undefined where there is none, or more than one. */
    get(name: string): string | undefined;
  };
}

/** A function that says who sent a request. */
export type AppIdOf = (request: SenderView) => string | undefined;

/** The options that say who the sender is, of which one must be given. Every format for webhooks takes them. */
export const WHO = {
  /** The AppId of the sender, where the request does not say it. */
  appId: text(APP_ID_TERMS),
  /** The header that says who the sender is. */
  appIdHeader: custom((name: string, at) => readHeaderName(name, at), { example: '"x-sender"' }),
  /**
   * The path of the request, with `:appId` in place of one whole segment: `/hooks/:appId/stripe`. A request with another
   * path is refused.
   */
  appIdPath: custom(readPath, { example: '"/hooks/:appId/stripe"' }),
  /** Says who the sender is from method, path, query and headers. What is no AppId is refused. */
  appIdOf: custom(readFunction, { example: "({ headers }) => headers.get('x-shop')" }),
};

const PLACE = ":appId";
const PATH = /^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)+$/;

function readPath(path: string, at: string): string {
  const segments = typeof path === "string" && PATH.test(path) ? path.split("/") : [];
  if (segments.filter((segment) => segment === PLACE).length !== 1)
    throw new ConfigurationError(
      at,
      "must be a path in which one whole segment is :appId.",
      'Write it like "/hooks/:appId/stripe".',
    );
  return path;
}

function readFunction(given: AppIdOf, at: string): AppIdOf {
  if (typeof given === "function") return given;
  throw new ConfigurationError(
    at,
    "must be a function of the request that returns an AppId.",
    "Give ({ headers }) => headers.get('x-shop'), for example.",
  );
}

/** Finds out who a request says that it is from. */
export class Sender {
  readonly #who: SettingsOf<typeof WHO>;
  /** The segments of `appIdPath`. */
  readonly #segments: readonly string[];

  /** @throws ConfigurationError unless exactly one option says who */
  constructor(who: SettingsOf<typeof WHO>, at: string) {
    const { appIdPath } = who;
    const [one, other] = Object.keys(WHO).filter(
      (name) => who[name as keyof typeof WHO] !== undefined,
    );
    if (other !== undefined)
      throw new ConfigurationError(
        `${at}.${one}`,
        `says who the sender is, and ${other} does too.`,
        `${one} and ${other} are both given: take one away.`,
      );
    if (one === undefined)
      throw new ConfigurationError(
        `${at}.appId`,
        "or appIdHeader, appIdPath or appIdOf must say who the sender is.",
        'Give appId: "…", the AppId of the sender.',
      );
    this.#who = who;
    this.#segments = appIdPath?.split("/") ?? [];
  }

  /** The header that says it, where one does. */
  get header(): string | undefined {
    return this.#who.appIdHeader;
  }

  /** @throws Refusal `app-id-malformed` */
  of(request: SignableRequest): string {
    const { appId } = this.#who;
    if (appId !== undefined) return appId;
    const said: unknown = this.#saidBy(request);
    if (typeof said !== "string" || !isAppIdText(said))
      throw new Refusal("app-id-malformed", undefined, { note: this.#wanted() });
    return said;
  }

  /** Where an AppId must stand. */
  #wanted(): string {
    const { appIdHeader, appIdPath } = this.#who;
    if (appIdHeader !== undefined) return `the header ${appIdHeader} must hold an AppId`;
    return appIdPath === undefined
      ? "appIdOf must return an AppId"
      : `the path must be ${appIdPath}, with an AppId in place of ${PLACE}`;
  }

  /**
   * Checks that a request that is to be signed says who signs it.
   * @throws ConfigurationError where its path, or what it is known by, says another
   */
  check(request: SignableRequest, appId: string): void {
    const { appIdPath, appIdOf } = this.#who;
    if (appIdPath === undefined && appIdOf === undefined) return;
    if (this.#saidBy(request) !== appId)
      throw new ConfigurationError(
        "url",
        "does not say the AppId of the signer where this format reads it.",
        "Give the URL that the receiver has for this AppId.",
      );
  }

  #saidBy(request: SignableRequest): string | undefined {
    const { appIdHeader, appIdPath, appIdOf } = this.#who;
    if (appIdHeader !== undefined) return request.headers.only(appIdHeader);
    if (appIdPath !== undefined) return segmentOf(pathOf(request.target), this.#segments);
    return appIdOf?.(viewOf(request));
  }
}

/** What stands in the place of `:appId`; undefined for another path. */
function segmentOf(path: string, pattern: readonly string[]): string | undefined {
  const segments = path.split("/", pattern.length + 1);
  const isIt =
    segments.length === pattern.length &&
    pattern.every((segment, i) => segment === PLACE || segment === segments[i]);
  return isIt ? segments[pattern.indexOf(PLACE)] : undefined;
}

const viewOf = ({ method, target, headers }: SignableRequest): SenderView =>
  Object.freeze({
    method,
    path: pathOf(target),
    query: queryOf(target) ?? "",
    headers: Object.freeze({ get: (name: string) => headers.only(name.toLowerCase()) }),
  });
