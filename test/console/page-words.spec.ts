import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REFUSAL_CODES } from "../../libs/core/src/errors.js";

const PAGE = "apps/console/page/src";
const LANGUAGES = ["en", "es", "pt"] as const;
type Catalog = Readonly<Record<string, string>>;

const roomsOf = (language: string): string[] => readdirSync(join(PAGE, "words", language));
const catalogOf = (language: string): Catalog =>
  Object.assign(
    {},
    ...roomsOf(language).map((room) =>
      JSON.parse(readFileSync(join(PAGE, "words", language, room), "utf8")),
    ),
  ) as Catalog;

const sources = readdirSync(PAGE, { recursive: true, encoding: "utf8" })
  .filter((name) => /[.]tsx?$/.test(name))
  .map((name) => readFileSync(join(PAGE, name), "utf8"))
  .join("\n");

/** `{name}`, and the name before a plural, wherever they stand. */
const valuesOf = (message: string): string[] =>
  [...new Set([...message.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => name ?? ""))].toSorted();

describe("the words of the console's page", () => {
  const english = catalogOf("en");
  const ids = Object.keys(english);

  it.each(LANGUAGES)(
    "are all there in %s, each with the values that the English one takes",
    (language) => {
      const catalog = catalogOf(language);
      expect(Object.keys(catalog).toSorted()).toEqual(ids.toSorted());
      for (const id of ids) {
        expect(catalog[id]?.trim()).not.toBe("");
        expect([id, valuesOf(catalog[id] ?? "")]).toEqual([id, valuesOf(english[id] ?? "")]);
      }
    },
  );

  it("stand in the same rooms in each language, and in one room alone", () => {
    for (const language of LANGUAGES) {
      expect(roomsOf(language)).toEqual(roomsOf("en"));
      const all = roomsOf(language).flatMap((room) =>
        Object.keys(
          JSON.parse(readFileSync(join(PAGE, "words", language, room), "utf8")) as object,
        ),
      );
      expect(all.filter((id, i) => all.indexOf(id) !== i)).toEqual([]);
    }
  });

  it("say of each refusal what it is, and what it means in a sentence", () => {
    for (const code of REFUSAL_CODES)
      expect([code, english[`code.${code}`], english[`code.means.${code}`]]).toEqual([
        code,
        expect.any(String),
        expect.stringMatching(/[.]$/),
      ]);
  });

  it("are all said somewhere", () => {
    const families = [...sources.matchAll(/`([\w.-]+[.])\$\{(?:[^`]*)`/g)].map(
      ([, it]) => it ?? "",
    );
    const unsaid = ids.filter(
      (id) => !sources.includes(`"${id}"`) && !families.some((family) => id.startsWith(family)),
    );
    expect(unsaid).toEqual([]);
  });
});
