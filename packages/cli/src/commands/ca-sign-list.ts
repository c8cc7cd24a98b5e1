import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  buildCertificateList,
  type Certificate,
  certificatesFromPem,
  encodeRevoked,
  type Issuer,
  isIssuedBy,
  nameText,
  type RevokedCertificate,
  toPem,
} from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import type { Operation } from '../command.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { choiceOption, numberOption, textOption } from '../input.ts'
import { openRoot } from './ca-offline.ts'

/** The root of services lists certificates of servers, the others CAs. */
const kinds = ['device', 'development', 'service'] as const
const dayMs = 24 * 3_600_000

/** Signs the list of a root, on the machine that has it: what it issued and what was withdrawn since. */
export const signRootList: Operation = async (input, output) => {
  const folder = path.resolve(textOption(input, 'root') ?? '.')
  const kind = choiceOption(input, 'kind', kinds) ?? 'device'
  const days = numberOption(input, 'days', { least: 1, most: 400 }) ?? 90
  const out = path.resolve(textOption(input, 'out') ?? `${kind}-root.crl`)
  const withdrawnFile = textOption(input, 'withdrawn')
  const root = await openRoot(folder, kind, output.interactive)
  const withdrawn =
    withdrawnFile === undefined ? [] : certificatesFromPem(readFileSync(withdrawnFile, 'utf8'))
  for (const certificate of withdrawn) requireOwn(root, certificate)
  const now = Date.now()
  const nextUpdate = now + days * dayMs
  const list = await buildCertificateList(root, {
    // The time: greater than the number of any list before it, whoever signed that.
    number: now,
    thisUpdate: now,
    nextUpdate,
    entries: encodeRevoked(
      withdrawn.map(({ serial }) => ({ serial, revokedAt: now, ...reasonOf(kind) })),
    ),
  })
  writeFileAtomically(out, toPem('X509 CRL', list))
  output.result({ out, number: now, withdrawn: withdrawn.map(({ spkiSha256 }) => spkiSha256) }, out)
  output.say(
    `Carry it to the authority before ${new Date(nextUpdate).toISOString()}: sallyport ca import-list ${path.basename(out)}`,
  )
  return 0
}

/** Of a server it may be any reason: none is said. */
function reasonOf(kind: (typeof kinds)[number]): Pick<RevokedCertificate, 'reason'> {
  return kind === 'service' ? {} : { reason: 'cACompromise' }
}

function requireOwn({ certificate: root }: Issuer, certificate: Certificate): void {
  if (isIssuedBy(certificate, root) && certificate.spkiSha256 !== root.spkiSha256) return
  throw new Problem('certificate_malformed', {
    detail: 'It is not on the list of this root',
    expected: `certificates that ${nameText(root.subject)} issued`,
    found: nameText(certificate.subject),
  })
}
