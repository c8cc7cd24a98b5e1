import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { binary } from '../sallyport.ts'

/** One role of a deployment, as `sallyport serve --role` runs it. */
export type RoleProcess = {
  readonly pid: number
  /** Kills it outright. */
  kill(): Promise<void>
  /** Ends it in order. */
  end(): Promise<void>
}

const running = new Set<ChildProcess>()

/** Ends what a test that failed left behind. */
export function endLeftOverRoles(): void {
  for (const child of running) child.kill('SIGKILL')
}

/** The authority of a configuration, by itself. */
export function startAuthorityRole(configFile: string): Promise<RoleProcess> {
  const { authority } = parse(readFileSync(configFile, 'utf8'))
  return startRole('authority', configFile, authority.listeners.operations.listen)
}

/** Starts a role, and waits until its operational listener says that it is ready. */
export async function startRole(
  role: 'authority' | 'gateway',
  configFile: string,
  operations: string,
): Promise<RoleProcess> {
  // An authority has its keys in a process beside it, which ends with it here.
  const signer = role === 'authority' ? spawnRole('signer', configFile) : undefined
  const started = spawnRole(role, configFile)
  const { child } = started
  const deadline = performance.now() + 60_000
  while (!(await isReady(`http://${operations}/health/ready`))) {
    if (performance.now() > deadline || child.exitCode !== null) {
      child.kill('SIGKILL')
      signer?.child.kill('SIGKILL')
      throw new Error(`the ${role} did not start: ${started.said()} ${signer?.said() ?? ''}`)
    }
    await sleep(30)
  }
  const endBy = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await started.exited
    signer?.child.kill(signal)
    await signer?.exited
  }
  return {
    pid: child.pid ?? 0,
    kill: () => endBy('SIGKILL'),
    end: () => endBy('SIGTERM'),
  }
}

function spawnRole(role: string, configFile: string) {
  const args = [binary, 'serve', '--role', role, '--config', configFile]
  const env = { ...process.env }
  delete env['SALLYPORT_PASSPHRASE']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  running.add(child)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-10_000)
  })
  const exited = once(child, 'exit').then(() => void running.delete(child))
  return { child, exited, said: () => said }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
