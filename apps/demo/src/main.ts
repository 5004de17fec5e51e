import "reflect-metadata";
import { join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { NestFactory } from "@nestjs/core";
import { consoleFrom } from "./console.js";
import { AWS_REGION, AWS_SERVICE, DemoModule } from "./demo.module.js";
import { serveDocs } from "./docs.js";
import { readKeys } from "./keys.js";
import { nonceStoreFrom } from "./nonces.js";
import { listenOn, readPort, StartError } from "./port.js";

async function start(): Promise<void> {
  const host = "127.0.0.1";
  const port = readPort(process.env.PORT);
  const folder = join(import.meta.dirname, "..", ".keys");
  const origins = process.env.ORIGIN
    ? [process.env.ORIGIN]
    : [`http://${host}:${port}`, `http://localhost:${port}`];

  const nonces = await nonceStoreFrom(process.env);
  const lacre = consoleFrom(process.env);
  const app = await NestFactory.create(
    DemoModule.with({ keys: readKeys(folder), origins, nonces, ...lacre }),
  );
  app.enableShutdownHooks();
  serveDocs(app);
  await listenOn(app, port, host);

  // A store that has just begun cannot know what was accepted before it, and refuses what is from that time.
  console.log(
    `\nListening on http://${host}:${port}; signed requests are taken in a few seconds …`,
  );
  await wait(7_000);

  const url = `http://${host}:${port}`;
  if (lacre !== undefined)
    return console.log(`
Ready. Apps, keys and what happens: ${process.env.CONSOLE_URL}

A signed request, with an app of that console and the key that it has shown:
npx lacre curl --app-id APP --key-file FILE -- -s ${url}/orders
`);
  const keys = relative(process.cwd(), folder);
  console.log(`
Ready. In another terminal, in this folder:

1  a signed request
   npx lacre curl --app-id orders --key-file ${keys}/orders.key -- -s --json '{"item":"tea"}' ${url}/orders

2  a request that curl signs by itself, with AWS Signature Version 4
   curl -s --aws-sigv4 aws:amz:${AWS_REGION}:${AWS_SERVICE} --user "orders-aws:$(cat ${keys}/aws.key)" ${url}/aws

3  a request that is sent twice, and runs once
   npx lacre sign GET ${url}/orders --app-id orders --key-file ${keys}/orders.key > signed.txt; for i in 1 2; do curl -s -w ' %{http_code}\\n' -H @signed.txt ${url}/orders; done; rm signed.txt

In a browser: ${url}/docs (Authorize with the AppId orders and the ApiKey in ${keys}/orders.key)
`);
}

start().catch((error: unknown) => {
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
});
