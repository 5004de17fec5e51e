import { problemOf, type Credentials } from "./credentials.js";
import type { AuthProps, SwaggerUiSystem } from "./system.js";

type Component = (props: AuthProps) => unknown;

const ALGORITHMS: Readonly<Record<string, string>> = {
  sha256: "HMAC-SHA256",
  sha384: "HMAC-SHA384",
  sha512: "HMAC-SHA512",
};
const NOTHING: Credentials = { appId: "", apiKey: "", algorithm: "sha256" };

/** Parts of the Authorize dialog. `form` asks for AppId and ApiKey; `notice` is for schemes that browsers cannot sign. */
export function dialogsOf({ createElement: h, useState }: SwaggerUiSystem["React"]): {
  readonly form: Component;
  readonly notice: Component;
} {
  const heading = ({ name, schema, getComponent }: AuthProps): unknown[] => [
    h("h4", null, h("code", null, name), ` (http, ${String(schema.get("scheme"))})`),
    h(getComponent("Markdown", true), { source: schema.get("description") }),
  ];
  const field = (label: string, htmlFor: string, control: unknown): unknown =>
    h("div", { className: "wrapper" }, h("label", { htmlFor }, label), h("section", null, control));
  const code = (text: string): unknown => h("code", null, text);

  const form: Component = (props) => {
    const { name, schema, authorized, onChange } = props;
    const [entered, setEntered] = useState(NOTHING);
    const known = authorized?.getIn([name, "value"]) as
      | { get<Key extends keyof Credentials>(key: Key): Credentials[Key] }
      | undefined;
    const problem = problemOf(entered);
    const settings = (key: keyof Credentials): object => ({
      id: `${name}-${key}`,
      name: key,
      onChange: ({ target }: { target: { value: string } }) => {
        const next = { ...entered, [key]: target.value.trim() };
        setEntered(next);
        onChange({ name, schema, value: next });
      },
    });
    // Inputs have no `value`: React would write the ApiKey into the HTML of the page.
    const controls: Readonly<Record<keyof Credentials, unknown>> = known
      ? {
          appId: code(known.get("appId")),
          apiKey: code("******"),
          algorithm: code(ALGORITHMS[known.get("algorithm")] ?? ""),
        }
      : {
          appId: h("input", { ...settings("appId"), type: "text", autoFocus: true }),
          apiKey: h("input", {
            ...settings("apiKey"),
            type: "password",
            autoComplete: "off",
            placeholder: "lk1_…",
          }),
          algorithm: h(
            "select",
            settings("algorithm"),
            ...Object.entries(ALGORITHMS).map(([value, label]) => h("option", { value }, label)),
          ),
        };
    return h(
      "div",
      null,
      ...heading(props),
      known && h("h6", null, "Authorized"),
      field("AppId:", `${name}-appId`, controls.appId),
      field("ApiKey:", `${name}-apiKey`, controls.apiKey),
      field("Algorithm of the key:", `${name}-algorithm`, controls.algorithm),
      problem && h("p", { role: "alert", className: "errors" }, problem),
    );
  };

  const notice: Component = (props) =>
    h(
      "div",
      null,
      ...heading(props),
      h("p", null, "This page cannot sign requests of this scheme."),
    );

  return { form, notice };
}
