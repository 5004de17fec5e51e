import { describe, expect, it } from "@jest/globals";
import { read } from "../docs/markdown.js";

const { version, license } = JSON.parse(read("package.json")) as Record<string, string>;

/** Every package in clients/ that says a version, with the pattern that finds it. Go's is a tag. */
describe.each([
  ["python/pyproject.toml", /^version = "(.+)"$/m, /^license = \{ text = "(.+)" \}$/m],
  ["ruby/lacre.gemspec", /spec\.version = "(.+)"/, /spec\.license = "(.+)"/],
  ["php/composer.json", /"version": "(.+)"/, /"license": "(.+)"/],
  ["java/pom.xml", /<version>(.+)<\/version>/, /<license>\s*<name>(.+)<\/name>/],
  ["csharp/Lacre.csproj", /<Version>(.+)<\/Version>/, /<PackageLicenseExpression>(.+)<\//],
])("clients/%s", (file, ofVersion, ofLicense) => {
  it("has the version and the license of this repository", () => {
    const text = read(`clients/${file}`);
    expect([ofVersion.exec(text)?.[1], ofLicense.exec(text)?.[1]]).toEqual([version, license]);
  });
});

it("composer loads a file that is there", () => {
  const { autoload } = JSON.parse(read("clients/php/composer.json")) as {
    autoload: { classmap: string[] };
  };
  for (const file of autoload.classmap)
    expect(read(`clients/php/${file}`)).toContain("namespace Lacre;");
});
