import { formatGatewayUri } from '@sallyport/pki'

/** What is read of the configuration: that of the gateway itself, or of one like it. */
type Value = {
  readonly trustDomain?: string
  readonly gateway?: {
    readonly ticketSecretFile?: string
    readonly assertionKeys?: { readonly files?: readonly string[] }
    readonly counters?: { readonly redis?: unknown }
    readonly upstreams?: Readonly<Record<string, { readonly certificateFile?: string }>>
  }
}

/**
 * What the authority cannot take back from a gateway that was revoked, and a person must: what others believe of
 * it, and the secrets that it shared with them.
 */
export function revocationDuties(
  name: string,
  { trustDomain = '', gateway = {} }: Value,
): string[] {
  const uri = formatGatewayUri({ trustDomain, name })
  const { ticketSecretFile, assertionKeys, counters, upstreams = {} } = gateway
  const shared = assertionKeys?.files ?? []
  const shown = Object.values(upstreams).flatMap(({ certificateFile = [] }) => certificateFile)
  return [
    'End its process, and take it out of the balancer: one that was away hears of this when it dials',
    `Services: those that follow the authority refuse ${uri} within half a minute. Take it out of the gateways that others list: until then its key is believed there`,
    ...shared.map((file) => `Assertion keys: make ${file} anew, it has the old one`),
    ...(ticketSecretFile === undefined
      ? []
      : [`TLS tickets: make ${ticketSecretFile} anew at every gateway, it has the old one`]),
    ...(counters?.redis === undefined
      ? []
      : ['Counters: give it no way to Redis, by a new password or ACL, and the others that one']),
    ...shown.map(
      (file) => `Services behind it: withdraw the certificate ${file} that it showed them`,
    ),
    'Server certificates: the keys of its hosts were on its machine. Revoke them at their CA where that was lost',
  ]
}
