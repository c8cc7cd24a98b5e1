import { X509Certificate } from 'node:crypto'
import type { AdminListedCertificate } from '@sallyport/authority'
import { Problem } from '@sallyport/problem'
import { certificateStatuses } from '@sallyport/wire'
import { configuredClient } from '../admin/configured-client.ts'
import { pageOf, printList } from '../admin/print-list.ts'
import { thumbprintOf } from '../certificates/certificate-argument.ts'
import type { Input, Operation } from '../command.ts'
import { argument, choiceOption, textOption } from '../input.ts'
import { formatFacts } from '../terminal/facts.ts'
import { momentWords } from '../terminal/span.ts'
import { spanAhead, timeBefore } from '../time-input.ts'

export const listCertificates: Operation = async (input, output) => {
  const client = configuredClient(input)
  const now = Date.now()
  const filter = {
    status: choiceOption(input, 'status', certificateStatuses),
    appId: textOption(input, 'app'),
    deviceId: textOption(input, 'device'),
    userSubject: textOption(input, 'user'),
    issuerId: textOption(input, 'issuer'),
    ...endFilter(input, now),
  }
  await printList(input, output, {
    read: async (limit, cursor: string | undefined) => {
      const page = await client.call('listCertificates', { query: { ...filter, cursor, limit } })
      return pageOf(page.certificates, page)
    },
    shown: (row) => listedRow(row, now),
    empty: 'There is no such certificate',
  })
  return 0
}

/** What ends soon, or ended lately, and nobody renewed: of what was, the end is no news. */
function endFilter(input: Input, now: number) {
  const [ends, ended] = [spanAhead(input, 'ends', now), timeBefore(input, 'ended', now)]
  if (ends !== undefined && ended !== undefined) {
    throw new Problem('command_usage', { detail: 'Either --ends or --ended' })
  }
  const at = (milliseconds: number) => new Date(milliseconds).toISOString()
  if (ends !== undefined) {
    return { endsAfter: at(now), endsBefore: at(now + ends), renewed: false }
  }
  if (ended === undefined) return {}
  return { endsAfter: at(ended), endsBefore: at(now), renewed: false }
}

function listedRow(certificate: AdminListedCertificate, now: number) {
  const { serial, appId, deviceId, status, notAfter, successor } = certificate
  const ends = momentWords(Date.parse(notAfter), now)
  return { serial, app: appId, device: deviceId, status, ends, renewed: successor !== null }
}

export const showCertificate: Operation = async (input, output) => {
  const id = thumbprintOf(argument(input, 0))
  const found = await configuredClient(input).call('getCertificate', { path: { id } })
  output.result(found, () => {
    const { certificate: pem, ...facts } = found
    // Ours have no subject but what their URI says.
    const { issuer, subjectAltName: names } = new X509Certificate(pem)
    return `${formatFacts({ ...facts, names, issuer: issuer.replaceAll('\n', ', ') })}\n\n${pem.trimEnd()}`
  })
  return 0
}
