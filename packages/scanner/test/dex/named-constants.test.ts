import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixture } from './assembled.ts'
import { readDex } from './read-dex.ts'

test('constants whose names promise a secret are told, with their fields', () => {
  const { facts } = readDex(fixture('constants'))
  const within = (name: string) => ({
    path: 'classes.dex',
    within: `Lcom/bank/BuildConfig;->${name}`,
  })
  assert.deepEqual(facts.namedTexts, [
    { name: 'API_KEY', text: 'f3Kd92mQpX7vLz04Tb8w', location: within('API_KEY') },
    { name: 'STORE_PASSWORD', text: 'Rk39-kd0wQ', location: within('STORE_PASSWORD') },
  ])
})
