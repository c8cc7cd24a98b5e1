import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'node:net'
import type { Issuer } from '@sallyport/pki'
import { createServerIdentity } from '../deployment-pki.ts'
import { quietPort } from '../../src/quiet-port.ts'
import { scratchDirectory } from '../scratch-directory.ts'

export type Caddy = {
  readonly url: string
  /** What it wrote so far: Go's words on each handshake that failed among it. */
  log(): string
}

/** Debian's Caddy as a TLS server that wants a certificate under this device root: Go's verifier. */
export async function startCaddy(
  t: TestContext,
  service: Issuer,
  deviceRootPem: string,
): Promise<Caddy> {
  const directory = scratchDirectory(t)
  const write = (name: string, text: string) => {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  }
  const identity = await createServerIdentity(service, ['localhost'])
  const port = await quietPort()
  const config = {
    admin: { disabled: true },
    storage: { module: 'file_system', root: directory },
    logging: { logs: { default: { level: 'DEBUG' } } },
    apps: {
      tls: {
        certificates: {
          load_files: [
            {
              certificate: write('server.crt', identity.cert),
              key: write('server.key', identity.key),
            },
          ],
        },
      },
      http: {
        servers: {
          main: {
            listen: [`127.0.0.1:${port}`],
            automatic_https: { disable: true },
            tls_connection_policies: [
              {
                client_authentication: {
                  mode: 'require_and_verify',
                  trusted_ca_certs_pem_files: [write('root.crt', deviceRootPem)],
                },
              },
            ],
            routes: [
              {
                handle: [
                  {
                    handler: 'static_response',
                    body: '{http.request.proto} {http.request.tls.client.san.uris.0}',
                  },
                ],
              },
            ],
          },
        },
      },
    },
  }
  const environment = { PATH: process.env['PATH'], HOME: directory, XDG_DATA_HOME: directory }
  const path = write('caddy.json', JSON.stringify(config))
  const child = spawn('caddy', ['run', '--config', path], { env: environment })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text))
  }
  t.after(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  await listening(port, () => {
    if (child.exitCode !== null) throw new Error(`caddy ended: ${log}`)
  })
  return { url: `https://localhost:${port}`, log: () => log }
}

async function listening(port: number, check: () => void): Promise<void> {
  for (let attempt = 0; attempt < 1_200; attempt++) {
    check()
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch {
      await wait(50)
    } finally {
      socket.destroy()
    }
  }
  throw new Error('caddy did not listen within a minute')
}
