import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Certificate } from '@sallyport/pki'
import { type Address, dial, DialError, offers } from './dial.ts'

/** One chain that a server sends, and to whom. */
export type Sent = {
  /** The leaf first. */
  readonly certificates: readonly Certificate[]
  /** Which offers and addresses it was sent to: `any key at 192.0.2.1`. */
  readonly to: readonly string[]
}

export type Survey = {
  /** Each chain once, by its certificates. */
  readonly sent: readonly Sent[]
  /** Addresses that could not be looked at, and why. */
  readonly silent: readonly { readonly address: string; readonly why: string }[]
}

export type SurveyOptions = {
  /** In place of what DNS says. */
  readonly connect?: Address
  readonly port: number
  readonly timeoutMs?: number
}

/** Behind one name, more addresses are the same service. */
const maxAddresses = 8
const defaultTimeoutMs = 10_000

/**
 * Asks every address of a name with every offer, since one name can have a chain for each kind of key, and for
 * each server behind it.
 */
export async function survey(name: string, options: SurveyOptions): Promise<Survey> {
  const { port, timeoutMs = defaultTimeoutMs } = options
  const places = options.connect === undefined ? await addressesOf(name, port) : [options.connect]
  if (typeof places === 'string') return { sent: [], silent: [{ address: name, why: places }] }
  const asked = await Promise.all(places.map((place) => askAll(place, name, timeoutMs)))
  const chains = new Map<string, { certificates: Certificate[]; to: string[] }>()
  for (const { certificates, to } of asked.flatMap(({ sent }) => sent)) {
    const key = certificates.map(({ thumbprint }) => thumbprint).join()
    const known = chains.get(key)
    if (known === undefined) chains.set(key, { certificates, to: [to] })
    else known.to.push(to)
  }
  return { sent: [...chains.values()], silent: asked.flatMap(({ silent }) => silent) }
}

type Asked = {
  sent: { certificates: Certificate[]; to: string }[]
  silent: { address: string; why: string }[]
}

async function askAll(place: Address, name: string, timeoutMs: number): Promise<Asked> {
  const address = isIP(place.host) === 6 ? `[${place.host}]` : place.host
  const asked: Asked = { sent: [], silent: [] }
  for (const offer of offers) {
    try {
      const certificates = await dial(place, name, offer, timeoutMs)
      asked.sent.push({ certificates, to: `${offer.name} at ${address}:${place.port}` })
    } catch (error) {
      if (!(error instanceof DialError)) throw error
      // No certificate for a kind of key is no fault; none for what every client offers is one.
      if (offer !== offers[0]) continue
      asked.silent.push({ address: `${address}:${place.port}`, why: error.message })
      if (error.kind === 'silent') break
    }
  }
  return asked
}

async function addressesOf(name: string, port: number): Promise<Address[] | string> {
  try {
    const found = await lookup(name, { all: true })
    const hosts = [...new Set(found.map(({ address }) => address))]
    return hosts.slice(0, maxAddresses).map((host) => ({ host, port }))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
