import Type from 'typebox'
import type { Authority } from '../authority.ts'
import { isReady } from '../operations/readiness.ts'
import type { Api } from './api-server.ts'

const State = Type.Object({ status: Type.String() })

/** What schedulers and Prometheus ask, over plain HTTP: nothing secret is told here. */
export function operationsApi(api: Api, authority: Authority, version: string): void {
  api.get('/health/live', { schema: { response: { 200: State } } }, async () => ({
    status: 'live',
  }))

  api.get(
    '/health/ready',
    { schema: { response: { 200: State, 503: State } } },
    async (_, reply) =>
      (await isReady(authority))
        ? reply.code(200).send({ status: 'ready' })
        : reply.code(503).send({ status: 'store_unavailable' }),
  )

  const Version = Type.Object({ name: Type.String(), version: Type.String() })
  api.get('/version', { schema: { response: { 200: Version } } }, async () => ({
    name: 'sallyport-authority',
    version,
  }))

  api.get('/metrics', async (_request, reply) => {
    const text = await authority.metrics.text()
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text)
  })
}
