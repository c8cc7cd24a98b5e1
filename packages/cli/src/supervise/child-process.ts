import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { isReasonCode, Problem } from '@sallyport/problem'

/** What a child tells its parent over the channel between them, once. */
export type ChildMessage =
  | { kind: 'ready'; facts: Readonly<Record<string, unknown>> }
  | {
      kind: 'failed'
      problem: { code: string; detail?: string; expected?: string; found?: string }
    }

export type ChildOptions = {
  /** Named in messages. */
  name: string
  /** Module that the child runs, absolute. */
  module: string
  args: readonly string[]
  /** Options of Node itself, before the module. */
  nodeOptions?: readonly string[]
  environment: NodeJS.ProcessEnv
  stdout: 'inherit' | 'ignore' | number
  stderr: 'inherit' | number
  /** Told over the channel alone: what stands in an environment, every process of the user can read. */
  secret?: string | undefined
  /** How long it may take until it is ready. */
  readyTimeoutMs?: number
}

/** Has a child wait for the secret that its parent tells it. */
export const secretIsTold = { SALLYPORT_SECRET: 'of the parent' } as const

/** A child process that said it is ready. */
export type RunningChild = {
  readonly name: string
  readonly pid: number
  readonly facts: Readonly<Record<string, unknown>>
  /** Settles when the process is gone, whatever the reason. */
  readonly exited: Promise<Exit>
  /** Asks it to end, and makes it end after a while. Settles when it is gone. */
  end(graceMs: number): Promise<Exit>
  signal(name: NodeJS.Signals): void
}

export type Exit = { code: number | null; signal: NodeJS.Signals | null }

/**
 * Starts a child and waits until it is ready.
 *
 * The child is the leader of a process group of its own: Ctrl-C at the terminal reaches the parent
 * alone, which then ends its children in order. A parent that is killed outright closes the channel,
 * which a child takes as its end.
 *
 * @throws Problem the child's own reason where it failed at start; `start_failed` where it ended or
 *   stayed silent without one
 */
export async function startChild(options: ChildOptions): Promise<RunningChild> {
  const stdio: StdioOptions = ['ignore', options.stdout, options.stderr, 'ipc']
  const { nodeOptions = [], module, args } = options
  const child = spawn(process.execPath, [...nodeOptions, module, ...args], {
    stdio,
    env: { ...options.environment, ...(options.secret === undefined ? {} : secretIsTold) },
    detached: true,
  })
  // One that ends at once has no channel any more, and its end is told below.
  if (options.secret !== undefined) child.send({ secret: options.secret }, () => undefined)
  const exited = new Promise<Exit>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }))
    child.on('error', () => resolve({ code: null, signal: null }))
  })
  const end = (graceMs: number): Promise<Exit> => endChild(child, exited, graceMs)
  try {
    const facts = await readiness(child, exited, options)
    return {
      name: options.name,
      pid: child.pid ?? 0,
      facts,
      exited,
      end,
      signal: (name) => void child.kill(name),
    }
  } catch (error) {
    await end(1_000)
    throw error
  }
}

async function readiness(
  child: ChildProcess,
  exited: Promise<Exit>,
  options: ChildOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>()
  const failed = (detail: string): void =>
    reject(new Problem('start_failed', { detail: `${options.name}: ${detail}` }))
  const timeoutMs = options.readyTimeoutMs ?? 60_000
  const timer = setTimeout(() => failed(`not ready after ${timeoutMs / 1_000} s`), timeoutMs)
  child.on('error', (error) => failed(error.message))
  child.on('message', (message: ChildMessage) => {
    if (message.kind === 'ready') resolve(message.facts)
    else reject(toProblem(message.problem, options.name))
  })
  // After the channel has given up what was still in it.
  child.on('close', () =>
    failed(
      `it ended before it was ready, with ${exitWords({ code: child.exitCode, signal: child.signalCode })}`,
    ),
  )
  void exited
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

function toProblem(
  told: Extract<ChildMessage, { kind: 'failed' }>['problem'],
  name: string,
): Problem {
  const code = isReasonCode(told.code) ? told.code : 'start_failed'
  const { detail, expected, found } = told
  return new Problem(code, {
    detail: `${name}: ${detail ?? 'no detail'}`,
    ...(expected === undefined ? {} : { expected }),
    ...(found === undefined ? {} : { found }),
  })
}

async function endChild(
  child: ChildProcess,
  exited: Promise<Exit>,
  graceMs: number,
): Promise<Exit> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  try {
    return await exited
  } finally {
    clearTimeout(timer)
  }
}

/** How a process ended, in words. */
export function exitWords({ code, signal }: Exit): string {
  if (signal !== null) return `signal ${signal}`
  return code === null ? 'no exit code' : `exit code ${code}`
}
