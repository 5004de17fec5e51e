import { Refusal, type Content } from "@lacre/core";

const unread = (): never => {
  throw new Refusal("content-unread", "there were no credentials when the request arrived");
};
/** The content of a request without credentials: nobody has hashed it, and nobody gets so far as to ask. */
export const UNREAD: Content = { settle: unread, digest: unread, bytes: unread, expect: unread };
