/** Who made the request: what the application sees. */
export interface Principal {
  readonly appId: string;
  /** The id of the key that signed, for logs and rotation. */
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** What the configuration says of the app, such as its tenant. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly scheme: string;
  /** Headers outside this list are not authenticated: no decision may rest on them. */
  readonly signedHeaders: readonly string[];
  /** Whole seconds since 1970, as signed. */
  readonly timestamp: number;
  /** Empty for a presigned URL that may be used more than once. */
  readonly nonce: string;
  /** Whether the credentials came in the URL: whoever was given it could send this request. */
  readonly presigned: boolean;
}
