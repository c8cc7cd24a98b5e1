// A pure table: what speaks for device certificates, what for tokens alone, and what shapes a mixture.
import type { When } from './questions.ts'

/** How much a consideration counts. One that `decides` leaves the sum aside. */
export const weights = { decides: 0, strong: 3, medium: 2, weak: 1 } as const
export type Weight = keyof typeof weights

/**
 * Where a consideration pulls: to device certificates or to tokens alone, by its weight; or into a shape that
 * holds where certificates come out: on some routes or on all of them, on a host beside one for others, in
 * shadow first, be it always or where certificates come out.
 */
export type Pull =
  | { readonly toward: 'certificates'; readonly weight: Exclude<Weight, 'decides'> }
  | { readonly toward: 'tokens'; readonly weight: Weight }
  | {
      readonly toward:
        | 'some-routes'
        | 'all-routes'
        | 'own-host'
        | 'shadow-first'
        | 'certificates-in-shadow'
    }

export type Consideration = {
  readonly id: string
  readonly when: When
  readonly pull: Pull
  /** One sentence. */
  readonly because: string
  /** The page of the guide that it leads to, with an anchor. */
  readonly page: string
}

const strongly = { toward: 'certificates', weight: 'strong' } as const
const certificates = { toward: 'certificates', weight: 'medium' } as const
const rather = { toward: 'certificates', weight: 'weak' } as const
const tokensStrongly = { toward: 'tokens', weight: 'strong' } as const
const tokens = { toward: 'tokens', weight: 'medium' } as const
const ratherTokens = { toward: 'tokens', weight: 'weak' } as const
const decidesTokens = { toward: 'tokens', weight: 'decides' } as const

