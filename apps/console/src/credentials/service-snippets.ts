import type { Snippet } from "./snippets.js";

/**
 * What to copy for a new key of a service, which calls the console and nothing else.
 * @param origin the console's own
 */
export const serviceSnippets = (appId: string, origin: string): Snippet[] => [
  {
    tool: "environment",
    title: "Environment",
    language: "sh",
    text: `# console.key holds the key alone, and only the service may read it: chmod 600 console.key
CONSOLE_URL=${origin}
CONSOLE_APP_ID=${appId}
CONSOLE_KEY_FILE=console.key
`,
  },
  {
    tool: "nestjs",
    title: "NestJS",
    language: "ts",
    text: `import { readFileSync } from "node:fs";
import { Module } from "@nestjs/common";
import { HmacModule } from "@lacre/nestjs";
import { ConsoleKeyStore, ConsoleVerdicts } from "@lacre/stores/console";

const service = {
  url: process.env.CONSOLE_URL ?? "",
  appId: process.env.CONSOLE_APP_ID ?? "",
  apiKey: readFileSync(process.env.CONSOLE_KEY_FILE ?? "console.key", "utf8").trim(),
};
const verdicts = new ConsoleVerdicts(service);

@Module({
  imports: [
    HmacModule.forRoot({
      apps: new ConsoleKeyStore(service),
      origins: ["https://api.example.com"], // what callers of this service write
      observer: verdicts,
    }),
  ],
  providers: [{ provide: ConsoleVerdicts, useValue: verdicts }], // tells the rest at shutdown
})
export class AppModule {}
`,
  },
];
