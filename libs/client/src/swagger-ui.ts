import { signFetch } from "./fetch.js";
import { credentialsFor, signingSchemeOf } from "./swagger-ui/credentials.js";
import { dialogsOf } from "./swagger-ui/dialog.js";
import type { Execute, SwaggerUiPlugin } from "./swagger-ui/system.js";

/**
 * A plug-in for Swagger UI 5: its Authorize dialog asks for AppId and ApiKey, and "Try it out" signs what is sent
 * if the operation asks for a security scheme with `"x-hmac": { "scheme": "lacre1" }`. The ApiKey stays
 * in the memory of the page, unless `persistAuthorization` is on: Swagger UI then puts it into `localStorage`.
 *
 * @example
 * SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", plugins: [hmacSwaggerUiPlugin] });
 */
export function hmacSwaggerUiPlugin(): SwaggerUiPlugin {
  return {
    wrapComponents: {
      HttpAuth: (original, { React }) => {
        const { form, notice } = dialogsOf(React);
        return (props) => {
          const scheme = signingSchemeOf(props.schema.toJS());
          const ours = scheme === "lacre1" ? form : notice;
          return React.createElement(scheme === undefined ? original : ours, props);
        };
      },
    },
    statePlugins: { spec: { wrapActions: { executeRequest: signing } } },
  };
}

/** Signs in place of `fetch`: after every interceptor, over the bytes of a form. The page shows its curl unsigned. */
const signing =
  (execute: Execute): Execute =>
  (request) => {
    const credentials = credentialsFor(request);
    if (credentials === undefined) return execute(request);
    return execute({
      ...request,
      // The page shows the answer to one request.
      userFetch: async (url, init) => signFetch(fetch, { ...credentials, retries: 0 })(url, init),
    });
  };
