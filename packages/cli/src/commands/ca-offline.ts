import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import {
  certificatesFromPem,
  createRoot,
  fileKeyProvider,
  type Issuer,
  issueDeviceCa,
  issuingCaName,
  parseSigningRequest,
  requestFromPem,
  toPem,
} from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { developmentTrustDomain, issuerKinds, isAppId, isTrustDomain } from '@sallyport/wire'
import type { Input, Operation } from '../command.ts'
import { writeFileAtomically } from '../files/write-file.ts'
import { choosePassphrase } from '../init/passphrase.ts'
import { argument, choiceOption, numberOption, textOption } from '../input.ts'
import { passphraseVariable } from '../supervise/role-environment.ts'
import { askPassphrase } from '../terminal/ask-passphrase.ts'

const kinds = ['device', 'development'] as const

/** Makes a root on a machine of its own: its key under a passphrase, and its certificate. */
export const initRoot: Operation = async (input, output) => {
  const folder = path.resolve(argument(input, 0))
  const kind = choiceOption(input, 'kind', kinds) ?? 'device'
  const trustDomain = requiredTrustDomain(input)
  const years = numberOption(input, 'years', { least: 1, most: 30 }) ?? 20
  const certificateFile = path.join(folder, `${kind}-root.crt`)
  if (existsSync(certificateFile)) {
    throw new Problem('command_usage', {
      detail: 'Nothing is written over',
      expected: 'a folder without a root',
      found: certificateFile,
    })
  }
  const { text } = await choosePassphrase(input, output)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const keys = fileKeyProvider({ directory: folder, passphrase: () => Promise.resolve(text) })
  const key = await keys.create(`${kind}-root`, 'ec-p384')
  const title = kind === 'device' ? 'Device Root' : 'Development Root'
  const commonName = `Sallyport ${title} ${trustDomain}`.slice(0, 64)
  const root = await createRoot({ key, commonName, kind, now: Date.now(), years })
  writeFileAtomically(certificateFile, toPem('CERTIFICATE', root.der))
  output.result({ folder, certificateFile }, certificateFile)
  output.say(
    `Carry ${path.basename(certificateFile)} to the authority: sallyport ca import ${path.basename(certificateFile)} --root`,
  )
  output.say(
    'The key stays here: keep this folder, a copy of it, and the passphrase apart from both',
  )
  return 0
}

/** Issues an issuing CA from its request, on the machine that has the root. */
export const issueFromRequest: Operation = async (input, output) => {
  const requestFile = path.resolve(argument(input, 0))
  const folder = path.resolve(textOption(input, 'root') ?? '.')
  const kind = choiceOption(input, 'kind', issuerKinds) ?? 'device'
  const appId = textOption(input, 'app') ?? ''
  const lane = textOption(input, 'lane') ?? ''
  if (!isAppId(appId)) {
    throw new Problem('command_usage', {
      expected: '--app with the id of an app',
      found: appId || 'none',
    })
  }
  const trustDomain = requiredTrustDomain(input)
  const years = numberOption(input, 'years', { least: 1, most: 20 }) ?? 10
  const out = path.resolve(textOption(input, 'out') ?? requestFile.replace(/\.csr$/, '') + '.crt')
  if (existsSync(out)) {
    throw new Problem('command_usage', { detail: 'Nothing is written over', found: out })
  }
  const pem = readFileSync(requestFile, 'utf8')
  const { spki } = parseSigningRequest(requestFromPem(pem), {
    keyKinds: ['ec-p256', 'ec-p384', 'rsa-3072', 'rsa-4096'],
  })
  const root = await openRoot(
    folder,
    kind === 'development' ? 'development' : 'device',
    output.interactive,
  )
  const domain = kind === 'development' ? developmentTrustDomain(trustDomain) : trustDomain
  const facts = { appId, trustDomain: domain, kind, lane }
  const certificate = await issueDeviceCa({ root, key: { spki }, ...facts, now: Date.now(), years })
  writeFileAtomically(out, toPem('CERTIFICATE', certificate.der))
  output.result({ out, id: certificate.spkiSha256 }, out)
  output.say(`${issuingCaName(facts)}, until ${new Date(certificate.notAfter).toISOString()}`)
  output.say(`Carry it to the authority: sallyport ca import ${path.basename(out)}`)
  return 0
}

/** A root that `ca init` or `init` made, with its key. */
export async function openRoot(
  folder: string,
  kind: (typeof kinds)[number] | 'service',
  isInteractive: boolean,
): Promise<Issuer> {
  const [certificate] = certificatesFromPem(
    readFileSync(path.join(folder, `${kind}-root.crt`), 'utf8'),
  )
  if (certificate === undefined) {
    throw new Problem('certificate_malformed', { detail: `${folder}: no certificate of the root` })
  }
  const keys = fileKeyProvider({
    directory: folder,
    passphrase: () => rootPassphrase(isInteractive),
  })
  const key = await keys.open(`${kind}-root`)
  if (key.spki.equals(certificate.spki)) return { certificate, key }
  throw new Problem('certificate_malformed', {
    detail: folder,
    expected: 'a certificate of the key beside it',
    found: 'one of another key',
  })
}

function rootPassphrase(isInteractive: boolean): Promise<string> {
  const given = process.env[passphraseVariable] ?? ''
  if (given !== '') return Promise.resolve(given)
  if (isInteractive) return askPassphrase()
  throw new Problem('key_passphrase_required', {
    expected: `${passphraseVariable}, or a terminal`,
    found: 'neither',
  })
}

function requiredTrustDomain(input: Input): string {
  const trustDomain = textOption(input, 'trustDomain') ?? ''
  if (isTrustDomain(trustDomain)) return trustDomain
  throw new Problem('command_usage', {
    expected: '--trust-domain with that of the deployment',
    found: trustDomain || 'none',
  })
}
