import Type from 'typebox'
import type { Authority } from '../authority.ts'
import { readinessOf } from '../operations/readiness.ts'
import type { Api } from './api-server.ts'

const State = Type.Object({ status: Type.String() })
const Ready = Type.Object({
  status: Type.String(),
  checks: Type.Record(Type.String(), Type.String()),
})

/** What schedulers and Prometheus ask, over plain HTTP: nothing secret is told here. */
export function operationsApi(api: Api, authority: Authority, version: string): void {
  // Balancers ask with HEAD as well.
  const method = ['GET', 'HEAD'] as ['GET', 'HEAD']
  api.route({
    method,
    url: '/health/live',
    schema: { response: { 200: State } },
    handler: async () => ({ status: 'live' }),
  })
  api.route({
    method,
    url: '/health/ready',
    schema: { response: { 200: Ready, 503: Ready } },
    handler: async (_, reply) => {
      const readiness = await readinessOf(authority)
      return reply.code(readiness.status === 'ready' ? 200 : 503).send(readiness)
    },
  })

  const Version = Type.Object({ name: Type.String(), version: Type.String() })
  api.get('/version', { schema: { response: { 200: Version } } }, async () => ({
    name: 'sallyport-authority',
    version,
  }))

  authority.metrics.collect({
    name: 'sallyport_build_info',
    help: 'The version that runs',
    kind: 'gauge',
    collect: () => [{ labels: { version, role: 'authority' }, value: 1 }],
  })
  api.get('/metrics', async (_request, reply) => {
    const text = await authority.metrics.text()
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text)
  })
}
