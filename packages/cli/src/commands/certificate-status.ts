import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import type { AdminCertificateStatus } from '@sallyport/authority'
import { Problem } from '@sallyport/problem'
import { toBase64url } from '@sallyport/wire'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { argument } from '../input.ts'
import { formatFacts } from '../terminal/facts.ts'

export const showCertificateStatus: Operation = async (input, output) => {
  const id = thumbprintOf(argument(input, 0))
  const status = await configuredClient(input).call('getCertificateStatus', { path: { id } })
  output.result(status, () => statusText(status))
  return status.registry.counts ? 0 : 1
}

/** As the authority has it: base64url. OpenSSL prints it in hex, with colons. */
function thumbprintOf(text: string): string {
  if (existsSync(text)) return toBase64url(hexBytes(readCertificate(text).fingerprint256))
  return /^[0-9A-Fa-f]{64}$/.test(text.replaceAll(':', '')) ? toBase64url(hexBytes(text)) : text
}

function readCertificate(file: string): X509Certificate {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('file_failed', { detail: `${file}: ${detail}`, cause })
  }
}

const hexBytes = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex')

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
