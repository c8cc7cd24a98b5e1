import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import type { TestContext } from 'node:test'
import { quietPort } from './quiet-port.ts'

/** Why a test that needs a real Redis is skipped; CI has one, and fails instead. */
export function redisIsMissing(): string | false {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    if (process.env['CI'] !== undefined) throw new Error('redis-server is not installed')
    return 'redis-server is not installed'
  }
}

export type TestRedis = {
  readonly url: string
  readonly port: number
  /** Starts it again at the same port, with nothing in it. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** As a machine that hangs: connections stay, and nothing is answered. */
  readonly stall: () => void
  readonly goOn: () => void
  /** A command by redis-cli's inline protocol; the raw answer. */
  readonly say: (command: string) => Promise<string>
}

/** A redis-server of the test's own, without a file on disk. */
export async function startRedis(t: TestContext, ...options: string[]): Promise<TestRedis> {
  const port = await quietPort()
  let running: ChildProcess | undefined
  const start = async (): Promise<void> => {
    running = spawn(
      'redis-server',
      [
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        ...options,
      ],
      { stdio: 'ignore' },
    )
    for (let tries = 0; tries < 1_200; tries++) {
      if ((await say('PING').catch(() => '')).includes('PONG')) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error('redis-server did not start')
  }
  const stop = async (): Promise<void> => {
    const child = running
    running = undefined
    if (child === undefined) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  const say = (command: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
      socket.on('data', (chunk) => {
        socket.destroy()
        resolve(String(chunk))
      })
      socket.on('error', reject)
    })
  await start()
  t.after(stop)
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    stop,
    stall: () => void running?.kill('SIGSTOP'),
    goOn: () => void running?.kill('SIGCONT'),
    say,
  }
}
