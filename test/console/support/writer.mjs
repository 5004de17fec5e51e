// Opens a database of the console, guards its audit log, writes one act after the other, and tells its parent of each that is committed.
const { openEmbedded } = await import("../../../apps/console/dist/database/embedded-database.js");
const { openServer } = await import("../../../apps/console/dist/database/server-database.js");
const { CONSOLE } = await import("../../../apps/console/dist/audit/actor.js");
const { keepAppendOnly } = await import("../../../apps/console/dist/database/append-only.js");
const { recordAct } = await import("../../../apps/console/dist/audit/record-act.js");

process.on("disconnect", () => process.exit()); // its parent is gone

const [folder, url] = process.argv.slice(2);
try {
  const { db } = url ? await openServer(url) : await openEmbedded({ folder });
  await keepAppendOnly(db); // as a console does at its start
  process.send({ open: true });
  for (let i = 0; ; i += 1) {
    const id = `${process.pid}-${i}`;
    await db.transaction((tx) =>
      recordAct(tx, { by: CONSOLE, act: "test", object: { kind: "write", id } }),
    );
    process.send({ acknowledged: id });
  }
} catch (error) {
  process.send({ refused: error.message }, () => process.exit(1));
}
