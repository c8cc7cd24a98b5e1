import { copyFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { quietPort } from '@sallyport/virtual-device'
import {
  editFile,
  type EditedFile,
  type EditedHost,
  layOutEdited,
} from '../acceptance/edited-development.ts'
import { makeGatewayIdentity, makeServerIdentity } from '../acceptance/service-root.ts'
import { type Development, newFolder, startDev } from '../sallyport.ts'

/** A deployment that every proxy may ask, with hosts of each kind before a service of the test's. */
export async function startDecided(
  service: string,
  http2Service = service,
  status?: 'issued',
): Promise<DecidedDeployment> {
  const identity = newFolder()
  const port = await quietPort()
  const first = await layOutEdited(() => {})
  // In the way of an operator who copies what each side needs to the other machine.
  const server = await makeServerIdentity(first, ['localhost'])
  const caller = await makeGatewayIdentity(first, 'proxy')
  const file = (name: string) => path.join(identity, name)
  copyFileSync(first.facts.caFile, file('decisions-ca.crt'))
  writeFileSync(file('caller.crt'), caller.cert)
  writeFileSync(file('caller.key'), caller.key, { mode: 0o600 })
  writeFileSync(file('decisions.crt'), server.cert)
  writeFileSync(file('decisions.key'), server.key, { mode: 0o600 })
  const over = {
    listen: {
      address: `127.0.0.1:${port}`,
      certificateFile: file('decisions.crt'),
      keyFile: file('decisions.key'),
      callerCaFile: first.facts.caFile,
    },
  }
  editFile(first.facts.configFile, (config) => {
    const { gateway } = config
    if (status === 'issued') {
      const { demo } = (config as unknown as { apps: { demo: { certificate?: object } } }).apps
      Object.assign(demo, { certificate: { ...demo.certificate, status } })
    }
    gateway.upstreams['test'] = { targets: [service] }
    gateway.upstreams['grpc'] = Object.assign({ targets: [http2Service] }, { protocol: 'h2' })
    gateway.hosts['api.test'] = hostOf(config, 'explain', [
      { match: { path: '/v1/*', methods: ['GET', 'POST'] }, upstream: 'test' },
      { match: { path: '/limited' }, upstream: 'test', stages: { limits: twoAnHour } },
      { match: { path: '/socket' }, upstream: 'test', webSocket: true },
      { match: { path: '/slow' }, upstream: 'test' },
      { match: { path: '/test.Watcher/*' }, upstream: 'grpc' },
      { match: { path: '/' }, upstream: 'test' },
    ])
    gateway.hosts['open.test'] = hostOf(config, 'off', [
      { match: { path: '/*' }, upstream: 'test' },
    ])
    Object.assign(gateway, {
      decisions: {
        listen: ['unix:d.sock', over.listen],
        callers: ['nginx', 'haproxy', 'caddy', 'envoy'].flatMap((form) => [
          { name: `${form}-edge`, form },
          { name: `${form}-afar`, form, names: [callerName] },
        ]),
      },
    })
  })
  const dev = await startDev(first.directory)
  return Object.assign(dev, { afar: ['--ask', `localhost:${port}`, '--identity', identity] })
}

export type DecidedDeployment = Development & {
  /** What `integrate` is told for a proxy on another machine. */
  readonly afar: readonly string[]
}

const callerName = 'spiffe://sallyport.test/gateway/proxy'
const twoAnHour = { fields: 'always', rules: [{ name: 'two', key: 'device', limit: 2, per: '1h' }] }

function hostOf({ gateway }: EditedFile, mode: string, routes: unknown[]): EditedHost {
  const { certificate } = gateway.hosts['localhost'] as EditedHost
  return { clientCertificate: mode, certificate, routes: routes as EditedHost['routes'] }
}
