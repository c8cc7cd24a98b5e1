import { type Development } from '../sallyport.ts'
import { type EditedFile, type EditedHost, startEdited } from '../acceptance/edited-development.ts'

/** A deployment that every proxy may ask, with hosts of each kind before a service of the test's. */
export async function startDecided(service: string, http2Service = service): Promise<Development> {
  return await startEdited((config) => {
    const { gateway } = config
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
        listen: ['unix:d.sock'],
        callers: ['nginx', 'haproxy', 'caddy', 'envoy'].map((form) => ({
          name: `${form}-edge`,
          form,
        })),
      },
    })
  })
}

const twoAnHour = { fields: 'always', rules: [{ name: 'two', key: 'device', limit: 2, per: '1h' }] }

function hostOf({ gateway }: EditedFile, mode: string, routes: unknown[]): EditedHost {
  const { certificate } = gateway.hosts['localhost'] as EditedHost
  return { clientCertificate: mode, certificate, routes: routes as EditedHost['routes'] }
}
