import path from 'node:path'
import type { Operation } from '../command.ts'
import { renewCertificates } from '../certificates/renew-certificates.ts'
import { openServiceRoot } from '../certificates/service-root.ts'
import { locateConfig } from '../configuration/locate.ts'
import { loadConfig } from '../configuration/schema.ts'
import { textOption } from '../input.ts'
import { spanAhead } from '../time-input.ts'

const usualMs = 60 * 86_400_000

export const renewServiceCertificates: Operation = async (input, output) => {
  const now = Date.now()
  const withinMs = spanAhead(input, 'within', now) ?? usualMs
  const file = loadConfig(locateConfig(input))
  const root = await openServiceRoot(file, textOption(input, 'keys'), output)
  const renewals = await renewCertificates(file, root, { withinMs, now })
  output.table(
    renewals.map((renewal) => ({ ...renewal, file: path.relative(file.directory, renewal.file) })),
    { empty: `${file.path} names no certificate` },
  )
  if (renewals.some(({ outcome }) => outcome === 'renewed')) {
    output.say(
      'A running gateway takes them by itself; `sallyport serve`, and so the authority, at a SIGHUP',
    )
  }
  return renewals.some(({ outcome }) => outcome === 'unreadable') ? 1 : 0
}
