import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminAppraisal } from '@sallyport/authority'
import { explainedWords } from '../../src/explain/explain-words.ts'

const plain = (_: unknown, text: string) => text
const decision = {
  requestId: 'req_x',
  at: 0,
  address: '192.0.2.1',
  host: 'devices.example.com',
  method: 'POST',
  path: '/device/v1/certificates',
  status: 403,
  code: 'android_bootloader_unlocked',
  stages: [],
}
const appraisal: AdminAppraisal = {
  id: 'apl_x',
  at: '2026-11-22T00:00:00.000Z',
  appId: 'wallet',
  deviceId: null,
  purpose: 'enroll',
  format: 'android-key',
  mode: 'enforce',
  outcome: 'refused',
  assurance: 'tee',
  platform: 'android',
  model: 'Pixel 9a',
  osVersion: '16',
  osPatchLevel: null,
  appVersion: '1.0.0',
  failed: [],
  results: [
    {
      format: 'android-key',
      accepted: false,
      assurance: 'tee',
      development: false,
      checks: [
        { name: 'challenge', outcome: 'passed', code: null, expected: 'aa', found: 'aa' },
        {
          name: 'deviceLocked',
          outcome: 'failed',
          code: 'android_bootloader_unlocked',
          expected: 'a locked bootloader',
          found: 'an unlocked one',
        },
      ],
      claims: {},
      facts: {},
    },
  ],
  address: '192.0.2.1',
  requestId: 'req_x',
  hasEvidence: false,
}

test('a refusal of evidence is told with every check, also those that passed', () => {
  const found = { source: 'authority', decision, appraisals: [appraisal] }
  const words = explainedWords(found, plain)
  assert.match(words, /req_x: 403 android_bootloader_unlocked/)
  assert.match(words, /challenge/)
  assert.match(words, /deviceLocked/)
  assert.match(words, /an unlocked one/)
})

test('a decision without evidence has no word of it', () => {
  assert.doesNotMatch(explainedWords({ source: 'gateway-1', decision }, plain), /Evidence/)
})

test('a decision about a user names the user as the access log does', () => {
  const ofUser = { ...decision, code: 'access_denied', user: 'main:VMnPDSCmH-WjJL9kdXo92g' }
  const words = explainedWords({ source: 'gateway-1', decision: ofUser }, plain)
  assert.match(words, /^ {2}user main:VMnPDSCmH-WjJL9kdXo92g$/m)
})
