import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { detectKeys, fixture, ownPassword } from './detect-keys.ts'

type Case = { readonly file: string; readonly password: 'none' | 'elsewhere' | 'default' }

const containers: readonly Case[] = [
  { file: 'empty-modern.p12', password: 'none' },
  { file: 'empty-legacy.p12', password: 'none' },
  { file: 'own-plain-bags.p12', password: 'none' },
  { file: 'default-modern.p12', password: 'default' },
  { file: 'default-legacy.p12', password: 'default' },
  { file: 'own-modern.p12', password: 'elsewhere' },
  { file: 'own-legacy.p12', password: 'elsewhere' },
  { file: 'own-rc2-128.p12', password: 'elsewhere' },
  { file: 'own-nomac.p12', password: 'elsewhere' },
  { file: 'own-rsa.p12', password: 'elsewhere' },
  { file: 'own-keytool.p12', password: 'elsewhere' },
  { file: 'own-bouncycastle.p12', password: 'elsewhere' },
  { file: 'default.jks', password: 'default' },
  { file: 'own.jks', password: 'elsewhere' },
  { file: 'default-own-key.jks', password: 'elsewhere' },
  { file: 'default.jceks', password: 'default' },
  { file: 'own.jceks', password: 'elsewhere' },
  { file: 'default.bks', password: 'default' },
  { file: 'own.bks', password: 'elsewhere' },
  { file: 'own.bks1', password: 'elsewhere' },
]

for (const { file, password } of containers) {
  test(`a client identity in ${file} is proven, its password being ${password}`, async () => {
    const passwords = password === 'elsewhere' ? [{ text: ownPassword, weight: 50 }] : []
    const path = 'assets/blob'
    const { findings } = await detectKeys({ files: { [path]: fixture(file) }, passwords })
    const found = findings.filter(({ rule }) => rule === 'client-identity')
    assert.equal(found.length, 1)
    assert.equal(found[0]?.severity, 'critical')
    assert.equal(found[0]?.confidence, 'certain')
    assert.match(found[0]?.detail ?? '', /challenge .* verified/)
    assert.deepEqual(found[0]?.facts?.['extendedKeyUsage'], ['1.3.6.1.5.5.7.3.2'])
    assert.equal(found[0]?.facts?.['issuedBy'], 'a private CA')
    assert.ok(!JSON.stringify(findings).includes(ownPassword))
    assert.ok(!findings.some(({ rule }) => rule === 'locked-keystore'))
  })
}

test('what no password opens is a locked keystore, and says whose key it is where that lies open', async () => {
  for (const file of ['own.jks', 'own.jceks', 'own.bks', 'own.bks1']) {
    const { findings } = await detectKeys({
      files: { 'res/raw/a': fixture(file) },
      unlock: [300, 300],
    })
    const locked = findings.find(({ rule }) => rule === 'locked-keystore')
    assert.equal(locked?.severity, 'high', file)
    assert.equal(locked?.facts?.['subject'], 'CN=mobile app, O=Example Bank')
    assert.equal(locked?.facts?.['thumbprint'], thumbprint('client-certificate.der'))
    assert.ok(!findings.some(({ rule }) => rule === 'client-identity'))
  }
  for (const file of ['own-modern.p12', 'own-legacy.p12', 'own.uber', 'own.bcfks', 'own.ssh']) {
    const { findings } = await detectKeys({ files: { 'res/raw/a': fixture(file) } })
    assert.deepEqual(
      findings.map(({ rule, severity }) => ({ rule, severity })),
      [{ rule: 'locked-keystore', severity: 'medium' }],
      file,
    )
  }
})

function thumbprint(file: string): string {
  return hash('sha256', fixture(file), 'base64url')
}
