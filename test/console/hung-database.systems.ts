import { sql } from "drizzle-orm";
import { ServerListener } from "../../apps/console/src/database/server-listener.js";
import { openServer } from "../../apps/console/src/database/server-database.js";
import { isDatabaseAway } from "../../apps/console/src/problems/database-away.js";
import { PostgresServer } from "../support/postgres-server.js";

describe("a PostgreSQL server that hangs or is away", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.destroy());

  it("hangs no longer than 30 seconds, and keeps no connection for ever", async () => {
    const database = await openServer(server.url());
    const hang = () =>
      database.db.execute(sql`select pg_sleep(300)`).catch((error: unknown) => error);
    const began = performance.now();
    const hanging = Array.from({ length: 10 }, hang); // every connection that there is
    const inTransaction = database.db
      .transaction((within) => within.execute(sql`select pg_sleep(300)`))
      .catch((error: unknown) => error);
    for (const fault of await Promise.all(hanging)) expect(isDatabaseAway(fault)).toBe(true);
    expect(performance.now() - began).toBeLessThan(60_000);
    expect(isDatabaseAway(await inTransaction)).toBe(true);
    const answer = await database.db.execute(sql`select 1 as one`);
    expect(answer).toMatchObject({ rows: [{ one: 1 }] });
    await database.close();
  });

  it("may be away when the console ends", async () => {
    const listener = new ServerListener({ connectionString: server.url() });
    await listener.listen("changes", () => undefined);
    server.stop("immediate");
    await new Promise((resolve) => setTimeout(resolve, 600)); // some tries to connect again
    await listener.close();
    await new Promise((resolve) => setTimeout(resolve, 300)); // what nobody catches fails the test
    server.startAgain();
  });
});
