import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { checkConfig } from '../../src/config/check-config.ts'
import { readTestConfig } from '../fixture/deployment.ts'

const providers = `identityProviders:
  corp: { issuer: 'https://id.example.com', audience: api, jwksFile: keys.json }
`
function said(enrollment: string, rest = providers): string {
  try {
    const apps = `\n  wallet:\n    enrollment: { ${enrollment} }\n${rest}`
    checkConfig(readTestConfig('/nowhere', apps))
  } catch (error) {
    if (!isProblem(error)) throw error
    assert.equal(error.code, 'config_invalid')
    return `${error.detail}; ${error.expected}; ${error.found}`
  }
  return 'taken'
}

test('an app whose users are known is not open to whoever asks', () => {
  assert.match(said(''), /whoever asks would be enrolled/)
  assert.match(said('user: { mode: optional, provider: corp }'), /whoever asks would be enrolled/)
  assert.equal(said('user: { mode: required, provider: corp }'), 'taken')
})

test('users are of a provider that there is', () => {
  assert.match(said('user: { mode: required }'), /user: a user of nobody; .*corp.*; mode: required/)
  assert.match(
    said('user: { mode: required, provider: crop }'),
    /not under identityProviders; corp; crop/,
  )
  const none = said('user: { mode: required, provider: corp }', '')
  assert.match(none, /not under identityProviders; none is configured; corp/)
})

test('a device is approved by another one only where the user must be known', () => {
  const approved = (user: string) => said(`approval: device, enrollmentToken: required, ${user}`)
  assert.match(approved(''), /the user must be known; .*required.*; mode: none/)
  assert.match(approved('user: { mode: optional, provider: corp }'), /the user must be known/)
  assert.equal(approved('user: { mode: required, provider: corp }'), 'taken')
})

test('bounds that bound nothing, and names that are none, are refused', () => {
  for (const wrong of [
    'limits: { perAddressPerHour: 0 }',
    'limits: { perBatchPerDay: 5 }',
    'limits: { perMinute: 5 }',
    'user: { maxDevices: 0 }',
    'user: { mode: sometimes }',
    'bindChallengeToConnection: yes please',
  ]) {
    assert.notEqual(said(`enrollmentToken: required, ${wrong}`), 'taken', wrong)
  }
})
