import { readOptions, type Scheme } from "@lacre/core/scheme";
import { headerForm } from "./header.js";
import { type AwsSigV4Options, OPTIONS } from "./options.js";
import { presignedForm } from "./presigned.js";
import { ALGORITHM } from "./scope.js";
import { TYPE } from "./unsigned.js";

export type { AwsSigV4Options } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/**
 * AWS Signature Version 4. The payload's hash is always that of the bytes: `UNSIGNED-PAYLOAD` and `STREAMING-…` are
 * refused, but for a presigned URL, which has no content. SigV4 has no nonce, so the signature itself is what is used
 * once.
 * @throws ConfigurationError
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function awsSigV4(options: AwsSigV4Options): Scheme {
  const setting = readOptions(OPTIONS, options, "awsSigV4");
  return {
    name: setting.name,
    challenges: [ALGORITHM],
    keyEncodings: ["text"],
    keyAlgorithms: ["sha256"],
    weaknesses:
      setting.ignoreHeaders.includes(TYPE) && !setting.acknowledgeWeakness ? [TYPE_UNSIGNED] : [],
    explanations,
    header: headerForm(setting),
    presigned: presignedForm(setting),
  };
}

const TYPE_UNSIGNED =
  "Content-Type need not be signed: whoever passes a request on can have its content read as another type.";

const explanations: Scheme["explanations"] = {
  "timestamp-malformed": "X-Amz-Date is not a date in the form 20270131T120000Z.",
  "scope-wrong": "The credential's scope is not the verifier's. Check date, region and service.",
  "target-malformed":
    "The target is not in its normal form, so another target would have the same signature; or it has more than 1000 parameters. Write %20 for a space, %2F in capitals, and no empty or dot segments: those need urlMode raw or s3, on both sides.",
  "header-unsigned":
    "Sign every x-amz- header and Content-Type, or send no such header. What a proxy adds behind the client: ignoreHeaders. Content-Type may stay unsigned where it is application/json, or there is no content.",
  "digest-malformed": "x-amz-content-sha256 must be 64 lower-case hex digits.",
  "content-undigested":
    "There is content, and nothing that is known before its end says which. A presigned URL takes none; a streamed route needs x-amz-content-sha256.",
  "nonce-seen":
    "The same signature was used before. SigV4 has no nonce: sign again in another second, or with a signed header that differs.",
};
