import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { Finding } from '../../src/finding.ts'
import { firstOfEach } from '../../src/keys/findings/first-of-each.ts'
import { detectKeys } from './detect-keys.ts'

const finding = (severity?: Finding['severity']): Finding => ({
  rule: 'client-identity',
  ...(severity === undefined ? {} : { severity }),
  confidence: 'certain',
  title: '',
  detail: '',
  locations: [],
  identity: '',
})

test('a hundred of a rule are listed, and how many more there are; what is worse is not hidden by them', () => {
  const told: string[] = []
  const many = [...Array.from({ length: 250 }, () => finding('info')), finding()]
  const listed = [...firstOfEach(many, (why) => told.push(why))]
  assert.equal(listed.length, 101)
  assert.equal(listed.at(-1)?.severity, undefined)
  assert.deepEqual(told, ['more than 100 findings of client-identity: 150 others are not listed'])
})

test('a package with more keys than anybody reads has a hundred findings of them', async () => {
  const keys = Array.from({ length: 130 }, () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return privateKey.export({ type: 'pkcs8', format: 'pem' })
  })
  const { findings, notChecked } = await detectKeys({ files: { 'keys.txt': keys.join('\n') } })
  assert.equal(findings.filter(({ rule }) => rule === 'private-key').length, 100)
  assert.match(notChecked.map(({ why }) => why).join(), /findings of private-key: 30 others/)
})
