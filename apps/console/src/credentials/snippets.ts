import type { KeyRow } from "./secrets.js";

/** How one tool is called with a key. The key itself is never in it: it is read from the environment. */
export interface Snippet {
  readonly tool: string;
  readonly title: string;
  /** What it is written in, for colours. */
  readonly language: string;
  readonly text: string;
}

type KeyTerms = Pick<KeyRow, "appId" | "scheme" | "algorithm" | "encoding">;

const URL = "https://api.example.com/orders";

/** What to copy for a new key of an app: for the tools that speak its scheme, with the AppId filled in. */
export function snippetsFor(key: KeyTerms): Snippet[] {
  const others = SPEAKERS[key.scheme] ?? [];
  return [lacreCurl(key), ...others.map((snippet) => snippet(key))];
}

/** The hash of the key, where it is not the usual one. */
const hashOf = ({ algorithm }: KeyTerms): string | undefined =>
  algorithm === "sha256" ? undefined : algorithm;

const lacreCurl = (key: KeyTerms): Snippet => {
  const flags = [
    key.scheme === "lacre1" ? "" : `--scheme ${key.scheme} `,
    key.scheme === "aws-sigv4" ? "--region eu-central-1 --service execute-api " : "",
    key.scheme === "acquia2" ? "--realm example " : "",
    key.encoding === "lk1" ? "" : `--encoding ${key.encoding} `,
    hashOf(key) === undefined ? "" : `--algorithm ${key.algorithm} `,
  ].join("");
  return {
    tool: "lacre-curl",
    title: "lacre curl",
    language: "sh",
    text: `# key.txt holds the key alone, and only you may read it: chmod 600 key.txt
npx lacre curl --app-id ${key.appId} --key-file key.txt ${flags}${URL}
`,
  };
};

const awsCurl = ({ appId }: KeyTerms): Snippet => ({
  tool: "curl",
  title: "curl --aws-sigv4",
  language: "sh",
  text: `# The key is in the variable LACRE_API_KEY. Region and service are those of the API.
printf 'user = "%s:%s"\\n' '${appId}' "$LACRE_API_KEY" |
  curl --config - --aws-sigv4 aws:amz:eu-central-1:execute-api ${URL}
`,
});

const fetchWith = ({ appId, ...key }: KeyTerms): Snippet => {
  const hash = hashOf({ appId, ...key });
  const scheme = key.scheme === "aws-sigv4";
  return {
    tool: "fetch",
    title: "JavaScript: fetch",
    language: "ts",
    text: `import { signFetch } from "@lacre/client";
${scheme ? 'import { awsSigV4 } from "@lacre/schemes/aws-sigv4";\n' : ""}
const call = signFetch(fetch, {
  appId: "${appId}",
  apiKey: process.env.LACRE_API_KEY ?? "",
${key.encoding === "lk1" ? "" : `  encoding: "${key.encoding}",\n`}${hash === undefined ? "" : `  algorithm: "${hash}",\n`}${scheme ? '  scheme: awsSigV4({ region: "eu-central-1", service: "execute-api" }),\n' : ""}});
const response = await call("${URL}", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ item: "tea" }),
});
console.log(response.status, await response.text());
`,
  };
};

/** Where a client is found that is no package of a registry. */
const from = (file: string, comment = "#"): string =>
  `${comment} ${file.replace(/^.*\//, "")} is ${file} of the source of Lacre: copy it beside this file.`;

/** A second argument: the hash, as each client spells it. */
const hashArgument = (key: KeyTerms, upper: boolean, quote = '"'): string => {
  const hash = hashOf(key);
  return hash === undefined ? "" : `, ${quote}${upper ? hash.toUpperCase() : hash}${quote}`;
};

const python = (key: KeyTerms): Snippet => ({
  tool: "python",
  title: "Python",
  language: "python",
  text: `${from("clients/python/lacre.py")}
import os
from lacre import Client

client = Client("${key.appId}", os.environ["LACRE_API_KEY"]${hashArgument(key, false)})
answer = client.request("POST", "${URL}",
                        {"Content-Type": "application/json"}, b'{"item":"tea"}')
print(answer.status, answer.content.decode())
`,
});

