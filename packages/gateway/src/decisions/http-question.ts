import type { IncomingMessage } from 'node:http'
import { countHeader, lookUpHeader } from '../exchange/header-lookup.ts'
import { checkTold } from './check-told.ts'
import { decisionForms } from './decision-form.ts'
import type { Question } from './decider.ts'
import type { DecisionCallerPlan } from './decisions-plan.ts'

/** A call that cannot be answered, and why: for the operator alone. */
export type BadCall = { readonly bad: string }

/** Where calls over HTTP go: the configuration of the proxy says which caller it is, and which host is asked. */
const prefix = '/decide/'

/** The name of the caller in the path of a call; a path that is none has none. */
export function callerNameOf(url: string): string {
  if (!url.startsWith(prefix)) return ''
  const end = url.indexOf('/', prefix.length)
  return end < 0 ? '' : url.slice(prefix.length, end)
}

/**
 * A question from a call over HTTP: `/decide/<caller>/<host>`, and behind it, for Envoy, the path and
 * query of the client. Everything up to there is what the proxy's configuration says; the client can
 * only add behind it.
 *
 * Fields that say what the request was are believed once each, or not at all: two of them mean that
 * the client's own came through.
 */
export function httpQuestion(
  call: IncomingMessage,
  caller: DecisionCallerPlan,
): Question | BadCall {
  const rest = (call.url ?? '').slice(prefix.length + caller.name.length + 1)
  const end = rest.search(/[/?]/)
  const host = end < 0 ? rest : rest.slice(0, end)
  const form = decisionForms[caller.form]
  const read = caller.form === 'envoy' ? fromEnvoy : fromForwarded
  const { rawHeaders } = call
  const told = read(call, end < 0 ? '' : rest.slice(end))
  if ('bad' in told) return told
  return {
    caller,
    host,
    request: {
      ...told,
      httpVersion: '1.1',
      rawHeaders: clientFields(rawHeaders, form.certificateField),
      shown: form.readChain({
        header: (name) => lookUpHeader(rawHeaders, name),
        headerCount: (name) => countHeader(rawHeaders, name),
      }),
    },
  }
}

type Told = Pick<
  Question['request'],
  'method' | 'target' | 'authority' | 'address' | 'contentLength'
>

/** nginx, HAProxy, Caddy, Traefik: the request is in X-Forwarded fields. */
function fromForwarded({ rawHeaders }: IncomingMessage): Told | BadCall {
  const values: string[] = []
  for (const name of forwardedFields) {
    const value = soleField(rawHeaders, name)
    if (value === undefined || value === several) {
      return { bad: `${value === undefined ? 'no' : 'several'} ${name}` }
    }
    values.push(value)
  }
  const [method = '', scheme, authority = '', target = '', address = ''] = values
  if (scheme !== 'https') return { bad: `x-forwarded-proto is ${scheme}: devices come over TLS` }
  return checkTold({ method, target, authority, address, contentLength: undefined })
}

const forwardedFields = [
  'x-forwarded-method',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-uri',
  'x-forwarded-for',
]

/** Envoy over HTTP: the method and Host of the call are the client's, the path follows ours. */
function fromEnvoy(call: IncomingMessage, target: string): Told | BadCall {
  const { rawHeaders } = call
  const authority = soleField(rawHeaders, 'host')
  const scheme = soleField(rawHeaders, 'x-forwarded-proto')
  const address = soleField(rawHeaders, 'sallyport-address')
  if (authority === undefined || authority === several) return { bad: 'no host' }
  if (scheme !== 'https') return { bad: 'x-forwarded-proto is not https: devices come over TLS' }
  if (address === undefined || address === several) return { bad: 'no sallyport-address' }
  return checkTold({
    method: call.method ?? '',
    target,
    authority,
    address,
    contentLength: undefined,
  })
}

const several = Symbol('several')

function soleField(
  rawHeaders: readonly string[],
  name: string,
): string | typeof several | undefined {
  return countHeader(rawHeaders, name) > 1 ? several : lookUpHeader(rawHeaders, name)
}

/** The fields of the client: without those of the call itself, and what the proxy said in it. */
function clientFields(rawHeaders: readonly string[], certificateField: string): string[] {
  const fields: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    if (name === upgradeField) fields.push('upgrade', value)
    else if (name !== certificateField && !ofTheCall.has(name) && !ofTheProxy.test(name)) {
      fields.push(name, value)
    }
  }
  return fields
}

/** The client's Upgrade, under a name that does not ask us to upgrade the call. */
const upgradeField = 'sallyport-upgrade'

const ofTheCall: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
])
const ofTheProxy = /^(?:x-forwarded-|sallyport-)/
