import { appIdPattern, trustDomainPattern } from '@sallyport/wire'

export type SpiffeId = { readonly trustDomain: string; readonly path: string }

/** SPIFFE-ID §2.3: at most 2048 bytes. */
const maxBytes = 2_048
const form = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)*)$/

/**
 * The parts of a SPIFFE ID in its one form (SPIFFE-ID §2): scheme and trust domain in lower case, no
 * port, user, query or fragment, no empty and no dot segments. Undefined for anything else.
 */
export function parseSpiffeId(text: string): SpiffeId | undefined {
  if (text.length > maxBytes) return undefined
  const match = form.exec(text)
  if (match === null) return undefined
  const [, trustDomain = '', path = ''] = match
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return undefined
  return { trustDomain, path }
}

export type GatewayUri = { readonly trustDomain: string; readonly name: string }

const trustDomainForm = new RegExp(trustDomainPattern)
/** A gateway's name has the form of an app id: a DNS label. */
const nameForm = new RegExp(appIdPattern)

/** Whether a gateway can be called so. */
export function isGatewayName(text: string): boolean {
  return nameForm.test(text)
}

/** `spiffe://<trust domain>/gateway/<name>`. TypeError for names that are none. */
export function formatGatewayUri({ trustDomain, name }: GatewayUri): string {
  const uri = `spiffe://${trustDomain}/gateway/${name}`
  if (parseGatewayUri(uri) === undefined) throw new TypeError(`not a gateway's name: ${uri}`)
  return uri
}

/** The parts of a gateway's URI, or undefined where the text is anything else. */
export function parseGatewayUri(text: string): GatewayUri | undefined {
  const id = parseSpiffeId(text)
  const [empty, gateway, name, ...rest] = id?.path.split('/') ?? []
  if (id === undefined || empty !== '' || gateway !== 'gateway' || rest.length > 0) return undefined
  if (name === undefined || !isGatewayName(name)) return undefined
  return trustDomainForm.test(id.trustDomain) ? { trustDomain: id.trustDomain, name } : undefined
}
