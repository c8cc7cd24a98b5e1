import { configProblem } from '@sallyport/problem'
import Type from 'typebox'
import type { AuthorityConfig } from './authority-config.ts'

/** Where and how the status of certificates is published. */
export type StatusConfig = {
  /** What stands in certificates: scheme, host and port alone. */
  url: string
  /** Among how many lists the certificates of a CA are spread. */
  shards: number
  /** How long a list counts. */
  listHours: number
  /** How long an OCSP answer counts. */
  answerMinutes: number
  /** How long services go on with the keys of gateways while no authority answers them. */
  assertionKeysMinutes: number
}

/** Where nothing else is said: also for a status listener without a section `status`. */
export const defaultAssertionKeysMinutes = 15

const closed = { additionalProperties: false }

export const StatusSchema = Type.Object(
  {
    url: Type.String({
      // RFC 5280 §8: over https, whoever checks that server's certificate would have to ask it first.
      pattern: '^http://[0-9A-Za-z.-]{1,253}(?::[0-9]{1,5})?$',
      description:
        'What certificates say: the status listener as the world reaches it, over plain HTTP. http://status.example.com',
    }),
    shards: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_024,
        default: 8,
        description:
          'Among how many revocation lists the certificates of a CA are spread. A certificate keeps the one it was issued for',
      }),
    ),
    listHours: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 720,
        default: 72,
        description:
          'How long a revocation list counts. It is re-issued within seconds of a change, and at a quarter of this in any case',
      }),
    ),
    answerMinutes: Type.Optional(
      Type.Number({
        minimum: 5,
        maximum: 10_080,
        default: 60,
        description: 'How long an OCSP answer counts',
      }),
    ),
    assertionKeysMinutes: Type.Optional(
      Type.Number({
        // Signed each minute and fetched each half: below it a single lost fetch would count.
        minimum: 5,
        // What services take at most.
        maximum: 1_440,
        default: defaultAssertionKeysMinutes,
        description:
          'How long services believe gateways while no authority answers. More survives a longer outage; whoever keeps a service from hearing the authority delays a revocation by as much',
      }),
    ),
  },
  {
    ...closed,
    description:
      'Publishes the status of certificates, as revocation lists and by OCSP, for apps with revocation: published',
  },
)

/** Apps whose certificates carry addresses have something behind the addresses. */
export function checkStatusConfig({ apps, authority }: AuthorityConfig): void {
  const published = Object.entries(apps).find(
    ([, app]) => app.certificate.revocation === 'published',
  )
  const missing =
    authority.status === undefined
      ? 'authority.status'
      : authority.listeners.status === undefined
        ? 'authority.listeners.status'
        : undefined
  if (published === undefined || missing === undefined) return
  const path = ['apps', published[0], 'certificate', 'revocation']
  throw configProblem('config_invalid', path, 'there is nowhere to publish', {
    expected: 'authority.status with a url, and authority.listeners.status, or revocation: feed',
    found: `no ${missing}`,
  })
}
