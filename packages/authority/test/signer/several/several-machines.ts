import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pino from 'pino'
import type { AuthorityConfig } from '../../../src/config/authority-config.ts'
import { compareSigned } from '../../../src/signer/compare/compare-signed.ts'
import { SignerClient } from '../../../src/signer/process/signer-client.ts'
import { type RunningAuthority, startAuthority } from '../../../src/start-authority.ts'
import { developmentApp } from '../../fixture/apps.ts'
import { layOut, readTestConfig } from '../../fixture/deployment.ts'
import { type CallOptions, httpCall } from '../../fixture/http-call.ts'
import { storeConfig, storeIn } from '../../fixture/store-place.ts'
import { type RunningSigner, startSignerProcess } from '../disk/running-signer.ts'

/** An authority and its signer, which is a process, with a copy of the keys of the first. */
export type Machine = {
  readonly directory: string
  readonly journal: string
  readonly config: AuthorityConfig
  readonly logged: string[]
  readonly authority: RunningAuthority
  readonly signer: RunningSigner
  device(at: string, call?: CallOptions): ReturnType<typeof httpCall>
  admin(at: string, body?: object): ReturnType<typeof httpCall>
  /** Kills the signer outright, and starts it again. */
  killSigner(): Promise<void>
}

export type SeveralMachines = Awaited<ReturnType<typeof severalMachines>>

/** So many authorities over one store, each with a signer of its own. */
export async function severalMachines(
  count: number,
  options: { authority?: string; now?: () => number } = {},
) {
  const { authority = '', now } = options
  const laid = await layOut({ apps: developmentApp, authority, ...(now && { now }) })
  const machines: Machine[] = []
  const directories = [laid.directory]
  for (let made = 1; made < count; made++) {
    const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-machine-'))
    cpSync(laid.directory, directory, { recursive: true })
    directories.push(directory)
  }
  const store = storeConfig(laid.directory)
  const shared = 'path' in store ? { path: path.join(laid.directory, store.path ?? '') } : store
  const configs = directories.map((directory, at): AuthorityConfig => {
    const config = readTestConfig(directory, developmentApp, undefined, authority)
    const own = { ...config.authority, name: `authority-${at}` }
    return { ...config, store: shared, authority: own }
  })
  for (const [at, directory] of directories.entries()) {
    // Behind: what is issued in the first minute of a journal is not looked for in it.
    writeFileSync(path.join(directory, 'clock'), '-90000')
    writeFileSync(path.join(directory, 'apps.yaml'), developmentApp)
    writeFileSync(path.join(directory, 'authority.yaml'), authority)
    const config = configs[at]
    if (config === undefined) throw new TypeError('one for each')
    const options = { directory, config, laid, ...(now && { now }) }
    machines.push(await startMachine(options))
  }
  return {
    machines,
    caPem: laid.caPem,
    /** What is told by all journals, or some, held against the one store. */
    compare: (of: readonly Machine[] = machines) =>
      compareSigned(storeIn(laid.directory), {
        directories: of.map(({ journal }) => journal),
        keepMs: 30 * 86_400_000,
        now: Date.now(),
        settleMs: 10,
      }),
    async close() {
      for (const { authority, signer } of machines) {
        await authority.close()
        await signer.end()
      }
      for (const directory of directories) rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function startMachine({
  directory,
  config,
  laid: { caPem, adminToken },
  now,
}: {
  directory: string
  config: AuthorityConfig
  laid: { caPem: string; adminToken: string }
  now?: () => number
}): Promise<Machine> {
  let signer = await startSignerProcess(directory)
  // As an authority has it: it connects anew where its signer began anew.
  const client = new SignerClient({ socket: signer.socket })
  const logged: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) })
  const running = { log, directory, version: '0.0.0-test', signer: client.signer }
  const authority = await startAuthority(config, { ...running, ...(now && { now }) })
  const headers = { authorization: `Bearer ${adminToken}` }
  return {
    directory,
    journal: path.join(directory, 'keys', 'signed'),
    config,
    logged,
    authority: {
      ...authority,
      async close() {
        await authority.close()
        await client.close()
      },
    },
    get signer() {
      return signer
    },
    device: (at, call = {}) => httpCall(authority.addresses.device + at, { ca: caPem, ...call }),
    admin: (at, body) =>
      httpCall(authority.addresses.admin + at, {
        ca: caPem,
        headers,
        ...(body === undefined ? {} : { body }),
      }),
    async killSigner() {
      await signer.end('SIGKILL')
      signer = await startSignerProcess(directory)
    },
  }
}
