import type { LookupFunction } from 'node:net'
import type { Transport, TransportRequest, TransportResponse } from '@sallyport/sdk'
import { createHttp1Pool } from './http1-pool.ts'
import { createHttp2Pool } from './http2-pool.ts'
import { type Progress, transportError } from './transport-failure.ts'
import { connectionName, type TlsIdentity, tlsIdentity } from './tls-identity.ts'

export type NodeTransportOptions = {
  /** Default 1.1. With 2, HTTP/1.1 is spoken to a server that does not speak HTTP/2. */
  readonly httpVersion?: '1.1' | '2'
  /** IP addresses of hosts that no resolver knows: `{ 'api.example.com': '127.0.0.1' }`. */
  readonly addresses?: Readonly<Record<string, string>>
}

/** Connections to one origin under one identity. */
export interface Pool {
  send(request: TransportRequest, progress: Progress): Promise<TransportResponse>
  /** No new request comes: connections end when they become idle. */
  retire(): void
  /** Ends connections now, with what is under way on them. */
  destroy(): void
}

export type PoolOptions = {
  readonly origin: string
  readonly tls: TlsIdentity
  readonly lookup: LookupFunction | undefined
}

const pools = { '1.1': createHttp1Pool, '2': createHttp2Pool }

/**
 * HTTPS from Node, for one device: connections are kept per origin, one set under its certificate and
 * one without. When the certificate or the trust changes, the old connections are retired.
 */
export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  const createPool = pools[options.httpVersion ?? '1.1']
  const lookup = options.addresses === undefined ? undefined : lookupIn(options.addresses)
  const current = new Map<string, { name: string; pool: Pool }>()

  function poolFor(request: TransportRequest): Pool {
    const { origin } = new URL(request.url)
    const place = `${origin} ${request.identity === undefined ? 'without' : 'with'} certificate`
    const name = connectionName(request)
    const kept = current.get(place)
    if (kept?.name === name) return kept.pool
    kept?.pool.retire()
    const pool = createPool({ origin, tls: tlsIdentity(request), lookup })
    current.set(place, { name, pool })
    return pool
  }

  return {
    send: async (request) => {
      const progress: Progress = { isConnected: false }
      try {
        return await poolFor(request).send(request, progress)
      } catch (error) {
        if (error instanceof TypeError) throw error
        throw transportError(error, progress)
      }
    },
    close: async () => {
      for (const { pool } of current.values()) pool.destroy()
      current.clear()
    },
  }
}

function lookupIn(addresses: Readonly<Record<string, string>>): LookupFunction {
  return (hostname, { all }, answer) => {
    const address = Object.hasOwn(addresses, hostname) ? addresses[hostname] : undefined
    if (address === undefined) {
      answer(new Error(`no address is configured for ${hostname}`), '', 0)
      return
    }
    const family = address.includes(':') ? 6 : 4
    if (all === true) answer(null, [{ address, family }])
    else answer(null, address, family)
  }
}
