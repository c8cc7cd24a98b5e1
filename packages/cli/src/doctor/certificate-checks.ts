import { createPublicKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolvePath } from '@sallyport/config'
import { type NamedMember, namedMembers } from '../configuration/named-members.ts'
import { momentWords } from '../terminal/span.ts'
import type { DoctorCheck, Examination, Finding } from './finding.ts'

/** A certificate that ends sooner is a warning: long enough for people to act. */
const warnWithinMs = 30 * 24 * 3_600_000

export const certificateCheck: DoctorCheck = {
  name: 'certificates',
  examine: (examination) =>
    namedMembers(examination.file.value)
      .filter(({ name }) => name === 'certificateFile' || name === 'caFile')
      .map((member) => examineCertificate(member, examination)),
}

function examineCertificate(member: NamedMember, { file, now }: Examination): Finding {
  const path = resolvePath(file.directory, member.value)
  const finding = { check: 'certificates', what: `${member.path.join('.')} ${path}` }
  const certificate = readOrExplain(() => new X509Certificate(readFileSync(path)))
  if (typeof certificate === 'string') {
    const fix = 'It must be one or more X.509 certificates in PEM.'
    return { ...finding, verdict: 'fail', found: certificate, fix }
  }
  const ends = certificate.validToDate.getTime()
  const when = `ends ${certificate.validToDate.toISOString().slice(0, 10)}, ${momentWords(ends, now())}`
  if (ends <= now()) return { ...finding, verdict: 'fail', found: when, fix: renewFix }
  const fault = pairFault(member, certificate, file.directory) ?? nameFault(member, certificate)
  if (fault !== undefined) return { ...finding, verdict: 'fail', ...fault }
  return ends - now() < warnWithinMs
    ? { ...finding, verdict: 'warn', found: when, fix: renewFix }
    : { ...finding, verdict: 'ok', found: when }
}

const renewFix =
  'Of our own service root: sallyport certificates renew. Of another CA: put a new certificate and its key there. A gateway takes both by itself; the authority when it is started again or gets SIGHUP.'

type Fault = { found: string; fix: string }

/** The key in the file beside it must be the certificate's. */
function pairFault(
  { name, siblings }: NamedMember,
  certificate: X509Certificate,
  directory: string,
): Fault | undefined {
  const keyFile = siblings['keyFile']
  if (name !== 'certificateFile' || typeof keyFile !== 'string') return undefined
  const path = resolvePath(directory, keyFile)
  const key = readOrExplain(() => createPublicKey(readFileSync(path)))
  if (typeof key !== 'string' && key.equals(certificate.publicKey)) return undefined
  return {
    found:
      typeof key === 'string' ? `${path}: ${key}` : `${path} is the key of another certificate`,
    fix: 'Put the certificate and its own key beside each other, and replace both at once.',
  }
}

/** The certificate of a host must be for the name of the host. */
function nameFault({ path }: NamedMember, certificate: X509Certificate): Fault | undefined {
  const [section, hosts, host] = path
  if (section !== 'gateway' || hosts !== 'hosts' || host === undefined) return undefined
  if (path[3] !== 'certificate' || certificate.checkHost(host) !== undefined) return undefined
  return {
    found: `is for ${certificate.subjectAltName ?? 'no name'}`,
    fix: `Clients that ask for ${host} refuse it: issue a certificate with that name.`,
  }
}

function readOrExplain<T>(read: () => T): T | string {
  try {
    return read()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
