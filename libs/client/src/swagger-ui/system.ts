/*
 * What is used of Swagger UI (docs/customization/plugin-api.md of its repository): its own types cover none of it.
 */

/** What a plug-in of Swagger UI gives it. */
export interface SwaggerUiPlugin {
  readonly wrapComponents: {
    readonly HttpAuth: (
      original: unknown,
      system: SwaggerUiSystem,
    ) => (props: AuthProps) => unknown;
  };
  readonly statePlugins: {
    readonly spec: {
      readonly wrapActions: { readonly executeRequest: (execute: Execute) => Execute };
    };
  };
}

export interface SwaggerUiSystem {
  readonly React: {
    createElement(
      this: void,
      type: unknown,
      props?: object | null,
      ...children: unknown[]
    ): unknown;
    useState<T>(this: void, first: T): [T, (next: T) => void];
  };
}

/** A security scheme of type `http`, as the Authorize dialog shows it. */
export interface AuthProps {
  readonly name: string;
  readonly schema: ImmutableMap;
  /** What was entered before, by the names of security schemes. */
  readonly authorized?: ImmutableMap;
  onChange(this: void, entered: Authorization & { readonly name: string }): void;
  getComponent(this: void, name: string, connected?: boolean): unknown;
}

interface ImmutableMap {
  get(key: string): unknown;
  getIn(path: readonly string[]): unknown;
  toJS(): Record<string, unknown>;
}

/** One entry of what the Authorize dialog keeps. */
export interface Authorization {
  readonly schema: unknown;
  readonly value?: unknown;
}

/** Names of security schemes, all of which must be met. */
type Requirement = Readonly<Record<string, readonly string[]>>;

/** "Try it out", before the request is built. */
export interface TriedRequest {
  readonly operation?: { toJS(): { readonly security?: readonly Requirement[] } };
  readonly securities?: {
    readonly authorized?: Readonly<Record<string, Authorization>> | false;
    readonly specSecurity?: readonly Requirement[] | false;
  };
  /** Sends in place of `fetch`, after every interceptor. */
  readonly userFetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export type Execute = (request: TriedRequest) => unknown;
