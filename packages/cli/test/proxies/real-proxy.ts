import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { quietPort } from '@sallyport/virtual-device'
import { newFolder, sallyport } from '../sallyport.ts'

/** A proxy of this machine, as tests start it with what `integrate` prints. */
export type ProxyProgram = {
  readonly program: string
  /** Its files, the main one first. */
  readonly files: readonly string[]
  readonly start: (folder: string) => readonly string[]
}

export const proxyPrograms = {
  nginx: {
    program: 'nginx',
    files: ['nginx.conf'],
    start: (folder) => [
      '-c',
      `${folder}/nginx.conf`,
      '-p',
      folder,
      '-e',
      'stderr',
      '-g',
      `daemon off; pid ${folder}/pid;${process.getuid?.() === 0 ? ' user root;' : ''}`,
    ],
  },
  haproxy: {
    program: 'haproxy',
    files: ['haproxy.cfg', 'sallyport.lua', 'sallyport.crt-list'],
    start: (folder) => ['-db', '-f', `${folder}/haproxy.cfg`],
  },
  'haproxy-agent': {
    program: 'haproxy',
    files: ['haproxy.cfg'],
    start: (folder) => ['-db', '-f', `${folder}/haproxy.cfg`],
  },
  caddy: {
    program: 'caddy',
    files: ['Caddyfile'],
    start: (folder) => ['run', '--config', `${folder}/Caddyfile`, '--adapter', 'caddyfile'],
  },
  envoy: {
    program: 'envoy',
    files: ['envoy.yaml'],
    start: (folder) => [
      '-c',
      `${folder}/envoy.yaml`,
      '--disable-hot-restart',
      '--concurrency',
      '1',
      '--log-level',
      'warning',
    ],
  },
} as const satisfies Record<string, ProxyProgram>

export type ProxyName = keyof typeof proxyPrograms
/** Those that ask for decisions. */
export const askingProxies = (Object.keys(proxyPrograms) as ProxyName[]).filter(
  (name) => name !== 'haproxy-agent',
)

export type RealProxy = {
  readonly port: number
  readonly folder: string
  /** All that it said. */
  said(): string
  restart(): Promise<void>
  end(): Promise<void>
}

/** Starts a proxy with its configuration as printed, and waits until it takes connections. */
export async function startProxy(
  name: ProxyName,
  configFile: string,
  more: readonly string[] = [],
): Promise<RealProxy> {
  const { program, files, start } = proxyPrograms[name]
  const folder = newFolder()
  // nginx opens its compiled-in log before it has read anything.
  for (const made of ['logs', 'tmp']) mkdirSync(path.join(folder, made))
  const port = await quietPort()
  const listen = ['--listen', `127.0.0.1:${port}`, '--config', configFile, ...more]
  for (const file of files) {
    const { code, stdout, stderr } = await sallyport(['integrate', name, '--file', file, ...listen])
    if (code !== 0) throw new Error(stderr)
    writeFileSync(path.join(folder, file), stdout)
  }
  let said = ''
  let child: ChildProcess
  const run = async (): Promise<void> => {
    const started = spawn(program, start(folder), {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    })
    child = started
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk
      })
    }
    await untilOpen(port, () => {
      if (started.exitCode !== null) throw new Error(`${name} ended: ${said}`)
    })
  }
  const end = async (): Promise<void> => {
    if (child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 2_000)
    await ended
    clearTimeout(timer)
  }
  await run()
  return {
    port,
    folder,
    said: () => said,
    restart: async () => {
      await end()
      await run()
    },
    end,
  }
}

async function untilOpen(port: number, check: () => void): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    check()
    if (await isOpen(port)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nobody listens on ${port}`)
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
