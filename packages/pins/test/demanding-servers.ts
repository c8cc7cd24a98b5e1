import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import type { Made } from './test-authority.ts'

export const versions = ['1.2', '1.3'] as const
export type Version = (typeof versions)[number]

type Files = {
  readonly chain: string
  readonly key: string
  readonly both: string
  readonly ca: string
}
type Program = {
  readonly program: string
  readonly args: (folder: string, files: Files, port: number, version: Version) => readonly string[]
}

/** Servers that people run, told to demand a client certificate that we do not have. */
export const demandingServers = {
  'openssl s_server -Verify': {
    program: 'openssl',
    args: (_, { chain, key, ca }, port, version) => [
      's_server',
      '-quiet',
      '-accept',
      `127.0.0.1:${port}`,
      '-cert',
      chain,
      '-cert_chain',
      chain,
      '-key',
      key,
      '-CAfile',
      ca,
      '-Verify',
      '1',
      version === '1.2' ? '-tls1_2' : '-tls1_3',
    ],
  },
  'nginx with ssl_verify_client on': {
    program: 'nginx',
    args: (folder, { chain, key, ca }, port, version) => {
      const config = path.join(folder, 'nginx.conf')
      writeFileSync(
        config,
        `events {} http { access_log off; server { listen 127.0.0.1:${port} ssl; ssl_protocols TLSv${version};
           ssl_certificate ${chain}; ssl_certificate_key ${key};
           ssl_client_certificate ${ca}; ssl_verify_client on; return 204; } }`,
      )
      const user = process.getuid?.() === 0 ? ' user root;' : ''
      return [
        '-c',
        config,
        '-p',
        folder,
        '-e',
        'stderr',
        '-g',
        `daemon off; master_process off; pid ${folder}/pid;${user}`,
      ]
    },
  },
  'haproxy with verify required': {
    program: 'haproxy',
    args: (folder, { both, ca }, port, version) => {
      const config = path.join(folder, 'haproxy.cfg')
      writeFileSync(
        config,
        `defaults
  mode http
  timeout client 5s
  timeout connect 5s
  timeout server 5s
frontend api
  bind 127.0.0.1:${port} ssl crt ${both} ca-file ${ca} verify required ssl-min-ver TLSv${version} ssl-max-ver TLSv${version}
  http-request return status 204
`,
      )
      return ['-db', '-f', config]
    },
  },
} as const satisfies Record<string, Program>

export type DemandingServer = keyof typeof demandingServers

/** Why a test of it cannot run here. Where everything must be at hand it runs, and fails. */
export function isMissing(name: DemandingServer): string | false {
  const { program } = demandingServers[name]
  if (process.env['CI'] !== undefined) return false
  return spawnSync('which', [program]).status === 0 ? false : `${program} is not installed`
}

/** Starts one with a chain, and waits until it takes connections. */
export async function startDemanding(
  t: Pick<TestContext, 'after'>,
  name: DemandingServer,
  version: Version,
  made: Made,
): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-pins-'))
  const files = { chain: 'chain.pem', key: 'key.pem', both: 'both.pem', ca: 'ca.pem' }
  const chain = made.sent.map(({ pem }) => pem).join('')
  const at = Object.fromEntries(
    Object.entries(files).map(([each, file]) => [each, path.join(folder, file)]),
  ) as typeof files
  writeFileSync(at.chain, chain)
  writeFileSync(at.key, made.keyPem)
  writeFileSync(at.both, chain + made.keyPem)
  writeFileSync(at.ca, made.sent.at(-1)?.pem ?? '')
  const port = await quietPort()
  const { program, args } = demandingServers[name]
  const child = spawn(program, args(folder, at, port, version), {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  t.after(() => child.kill('SIGKILL'))
  await untilOpen(port, child, () => said)
  return port
}

/**
 * One below those of connections (ip_local_port_range), which was free a moment ago: these programs do not tell which one
 * they were given.
 */
async function quietPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.on('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

async function untilOpen(port: number, child: ChildProcess, said: () => string): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    if (child.exitCode !== null) break
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`it did not start: ${said()}`)
}
