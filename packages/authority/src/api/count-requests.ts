import type { Metrics } from '../operations/metrics.ts'
import type { Api } from './api-server.ts'

const countHelp =
  'Answers by listener, route and status; of what there is no route for, the route is none'
const tookHelp = 'From the header section of a request to its answer, by listener; without streams'

/** Counts the answers of a listener, and how long they took. */
export function countRequests(api: Api, metrics: Metrics, listener: string): void {
  api.addHook('onResponse', async (request, reply) => {
    const { url } = request.routeOptions
    // Methods and paths that nobody serves are the sender's own words: they name no series.
    const route = url === undefined ? 'none' : `${request.method} ${url}`
    const labels = { listener, route, status: String(reply.statusCode) }
    metrics.count('sallyport_authority_requests_total', countHelp, labels)
    if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) return
    const seconds = reply.elapsedTime / 1_000
    metrics.observe('sallyport_authority_request_duration_seconds', tookHelp, seconds, { listener })
  })
}
