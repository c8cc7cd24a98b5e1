import path from 'node:path'
import { isServerName } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { longDays, makeServerCertificate } from '../certificates/certificate-files.ts'
import type { Operation } from '../command.ts'
import { renewCertificates } from '../certificates/renew-certificates.ts'
import { openServiceRoot } from '../certificates/service-root.ts'
import { locateConfig } from '../configuration/locate.ts'
import { loadConfig } from '../configuration/schema.ts'
import { refuseToWriteOver } from '../files/write-file.ts'
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

export const createServerCertificate: Operation = async (input, output) => {
  const names = input.arguments
  const wrong = names.find((name) => !isServerName(name))
  if (wrong !== undefined) {
    throw new Problem('command_usage', {
      detail: 'A certificate cannot name this server',
      expected: 'DNS names and IP addresses, such as admin.example.com',
      found: wrong,
    })
  }
  const file = loadConfig(locateConfig(input))
  const base = path.resolve(textOption(input, 'out') ?? '.', String(names[0]).replace('*', '_'))
  const files = { certificateFile: `${base}.crt`, keyFile: `${base}.key` }
  refuseToWriteOver(Object.values(files))
  const root = await openServiceRoot(file, textOption(input, 'keys'), output)
  await makeServerCertificate(files, names, root, Date.now(), longDays)
  output.result({ names, ...files }, Object.values(files).join('\n'))
  output.say('Name both as certificateFile and keyFile of the listener or host that they are for')
  return 0
}
