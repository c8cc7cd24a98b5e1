import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { quietPort } from '@sallyport/virtual-device'
import type { DevelopmentFacts } from '../src/dev/guidance.ts'

/** The binary that people run. */
export const binary = fileURLToPath(new URL('../../bin/sallyport.js', import.meta.url))

export type Ran = { code: number; stdout: string; stderr: string }

/** Runs one command to its end. */
export function sallyport(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const { cwd = tmpdir(), env = {} } = options
  return new Promise((resolve) => {
    const settings = { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, timeout: 60_000 }
    execFile(process.execPath, [binary, ...args], settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

/** A folder that nobody else uses, and that is gone with the file of tests. */
export function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-cli-'))
  folders.push(folder)
  return folder
}

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) remove(folder)
})

/** What ends after its test may write there to the last: that is said, and fails nobody. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch (error) {
    console.error(`${folder} is left: ${String(error)}`)
  }
}

/** A `sallyport dev` that is ready. */
export type Development = {
  readonly facts: DevelopmentFacts
  readonly process: ChildProcess
  readonly directory: string
  /** Everything on stdout, and on stderr, so far. */
  stdout(): string
  stderr(): string
  /** Ends it; its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

const running = new Set<ChildProcess>()

/** Ends what a test that failed left behind. */
export function endLeftOver(): void {
  for (const child of running) child.kill('SIGKILL')
}

/**
 * Starts `sallyport dev --json` and waits until it says that it is ready.
 *
 * @param args by default, a folder that is new is given a quiet port: the usual one is for whoever tests just that
 */
export async function startDev(directory: string, args?: readonly string[]): Promise<Development> {
  const isNew = !existsSync(path.join(directory, 'sallyport.yaml'))
  const more = args ?? (isNew ? ['--port', String(await quietPort())] : [])
  const child = spawn(process.execPath, [binary, 'dev', '--json', '--dir', directory, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SALLYPORT_PASSPHRASE: 'must not reach the gateway' },
  })
  running.add(child)
  child.on('exit', () => running.delete(child))
  let stdout = ''
  let stderr = ''
  const exited = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)))
  const ready = Promise.withResolvers<DevelopmentFacts>()
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
    if (stdout.includes('\n')) ready.resolve(JSON.parse(stdout) as DevelopmentFacts)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  child.on('exit', (code) => ready.reject(new Error(`dev ended with ${code}: ${stderr}`)))
  return {
    facts: await ready.promise,
    process: child,
    directory,
    stdout: () => stdout,
    stderr: () => stderr,
    end: (signal = 'SIGTERM') => {
      child.kill(signal)
      return exited
    },
  }
}

/** One GET with or without the device's certificate, over HTTP/1.1 and a new connection. */
export function get(
  facts: DevelopmentFacts,
  url: string,
  withDevice: boolean,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const identity = withDevice
    ? {
        cert: readFileSync(facts.device.certificateFile),
        key: readFileSync(facts.device.keyFile),
      }
    : {}
  return new Promise((resolve, reject) => {
    const options = { ca: readFileSync(facts.caFile), agent: false, timeout: 10_000, ...identity }
    request(url, options, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk
      })
      response.on('end', () => {
        const body = JSON.parse(text) as Record<string, unknown>
        resolve({ status: response.statusCode ?? 0, body })
      })
      response.on('error', reject)
    })
      .on('error', reject)
      .end()
  })
}

/**
 * Whether a process still runs. One that has ended and waits for its new parent to ask how (a zombie, as
 * after its own parent was killed) does not.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
