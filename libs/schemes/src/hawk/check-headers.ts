import {
  checkListed,
  checkMinimum,
  type HeaderLines,
  REFUSED_WHEN_UNSIGNABLE,
} from "@lacre/core/scheme";

/**
 * The media type is hashed with the content, so it has to be one.
 * @throws Refusal
 */
export function checkHeaders(headers: HeaderLines): void {
  if (headers.has("content-type")) checkListed(headers, ["content-type"]);
  checkMinimum(headers, ["content-type"], ["content-type", ...REFUSED_WHEN_UNSIGNABLE]);
}