const java = (key: KeyTerms): Snippet => ({
  tool: "java",
  title: "Java",
  language: "java",
  text: `${from("clients/java/Lacre.java", "//").replace("beside this file", "into the folder lacre beside this file")}
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import lacre.Lacre;

public class Example {
    public static void main(String[] arguments) throws Exception {
        Lacre lacre = new Lacre("${key.appId}", System.getenv("LACRE_API_KEY")${hashArgument(key, true)});
        Lacre.Answer answer = lacre.send("POST", "${URL}",
            List.of(Map.entry("Content-Type", "application/json")),
            "{\\"item\\":\\"tea\\"}".getBytes(StandardCharsets.UTF_8));
        System.out.println(answer.response.statusCode() + " "
            + new String(answer.response.body(), StandardCharsets.UTF_8));
    }
}
`,
});

const go = (key: KeyTerms): Snippet => ({
  tool: "go",
  title: "Go",
  language: "go",
  text: `// The module lacre is the folder clients/go of the source of Lacre: copy it to ./lacre.
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"lacre" // replace lacre => ./lacre, in go.mod
)

func main() {
	signer, err := lacre.New("${key.appId}", os.Getenv("LACRE_API_KEY"), "${key.algorithm.toUpperCase()}")
	if err != nil {
		log.Fatal(err)
	}
	response, err := signer.Client().Post(
		"${URL}", "application/json", strings.NewReader(\`{"item":"tea"}\`))
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(response.StatusCode, string(content))
}
`,
});

const php = (key: KeyTerms): Snippet => ({
  tool: "php",
  title: "PHP",
  language: "php",
  text: `<?php
${from("clients/php/lacre.php", "//")}
require __DIR__ . '/lacre.php';

$client = new Lacre\\Client('${key.appId}', getenv('LACRE_API_KEY')${hashArgument(key, false, "'")});
$answer = $client->request('POST', '${URL}',
    [['Content-Type', 'application/json']], '{"item":"tea"}');
echo "$answer->status $answer->content\\n";
`,
});

const ruby = (key: KeyTerms): Snippet => ({
  tool: "ruby",
  title: "Ruby",
  language: "ruby",
  text: `${from("clients/ruby/lacre.rb")}
require_relative "lacre"

client = Lacre::Client.new("${key.appId}", ENV.fetch("LACRE_API_KEY")${hashArgument(key, false)})
answer = client.request("POST", "${URL}",
                        { "Content-Type" => "application/json" }, '{"item":"tea"}')
puts answer.status, answer.content
`,
});

const bash = (key: KeyTerms): Snippet => ({
  tool: "bash",
  title: "bash",
  language: "bash",
  text: `${from("clients/bash/lacre.sh")}
export LACRE_APP_ID=${key.appId}${hashOf(key) === undefined ? "" : ` LACRE_HASH=${key.algorithm}`} # and LACRE_API_KEY, from where you keep it
bash lacre.sh POST ${URL} -H 'Content-Type: application/json' -d '{"item":"tea"}'
`,
});

const csharp = (key: KeyTerms): Snippet => ({
  tool: "csharp",
  title: "C#",
  language: "csharp",
  text: `${from("clients/csharp/Lacre.cs", "//")}
using System.Text;
using Lacre;

HttpClient http = LacreHandler.CreateClient(
    "${key.appId}", Environment.GetEnvironmentVariable("LACRE_API_KEY")!${hashArgument(key, true)});
HttpResponseMessage response = await http.PostAsync(
    "${URL}", new StringContent("{\\"item\\":\\"tea\\"}", Encoding.UTF8, "application/json"));
Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
`,
});

/** What speaks a scheme beside `lacre curl`, which speaks all of them. */
const SPEAKERS: Readonly<Record<string, readonly ((key: KeyTerms) => Snippet)[]>> = {
  lacre1: [fetchWith, python, java, go, php, ruby, bash, csharp],
  "aws-sigv4": [awsCurl, fetchWith],
};
