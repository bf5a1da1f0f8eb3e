import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A proxy on this machine that opens tunnels (CONNECT), wherever they are said to lead, to one port of it. */
export class FakeProxy implements AsyncDisposable {
  /** `host:port` of each tunnel. */
  readonly tunnels: string[] = [];
  /** The Proxy-Authorization of each. */
  readonly authorizations: (string | undefined)[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(refuseWith: number | undefined, portOf: (host: string) => number) {
    this.#server = createServer().on('connect', (request, client: Socket) => {
      const target = request.url ?? '';
      this.tunnels.push(target);
      this.authorizations.push(request.headers['proxy-authorization']);
      if (refuseWith !== undefined) {
        client.end(`HTTP/1.1 ${refuseWith} Refused\r\n\r\n`);
        return;
      }
      const server = connect(portOf(target), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        server.pipe(client).pipe(server);
      });
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
    });
  }

  /**
   * @param options - `refuseWith`: the status of every answer; `portOf`: the port of this machine to which a tunnel to
   * `host:port` leads (default: that port)
   */
  static async start({
    refuseWith,
    portOf = (target) => Number(target.split(':').at(-1)),
  }: { refuseWith?: number; portOf?: (target: string) => number } = {}): Promise<FakeProxy> {
    const proxy = new FakeProxy(refuseWith, portOf);
    await new Promise<void>((listening) => proxy.#server.listen(0, '127.0.0.1', listening));
    return proxy;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
