import http from 'node:http'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { type Bed, type BedOptions, startBed } from '../support/gateway.ts'

export type DecisionBed = Bed & { readonly socket: string }

const callers = ['nginx', 'haproxy', 'caddy', 'traefik', 'envoy'].map((form) => ({
  name: `${form}-edge`,
  form,
}))

/** A gateway that one caller of each form may ask over a Unix socket. */
export async function startDecisionBed(
  context: TestContext,
  options: BedOptions = {},
): Promise<DecisionBed> {
  const bed = await startBed(context, {
    ...options,
    gateway: { decisions: { listen: ['unix:d.sock'], callers }, ...options.gateway },
  })
  return { ...bed, socket: path.join(bed.directory, 'd.sock') }
}

export type Called = {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** One call over HTTP. */
export function call(
  socketPath: string,
  url: string,
  headers: readonly string[] = [],
  host = 'd',
): Promise<Called> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      socketPath,
      path: url,
      agent: false,
      headers: ['Host', host, ...headers],
    })
    request.on('error', reject)
    request.on('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => {
        body += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      )
    })
    request.end()
  })
}

/** What every forward-auth proxy says of a request. */
export function forwarded(members: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries({
    'X-Forwarded-Method': 'GET',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'api.example.com',
    'X-Forwarded-Uri': '/v1/me?x=1',
    'X-Forwarded-For': '203.0.113.9',
    ...members,
  }).flat()
}
