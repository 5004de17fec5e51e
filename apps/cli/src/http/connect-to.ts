import { once } from "node:events";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Where a server listens. */
export interface Place {
  readonly secure: boolean;
  /** A name, or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** Opens a connection. Rejects when none is given within ten seconds. */
export async function connectTo({ secure, hostname: host, port }: Place): Promise<Socket> {
  // RFC 6066 §3: an address is no server name.
  const servername = isIP(host) === 0 ? host : undefined;
  const socket = secure
    ? connectTls({ host, port, servername, ALPNProtocols: ["http/1.1"] })
    : connectPlain({ host, port });
  const tooLate = (): void => void socket.destroy(new Error("no connection within 10 s"));
  socket.setTimeout(10_000, tooLate);
  await once(socket, secure ? "secureConnect" : "connect");
  socket.off("timeout", tooLate);
  return socket;
}
