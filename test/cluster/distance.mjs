// A process that stands between a client and a server, and holds every byte back for a while, in each direction: a
// server that is further away. Of its own, so that whoever measures it is not busy with it.
//   node distance.mjs <port of the server> <milliseconds>
import { connect, createServer } from "node:net";

const [serverPort, delayMs] = process.argv.slice(2).map(Number);

const door = createServer({ noDelay: true }, (client) => {
  const server = connect({ port: serverPort, host: "127.0.0.1", noDelay: true });
  carry(client, server);
  carry(server, client);
});
door.listen(0, "127.0.0.1", () => process.send({ port: door.address().port }));
process.on("disconnect", () => process.exit(0));

function carry(from, to) {
  from.on("data", (bytes) => setTimeout(() => to.writable && to.write(bytes), delayMs));
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}
