import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { composeSchema, parseConfig } from '@sallyport/config'
import Type from 'typebox'
import {
  type GatewayConfig,
  gatewaySection,
  identityProvidersSection,
  type RunningGateway,
  startGateway,
} from '../../src/index.ts'
import { TestAuthority } from './authority.ts'
import { startService, type TestService } from './service.ts'
import { createWorld, type Identity, trustDomain, type World } from './world.ts'

export type HostOptions = {
  readonly clientCertificate: string
  readonly routes?: unknown[]
  readonly trust?: { readonly pem: string; readonly trustDomain: string }[]
  /** Defaults of its routes. */
  readonly stages?: unknown
}

export type BedOptions = {
  readonly hosts?: Readonly<Record<string, HostOptions>>
  /** Members of the section `gateway`. */
  readonly gateway?: Readonly<Record<string, unknown>>
  readonly identityProviders?: Readonly<Record<string, unknown>>
  readonly world?: World
  readonly authority?: TestAuthority
  readonly directory?: string
  readonly authorityIsAway?: boolean
  /** Whether no key of the feed is configured. */
  readonly isUnpinned?: boolean
}

export type LogLine = { level: string; fields: Record<string, unknown>; message: string }

/** A gateway with its authority and a service, each as real as it gets in one process. */
export type Bed = {
  readonly world: World
  readonly authority: TestAuthority
  readonly service: TestService
  readonly gateway: RunningGateway
  readonly port: number
  readonly operations: string
  readonly directory: string
  readonly log: LogLine[]
  readonly writeConfig: (options: BedOptions) => Promise<void>
  readonly accessLog: string
}

export const route = (members: Record<string, unknown> = {}) => ({
  match: { path: '/*' },
  upstream: 'service',
  webSocket: true,
  ...members,
})

const works = new WeakMap<TestContext, (() => Promise<void>)[]>()

/** What was started last ends first: a gateway that starts again in a directory still writes there. */
function whenOver(context: TestContext, work: () => Promise<void>): void {
  const known = works.get(context)
  if (known !== undefined) return void known.push(work)
  const all = [work]
  works.set(context, all)
  context.after(async () => {
    for (const each of all.toReversed()) await each()
  })
}

/** Starts a bed, and takes it down when the test is over. */
export async function startBed(context: TestContext, options: BedOptions = {}): Promise<Bed> {
  const world = options.world ?? (await createWorld())
  const authority = options.authority ?? new TestAuthority(world)
  if (options.authority === undefined && options.authorityIsAway !== true) await authority.start()
  const service = await startService()
  const directory = options.directory ?? (await mkdtemp(path.join(tmpdir(), 'sallyport-gateway-')))
  const running: RunningGateway[] = []
  whenOver(context, async () => {
    for (const gateway of running) await gateway.close()
    await authority.stop()
    await service.close()
    await rm(directory, { recursive: true, force: true })
  })
  const certificates = new Map<string, Identity>()
  const write = async (name: string, text: string) => writeFile(path.join(directory, name), text)
  const gatewayIdentity = await world.gateway('gateway-1')
  await write('authority-ca.pem', world.serviceCa)
  await write('gateway.pem', gatewayIdentity.cert)
  await write('feed-keys.json', JSON.stringify({ keys: [authority.signer.jwk] }))
  await write('gateway.key', gatewayIdentity.key)

  const file = path.join(directory, 'sallyport.yaml')
  const writeConfig = async (given: BedOptions): Promise<void> => {
    const hosts: Record<string, unknown> = {}
    const wanted = given.hosts ?? { 'api.example.com': { clientCertificate: 'explain' } }
    for (const [name, host] of Object.entries(wanted)) {
      if (!certificates.has(name)) {
        const identity = await world.server(name)
        certificates.set(name, identity)
        await write(`${name}.pem`, identity.cert)
        await write(`${name}.key`, identity.key)
      }
      const trust = host.trust ?? []
      for (const [index, { pem }] of trust.entries()) await write(`${name}.ca${index}.pem`, pem)
      hosts[name] = {
        clientCertificate: host.clientCertificate,
        certificate: { certificateFile: `${name}.pem`, keyFile: `${name}.key` },
        routes: host.routes ?? [route()],
        ...(host.stages === undefined ? {} : { stages: host.stages }),
        ...(trust.length === 0
          ? {}
          : {
              trust: trust.map(({ trustDomain }, index) => ({
                caFile: `${name}.ca${index}.pem`,
                trustDomain,
              })),
            }),
      }
    }
    const config = {
      version: 1,
      trustDomain,
      identityProviders: given.identityProviders ?? {},
      gateway: {
        name: 'gateway-1',
        listen: ['127.0.0.1:0'],
        stateDirectory: 'state',
        authority: {
          url: authority.url,
          caFile: 'authority-ca.pem',
          ...(given.isUnpinned === true ? {} : { feedKeysFile: 'feed-keys.json' }),
          certificateFile: 'gateway.pem',
          keyFile: 'gateway.key',
        },
        operations: { listen: '127.0.0.1:0' },
        accessLog: { path: 'access.log' },
        upstreams: { service: { targets: [service.url] } },
        hosts,
        ...given.gateway,
      },
    }
    await writeFile(`${file}.new`, JSON.stringify(config, undefined, 1))
    await import('node:fs/promises').then((fs) => fs.rename(`${file}.new`, file))
  }
  await writeConfig(options)

  const log: LogLine[] = []
  const at = (level: string) => (fields: Record<string, unknown>, message: string) => {
    log.push({ level, fields, message })
  }
  const gateway = await startGateway(await readTestConfig(file), {
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    reload: () => readTestConfig(file),
  })
  running.push(gateway)
  return {
    world,
    authority,
    service,
    gateway,
    port: Number(gateway.addresses.listen[0]?.split(':').at(-1)),
    operations: `http://${gateway.addresses.operations}`,
    directory,
    log,
    writeConfig,
    accessLog: path.join(directory, 'access.log'),
  }
}

const schema = composeSchema([
  { key: 'trustDomain', schema: Type.String(), required: true },
  { ...gatewaySection, required: true },
  identityProvidersSection,
])

export async function readTestConfig(file: string): Promise<GatewayConfig> {
  const { readFile } = await import('node:fs/promises')
  return parseConfig(file, await readFile(file, 'utf8'), schema) as GatewayConfig
}
