import type { AdminCertificateStatus } from '@sallyport/authority'
import { configuredClient } from '../admin/configured-client.ts'
import { thumbprintOf } from '../certificates/certificate-argument.ts'
import type { Operation } from '../command.ts'
import { argument } from '../input.ts'
import { formatFacts } from '../terminal/facts.ts'

export const showCertificateStatus: Operation = async (input, output) => {
  const id = thumbprintOf(argument(input, 0))
  const status = await configuredClient(input).call('getCertificateStatus', { path: { id } })
  output.result(status, () => statusText(status))
  return status.registry.counts ? 0 : 1
}

function statusText({ registry, feed, published, ...certificate }: AdminCertificateStatus): string {
  const { counts, ...statuses } = registry
  const changes = feed.changes.map(
    ({ about, status, seq, at }) => `${about} ${status} (change ${seq}, ${at})`,
  )
  const lists = (published?.lists ?? []).map(({ shard, number, on, nextUpdate }) => {
    const name = shard === null ? 'full list' : `shard ${shard}`
    return `${on ? 'on' : 'not on'} ${name} ${number} (until ${nextUpdate})`
  })
  const { revokedAt = null, reason = null } = published ?? {}
  const why = reason === null ? '' : `, ${reason}`
  const since = revokedAt === null ? '' : ` since ${revokedAt}${why}`
  return [
    formatFacts({ ...certificate, counts: counts ? 'yes' : 'no' }),
    `registry\n${indented(formatFacts(statuses))}`,
    `feed\n${indented(
      formatFacts({
        said: changes.join('; ') || 'nothing',
        issued: feed.issuedListed ? 'listed' : 'not listed',
        behind: feed.behind.join(', ') || 'no gateway',
      }),
    )}`,
    published === null
      ? 'published\n  its app has certificate.revocation: feed'
      : `published\n${indented(formatFacts({ ocsp: `${published.status}${since}`, lists: lists.join('; ') || 'none yet' }))}`,
  ].join('\n\n')
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ')
