import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Examination } from '../../src/doctor/finding.ts'
import { fileCheck } from '../../src/doctor/file-checks.ts'

const directory = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'))
after(() => rmSync(directory, { recursive: true }))

async function finding(value: object) {
  const file = { directory, value } as unknown as Examination['file']
  const [first] = await fileCheck.examine({ file, client: undefined, now: Date.now })
  return first
}

for (const [name, value] of Object.entries({
  'the key that opens Play Integrity tokens': {
    apps: { wallet: { android: { playIntegrity: { decryptionKeyFile: 'secret' } } } },
  },
  'the secret of session tickets': { gateway: { ticketSecretFile: 'secret' } },
})) {
  test(`doctor fails where others can read ${name}`, async () => {
    writeFileSync(join(directory, 'secret'), 'text')
    chmodSync(join(directory, 'secret'), 0o644)
    assert.equal((await finding(value))?.verdict, 'fail')
    chmodSync(join(directory, 'secret'), 0o600)
    assert.equal((await finding(value))?.verdict, 'ok')
  })
}

test('doctor takes a public key that everybody can read', async () => {
  writeFileSync(join(directory, 'public'), 'text')
  chmodSync(join(directory, 'public'), 0o644)
  const value = { attestation: { snapshot: { publicKeyFile: 'public' } } }
  assert.equal((await finding(value))?.verdict, 'ok')
})

test('doctor fails where others can write what evidence is judged by, and takes that nothing is there yet', async () => {
  const value = { attestation: { directory: 'kept' } }
  assert.deepEqual((await finding(value))?.found, 'is not there yet')
  mkdirSync(join(directory, 'kept'))
  chmodSync(join(directory, 'kept'), 0o777)
  assert.equal((await finding(value))?.verdict, 'fail')
  chmodSync(join(directory, 'kept'), 0o755)
  assert.equal((await finding(value))?.verdict, 'ok')
})
