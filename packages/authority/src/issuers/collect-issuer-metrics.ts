import type { Authority } from '../authority.ts'

/**
 * Registers what answers "does this authority issue by the CA that it should": of several over one store each has
 * a signer of its own, and a key that was made at another one is not here until somebody copies it.
 */
export function collectIssuerMetrics(authority: Authority): void {
  authority.metrics.collect({
    name: 'sallyport_authority_ca_key_missing',
    help: 'Whether the signer here lacks the key of the CA that is to issue, by the name of the key',
    kind: 'gauge',
    collect: () =>
      authority.issuers.due().map(({ ca: { appId, kind, lane, reference }, held }) => ({
        labels: { app: appId, kind, lane, name: reference.keyName },
        value: held ? 0 : 1,
      })),
  })
}
