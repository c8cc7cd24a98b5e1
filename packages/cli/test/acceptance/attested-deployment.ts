import { readFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  createVirtualDevice,
  defaultIosPhone,
  openDevelopmentRoot,
  type VirtualAndroid,
  type VirtualDevice,
  type VirtualDeviceOptions,
  type VirtualIphone,
} from '@sallyport/virtual-device'
import { newFolder, sallyport } from '../sallyport.ts'
import { type EditedFile, type Identity, type LaidOut, layOutEdited } from './edited-development.ts'
import { endLeftOverRoles, type RoleProcess, startRole } from './role-process.ts'
import type { TrustPublisher } from './trust-publisher.ts'

/** What these tests edit of apps and attestation, beside the rest of the file. */
export type AttestedFile = EditedFile & {
  apps: Record<'demo', Record<string, object>>
  attestation: { directory?: string; android: Record<string, string | number> }
}

/** A deployment that takes virtual phones and no development evidence, each role a process. */
export type AttestedDeployment = {
  readonly dev: LaidOut
  startAuthority(): Promise<RoleProcess>
  startGateway(): Promise<RoleProcess>
  /** A command with the configuration of the deployment. */
  run(...args: readonly string[]): ReturnType<typeof sallyport>
  /** A command's answer with --json, whatever its exit code. */
  answerOf<Answer>(...args: readonly string[]): Promise<Answer & { exitCode: number }>
  android(
    phone?: Partial<Omit<VirtualAndroid, 'platform' | 'root'>>,
    options?: Partial<VirtualDeviceOptions>,
  ): VirtualDevice
  iphone(
    phone?: Partial<Omit<VirtualIphone, 'platform' | 'root'>>,
    options?: Partial<VirtualDeviceOptions>,
  ): VirtualDevice
  /** The store, as another process may read and write it. */
  openStore(): DatabaseSync
  /** Ends what a failed test left running, too. */
  end(): Promise<void>
}

const [teamId = '', ...bundle] = defaultIosPhone.appId.split('.')

export async function layOutAttested(
  publisher: TrustPublisher,
  edit: (config: AttestedFile) => void = () => {},
): Promise<AttestedDeployment> {
  let operations = { authority: '', gateway: '' }
  const dev = await layOutEdited((config) => {
    const edited = config as AttestedFile
    const { authority, gateway, apps, attestation } = edited
    operations = {
      authority: authority.listeners.operations.listen,
      gateway: gateway.operations.listen,
    }
    const { rootsUrl, statusListUrl } = publisher
    attestation.android = { rootsUrl, statusListUrl, whenTooOld: 'refuse' }
    Object.assign(apps.demo, {
      apple: { teamId, bundleIds: [bundle.join('.')] },
      enrollment: { evidence: ['android-key', 'apple-app-attest'] },
    })
    edit(edited)
  })
  const { facts } = dev
  const root = openDevelopmentRoot(path.join(path.dirname(facts.configFile), 'certificates'))
  const devices: VirtualDevice[] = []
  const device = (options: Partial<VirtualDeviceOptions>): VirtualDevice => {
    const { authority: authorityUrl, gateway: gatewayUrl, caFile } = facts
    const made = createVirtualDevice({
      directory: newFolder(),
      authorityUrl,
      gatewayUrl,
      caFile,
      appId: 'demo',
      retry: { attempts: 1, baseMs: 1, maximumMs: 1 },
      ...options,
    })
    devices.push(made)
    return made
  }
  const run = (...args: readonly string[]) => sallyport([...args, '--config', facts.configFile])
  return {
    dev,
    run,
    startAuthority: () => startRole('authority', facts.configFile, operations.authority),
    startGateway: () => startRole('gateway', facts.configFile, operations.gateway),
    answerOf: async <Answer>(...args: readonly string[]) => {
      const { code: exitCode, stdout, stderr } = await run(...args, '--json')
      if (stdout === '') throw new Error(stderr)
      return { ...(JSON.parse(stdout) as Answer), exitCode }
    },
    android: (phone = {}, options = {}) =>
      device({ ...options, phone: { platform: 'android', root, ...phone } }),
    iphone: (phone = {}, options = {}) =>
      device({ ...options, phone: { platform: 'ios', root, ...phone } }),
    openStore: () => {
      const file = path.join(path.dirname(facts.configFile), 'state', 'sallyport.db')
      return new DatabaseSync(file, { timeout: 10_000 })
    },
    end: async () => {
      for (const made of devices) await made.close()
      endLeftOverRoles()
    },
  }
}

/** What an enrolled device shows in TLS. */
export function identityOf({ certificateFile, keyFile }: VirtualDevice): Identity {
  return { cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}
