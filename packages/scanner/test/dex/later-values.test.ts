import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeCode } from '../../src/dex/judge-code.ts'
import { defaultLimits } from '../../src/limits.ts'
import { mergeFindings } from '../../src/merge-findings.ts'
import { fixture } from './assembled.ts'
import { readDex } from './read-dex.ts'

const { facts } = readDex(fixture('keys'))
const told = facts.codeShapes.map(({ shape, method, subject }) => {
  const [, name = ''] = /->(\w+)\(/.exec(method) ?? []
  return `${name}: ${shape}: ${subject.replace(/, SHA-256 .*/, '')}`
})

test('a constant that reaches a key by a field, or a parameter, is told; what is none is not', () => {
  assert.deepEqual(told.toSorted(), [
    'derive: constant-password: co…-7 (15 characters',
    'run: constant-key: AES, an…ey (31 characters',
    'runHex: constant-key: AES, 8d…cc (32 characters',
    'seal: constant-key: AES, 16 bytes',
  ])
})

test('a password that comes to a keystore by a field of another class is tried on keystores', () => {
  const weights = new Map(facts.passwords.map(({ text, weight }) => [text, weight]))
  assert.equal(weights.get('rk39-kd0wq'), 100)
  assert.equal(weights.get('correct-horse-7'), 100)
  // Of two, nobody knows which one it is.
  assert.notEqual(weights.get('and again'), 100)
})

test('no finding holds the key, and each is the same in every build', () => {
  const settings = { submittedAt: new Date(0), releaseWindowDays: 60, limits: defaultLimits }
  const app = { format: 'apk', platform: 'android', bytes: 1, id: 'com.bank' } as const
  const findings = mergeFindings(judgeCode(facts, { app, settings }))
  const keys = findings.filter(({ rule }) => rule === 'hardcoded-secret')
  assert.equal(keys.length, 4)
  for (const { severity, fix } of keys) {
    assert.equal(severity, 'medium')
    assert.match(fix, /Android Keystore/)
  }
  assert.doesNotMatch(JSON.stringify(findings), /correct-horse-7|8d127684|instance has this/)
})
