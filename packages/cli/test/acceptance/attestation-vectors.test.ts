import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { certificatesFromPem } from '@sallyport/pki'
import { parseAllDocuments } from 'yaml'
import { newFolder, sallyport } from '../sallyport.ts'

const fixtures = fileURLToPath(new URL('../../../../attestation/test/fixtures/', import.meta.url))

type Result = {
  accepted: boolean
  assurance: string
  checks: { outcome: string; code: string | null }[]
}

async function verify(...args: readonly string[]) {
  const { code, stdout, stderr } = await sallyport(['attestation', 'verify', ...args, '--json'])
  assert.ok(stdout !== '', stderr)
  const { accepted, assurance, checks } = JSON.parse(stdout) as Result
  assert.equal(code, accepted ? 0 : 1)
  const codes = checks.flatMap((check) => (check.outcome === 'failed' ? [check.code] : []))
  return { accepted, assurance, codes }
}

/** Of Google's test data: what files of a name come to at a time that fits them, and today. */
type Outcome = {
  name: RegExp
  /** A code, or what is proven. */
  fitting: string
  today: string
}
const expired = 'attestation_certificate_expired'
const outcomes: readonly Outcome[] = [
  { name: /^(blueline|sony-xperia10-iii)\/.*SB_/, fitting: 'strongbox', today: 'strongbox' },
  { name: /^(blueline|sony-xperia10-iii)\/.*TEE_/, fitting: 'tee', today: 'tee' },
  // Those of akita are provisioned remotely as well: their certificates were valid for some weeks of 2024.
  { name: /^(akita|caiman|tegu)\/.*SB_/, fitting: 'strongbox', today: expired },
  { name: /^(akita|caiman|tegu)\/.*TEE_/, fitting: 'tee', today: expired },
  {
    name: /^tokay\/.*MLDSA/,
    fitting: 'android_key_kind_refused',
    today: 'android_key_kind_refused',
  },
  { name: /^marlin\//, fitting: 'attestation_root_untrusted', today: 'attestation_root_untrusted' },
  {
    name: /^invalid\/malformed_rot/,
    fitting: 'attestation_malformed',
    today: 'attestation_malformed',
  },
  {
    name: /^invalid\/tags_not/,
    fitting: 'attestation_signature_invalid',
    today: 'attestation_signature_invalid',
  },
  {
    name: /^(allow_while_on_body|p256_sha384_intermediate)\./,
    fitting: 'attestation_root_untrusted',
    today: 'attestation_root_untrusted',
  },
]

describe('attestation verify, of the chains of real phones', () => {
  const folder = path.join(fixtures, 'android/google-keyattestation')
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.pem'))

  test('comes to what their collectors say, at a fitting time and today', async (t) => {
    const accepted = { fitting: 0, today: 0 }
    await eachOf(files, async (name) => {
      const outcome = outcomes.find((row) => row.name.test(name))
      assert.ok(outcome !== undefined, name)
      const file = path.join(folder, name)
      const [, ...above] = certificatesFromPem(readFileSync(file, 'utf8'))
      const at = new Date(Math.max(0, ...above.map(({ notBefore }) => notBefore)))
      const times = { fitting: ['--at', at.toISOString()], today: [] } as const
      for (const time of ['fitting', 'today'] as const) {
        const result = await verify(file, '--format', 'android-key', ...times[time])
        const wanted: string = outcome[time]
        if (result.accepted) accepted[time]++
        assert.equal(result.accepted, ['tee', 'strongbox'].includes(wanted), `${name} ${time}`)
        const found = result.accepted ? [result.assurance] : result.codes
        assert.ok(found.includes(wanted), `${name} ${time}: ${found.join()}`)
      }
    })
    t.diagnostic(
      `${files.length} files: ${accepted.fitting} accepted at a fitting time, ${accepted.today} today`,
    )
    assert.equal(files.length, 25)
  })

  test('takes keys of ML-DSA where it is told to, and no others for that', async () => {
    const allowed = ['ml-dsa-65', 'ml-dsa-87'].flatMap((kind) => ['--key-kind', kind])
    const names = files.filter((name) => name.includes('MLDSA'))
    assert.ok(names.length > 0)
    await eachOf(names, async (name) => {
      const file = path.join(folder, name)
      const [, ...above] = certificatesFromPem(readFileSync(file, 'utf8'))
      const at = new Date(Math.max(...above.map(({ notBefore }) => notBefore))).toISOString()
      const result = await verify(file, '--format', 'android-key', '--at', at, ...allowed)
      assert.ok(result.accepted, `${name}: ${result.codes.join()}`)
    })
  })
})

type Entry = {
  type: 'attestation' | 'assertion' | 'receipt'
  id: string
  timestamp: string
  teamIdentifier: string
  bundleIdentifier: string
  keyIdBase64: string
  publicKey: string
  attestationBase64: string
  assertionBase64: string
  clientDataBase64: string
  counter: number
}

describe('attestation verify, of App Attest of real phones', () => {
  const folder = path.join(fixtures, 'app-attest')
  const entries = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => parseAllDocuments(readFileSync(path.join(folder, name), 'utf8')))
    .map((document) => document.toJS() as Entry)
    .filter(({ type }) => type !== 'receipt')

  function argumentsOf(entry: Entry): string[] {
    const at = newFolder()
    const file = path.join(at, 'evidence')
    const appId = `${entry.teamIdentifier}.${entry.bundleIdentifier}`
    const common = ['--format', 'apple-app-attest', '--app-id', appId]
    const asked = [...common, '--client-data', `base64:${entry.clientDataBase64}`]
    asked.push('--environment', 'development', '--at', new Date(entry.timestamp).toISOString())
    if (entry.type === 'attestation') {
      writeFileSync(file, entry.attestationBase64)
      return [file, ...asked, '--key-id', entry.keyIdBase64]
    }
    writeFileSync(file, entry.assertionBase64)
    const key = path.join(at, 'key.pem')
    writeFileSync(key, entry.publicKey)
    return [file, ...asked, '--public-key', key, '--counter', String(entry.counter - 1)]
  }

  test('accepts each with its app, key and client data, and no other client data', async (t) => {
    await eachOf(entries, async (entry) => {
      const asked = argumentsOf(entry)
      assert.deepEqual(
        await verify(...asked),
        { accepted: true, assurance: 'app-attested', codes: [] },
        `${entry.type} ${entry.id}`,
      )
      const other = asked.map((word) => (word.startsWith('base64:') ? 'text:other' : word))
      const { accepted, codes } = await verify(...other)
      assert.equal(accepted, false)
      const code =
        entry.type === 'attestation'
          ? 'app_attest_nonce_mismatch'
          : 'app_attest_assertion_signature_invalid'
      assert.deepEqual(codes, [code])
    })
    const count = (type: string) => entries.filter((entry) => entry.type === type).length
    t.diagnostic(`${count('attestation')} attestations, ${count('assertion')} assertions`)
    assert.deepEqual([count('attestation'), count('assertion')], [3, 3])
  })
})

/** As many at once as there are cores. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const lane = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
}