export const considerations: readonly Consideration[] = [
  {
    id: 'nobody-to-operate',
    when: { operations: ['nobody'] },
    pull: decidesTokens,
    because:
      'Certificates of days need an authority that renews them: where nobody mends it, phones are locked out one by one.',
    page: 'production.md#keep-it-running',
  },
  {
    id: 'inspected-networks',
    when: { networks: ['most'], mdm: ['some', 'none', 'not-sure'] },
    pull: decidesTokens,
    because:
      'A proxy that inspects TLS cannot show the certificate of the phone: mutual TLS fails on all of these networks.',
    page: 'tokens.md#dpop',
  },
  {
    id: 'inspected-but-managed',
    when: { networks: ['most'], mdm: ['all'] },
    pull: tokensStrongly,
    because:
      'Mutual TLS works on these networks only once their proxy exempts the host of your API from inspection.',
    page: 'tokens.md#dpop',
  },
  {
    id: 'exempt-first',
    when: { networks: ['most'], mdm: ['all'] },
    pull: { toward: 'certificates-in-shadow' },
    because:
      'Until each of these networks exempts the host, what demands a certificate locks out whoever is on it.',
    page: 'modes.md#optional-to-required-mutual-tls-without-breaking-anyone',
  },
  {
    id: 'inspected-for-some',
    when: { networks: ['some'] },
    pull: { toward: 'some-routes' },
    because:
      'Phones behind a proxy that inspects TLS show no certificate, and reach only what demands none.',
    page: 'modes.md#optional-to-required-mutual-tls-without-breaking-anyone',
  },
  {
    id: 'certificates-lost-at-edge',
    when: { edge: ['opaque'] },
    pull: tokensStrongly,
    because:
      'What ends TLS and passes no certificate on leaves nothing to verify: the app would need a host beside it.',
    page: 'behind-a-proxy.md',
  },
  {
    id: 'certificates-by-header',
    when: { edge: ['forwards'] },
    pull: ratherTokens,
    because:
      'A certificate that arrives in a header is as good as the proof that the proxy wrote it, and nothing but the proxy can end its connections.',
    page: 'behind-a-proxy.md#a-proxy-that-ends-tls',
  },
  {
    id: 'handshake-seen',
    when: { edge: ['direct'] },
    pull: rather,
    because:
      'The gateway sees the handshake: it can explain a failed one, and end the connections of a revoked phone.',
    page: 'behind-a-proxy.md#a-balancer-that-passes-tcp-on',
  },
  {
    id: 'severe-harm',
    when: { harm: ['severe'] },
    pull: strongly,
    because:
      'What is stolen must be useless on any other device, and one phone must be ended at once, open connections too.',
    page: 'production.md#let-phones-in',
  },
  {
    id: 'personal-harm',
    when: { harm: ['personal'] },
    pull: rather,
    because: 'A copied session reads what is personal until somebody notices.',
    page: 'sessions.md',
  },
  {
    id: 'little-harm',
    when: { harm: ['little'] },
    pull: tokens,
    because: 'Where little can be stolen, certificates cost more than they protect.',
    page: 'tokens.md',
  },
  {
    id: 'managed',
    when: { mdm: ['all'] },
    pull: strongly,
    because:
      'The MDM hands out enrolment tokens and knows which phones are yours, which solves the hardest part, the first certificate.',
    page: 'production.md#let-phones-in',
  },
  {
    id: 'partly-managed',
    when: { mdm: ['some'] },
    pull: rather,
    because: 'Managed phones enrol without anybody typing, and can begin before the others follow.',
    page: 'production.md#let-phones-in',
  },
  {
    id: 'keys-proven',
    when: { fleet: ['current'] },
    pull: certificates,
    because: 'These phones make their key in hardware and prove it: no copy of it exists.',
    page: 'attestation.md',
  },
  {
    id: 'keys-proven-by-most',
    when: { fleet: ['mixed'] },
    pull: { toward: 'some-routes' },
    because:
      'Six to twenty in a hundred honest phones fail a strict policy: they need something that they may still do.',
    page: 'attestation.md#from-shadow-to-enforce',
  },
  {
    id: 'keys-unproven',
    when: { fleet: ['unattestable'] },
    pull: tokensStrongly,
    because:
      'These phones cannot prove where a key lives, and malware with root uses it: a certificate then shows hardly more than a DPoP key does.',
    page: 'attestation.md#what-is-proven-and-what-is-not',
  },
  {
    id: 'strangers',
    when: { audience: ['consumers'] },
    pull: ratherTokens,
    because:
      "Strangers' phones are lost, restored and reinstalled every day, and each must enrol again without anybody's help.",
    page: 'users.md#the-app-installed-again',
  },
  {
    id: 'own-people',
    when: { audience: ['employees'] },
    pull: rather,
    because: 'You know whose phone it is, and somebody can approve it or be called.',
    page: 'users.md#approval-by-another-device-of-the-user',
  },
  {
    id: 'weakest-door',
    when: { clients: ['web', 'web-and-third-parties'] },
    pull: tokens,
    because:
      'What a browser may do with a token alone, a thief may too: certificates protect only what the app alone may do.',
    page: 'access.md',
  },
  {
    id: 'other-clients',
    when: { clients: ['web', 'third-parties', 'web-and-third-parties'] },
    pull: { toward: 'own-host' },
    because:
      'Whether a certificate is asked for is settled by host: browsers would show a picker, and clients of others have none.',
    page: 'server-certificates.md',
  },
  {
    id: 'nobody-signs-in',
    when: { users: ['none'] },
    pull: strongly,
    because:
      'Where nobody signs in, whoever asks gets a token: only a device that enrolled tells your app from a script.',
    page: 'attestation.md',
  },
  {
    id: 'nothing-to-fall-back-on',
    when: { users: ['none'] },
    pull: { toward: 'all-routes' },
    because:
      'Where nobody signs in, a route that demands no certificate demands nothing: phones that cannot show one stay outside.',
    page: 'production.md#let-phones-in',
  },
  {
    id: 'tokens-bound',
    when: { users: ['bound'] },
    pull: tokens,
    because: 'A token that is bound to a key of the app is of no use without that key.',
    page: 'tokens.md#dpop',
  },
  {
    id: 'tokens-unbound',
    when: { users: ['unbound'] },
    pull: rather,
    because:
      'Bearer tokens work wherever they are copied to: a certificate gives them something to be bound to.',
    page: 'sessions.md#bound-at-first-use',
  },
  {
    id: 'somebody-on-call',
    when: { operations: ['on-call'] },
    pull: rather,
    because: 'When phones cannot enrol or renew, somebody sees it and can act.',
    page: 'production.md#watch-it',
  },
  {
    id: 'nobody-on-call',
    when: { operations: ['part-time'] },
    pull: tokens,
    because: 'What demands certificates stops phones when it is wrong, also on a Sunday.',
    page: 'modes.md#when-a-layer-refuses-what-it-should-not',
  },
  {
    id: 'versions-in-the-field',
    when: { installed: ['yes', 'not-sure'] },
    pull: { toward: 'shadow-first' },
    because: 'Versions that are out there know nothing of it: watch first, then enforce for a few.',
    page: 'modes.md#optional-to-required-mutual-tls-without-breaking-anyone',
  },
  {
    id: 'simpler',
    when: {},
    pull: ratherTokens,
    because:
      'Certificates are one more thing to run: where nothing speaks for them, the simpler answer is right, and they can follow later.',
    page: 'tokens.md',
  },
]
