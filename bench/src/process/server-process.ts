import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const startTimeoutMs = 30_000
/** Longer than any server here takes to let its connections go. */
const stopTimeoutMs = 60_000

export type ServerProcess = {
  readonly id: number
  /** Asks it to end, and ends it where it does not. */
  readonly stop: () => Promise<void>
}

export type ServerCommand = {
  /** What it is called in messages; its output goes to <name>.out in `directory`. */
  readonly name: string
  readonly command: readonly [program: string, ...args: string[]]
  readonly directory: string
  /** The loopback port on which it answers once it is ready. */
  readonly port: number
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Starts a server and waits until its port accepts connections.
 *
 * @throws Error it ended, or did not listen within 30 seconds; with the end of what it wrote
 */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const { name, command, directory, port, environment } = server
  const outputFile = path.join(directory, `${name}.out`)
  const output = openSync(outputFile, 'a')
  const [program, ...args] = command
  const child = spawn(program, args, {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, output],
    // Away from the terminal's group: Ctrl-C is for this process, which then stops the server.
    detached: true,
  })
  const failure = once(child, 'error').then(([error]) => error as Error)
  const deadline = performance.now() + startTimeoutMs
  while (!(await accepts(port))) {
    if (child.pid === undefined) throw await failure
    if (hasEnded(child) || performance.now() > deadline) {
      await stop(child)
      const why = hasEnded(child) ? 'ended' : `does not listen on port ${port}`
      throw new Error(`${name} ${why}:\n${readFileSync(outputFile, 'utf8').slice(-2000)}`)
    }
    await delay(50)
  }
  return { id: child.pid as number, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(timer)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    // Not yet: what is wrong, if it stays so, is in the server's own output.
    return false
  } finally {
    socket.destroy()
  }
}
