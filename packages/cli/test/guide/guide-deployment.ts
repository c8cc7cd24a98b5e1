import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { quietPorts } from '@sallyport/virtual-device'
import { parse, stringify } from 'yaml'
import { binary, newFolder, sallyport } from '../sallyport.ts'
import { type Members, mergeShown } from './merge-shown.ts'

/** A deployment as `sallyport init` makes it, in whose folder the lines of a page are run. */
export type GuideDeployment = {
  readonly directory: string
  /** The ports that it listens on, in the place of those that `init` writes. */
  readonly ports: Readonly<Record<'device' | 'admin' | 'status' | 'gateway', number>>
  /** Adds what a page shows to the configuration; lists are replaced whole. */
  configure(yaml: string): void
  /** Starts `sallyport serve`, and waits until all roles are ready. */
  serve(): Promise<void>
  /** Runs a block as a shell does; what it said on stdout. Throws with all that it said. */
  shell(block: string, environment?: Readonly<Record<string, string>>): Promise<string>
  end(): Promise<void>
}

const listeners = { device: '0.0.0.0:8443', gateway: '0.0.0.0:8440' } as const

/** Makes one of the app `wallet`, with one person to agree to everything where `alone`. */
export async function guideDeployment({ alone = false } = {}): Promise<GuideDeployment> {
  const directory = newFolder()
  const bin = newFolder()
  const answers = ['--trust-domain', 'example.com', '--app-id', 'wallet', '--yes']
  const made = await sallyport(['init', '--dir', directory, ...answers, '--passphrase-file'])
  assert.equal(made.code, 0, made.stderr)
  const [device = 0, admin = 0, operations, gateway = 0, gatewayOperations, status = 0] =
    await quietPorts(6)
  const file = path.join(directory, 'sallyport.yaml')
  const text = readFileSync(file, 'utf8')
    .replace(listeners.device, `127.0.0.1:${device}`)
    .replaceAll(':8444', `:${admin}`)
    .replace(':8445', `:${operations}`)
    .replace(listeners.gateway, `127.0.0.1:${gateway}`)
    .replace(':8446', `:${gatewayOperations}`)
    // Clients of the device listener find it as localhost, which that of the admin listener is for.
    .replaceAll('certificates/enroll.', 'certificates/admin.')
    .replace(/^authority:\n/m, `authority:\n  admin: { insecureSinglePerson: ${alone} }\n`)
  writeFileSync(file, text)
  mkdirSync(bin, { recursive: true })
  const command = path.join(bin, 'sallyport')
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${binary}" "$@"\n`)
  chmodSync(command, 0o755)

  let child: ChildProcess | undefined
  let said = ''
  return {
    directory,
    ports: { device, admin, status, gateway },
    configure(yaml) {
      const own = yaml.replaceAll('0.0.0.0:8080', `127.0.0.1:${status}`)
      const config = mergeShown(parse(readFileSync(file, 'utf8')) as Members, parse(own) as Members)
      writeFileSync(file, stringify(config))
    },
    async serve() {
      const stdio = ['ignore', 'pipe', 'pipe'] as const
      child = spawn(process.execPath, [binary, 'serve'], { cwd: directory, stdio: [...stdio] })
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          said += chunk
        })
      }
      const deadline = Date.now() + 60_000
      while (!said.includes('gateway: ready')) {
        assert.ok(child.exitCode === null && Date.now() < deadline, said)
        await sleep(20)
      }
    },
    shell(block, environment = {}) {
      const env = {
        ...process.env,
        ...environment,
        PATH: `${bin}:${process.env['PATH']}`,
        NO_COLOR: '1',
      }
      const options = { cwd: directory, env, timeout: 120_000 }
      return new Promise((resolve, reject) => {
        execFile('bash', ['-euo', 'pipefail', '-c', block], options, (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else reject(new Error(`${block}\n${stdout}\n${stderr}`))
        })
      })
    },
    async end() {
      if (child === undefined || child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}
