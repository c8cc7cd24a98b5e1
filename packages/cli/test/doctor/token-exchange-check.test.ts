import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Examination } from '../../src/doctor/finding.ts'
import { tokenExchangeCheck } from '../../src/doctor/token-exchange-check.ts'

const issuer = 'https://enroll.example.com'
const exchange = { corp: { issuer, audience: 'api' } }
const devices = { issuer, audience: 'api' }

async function finding(value: object) {
  const file = { value } as unknown as Examination['file']
  const [one] = await tokenExchangeCheck.examine({ file, client: undefined, now: Date.now })
  return one
}

const cases: { name: string; value: object; verdict: string | undefined; says: RegExp }[] = [
  { name: 'where nothing is exchanged', value: { gateway: {} }, verdict: undefined, says: /^$/ },
  {
    name: 'where the gateway knows no such issuer',
    value: { authority: { tokenExchange: exchange }, gateway: {} },
    verdict: 'fail',
    says: /Add identityProviders\.devices .*ES256/,
  },
  {
    name: 'where the provider is for another API',
    value: {
      authority: { tokenExchange: exchange },
      gateway: {},
      identityProviders: { devices: { ...devices, audience: 'web' } },
    },
    verdict: 'fail',
    says: /audience the same/,
  },
  {
    name: 'where the provider is there',
    value: { authority: { tokenExchange: exchange }, gateway: {}, identityProviders: { devices } },
    verdict: 'ok',
    says: /identityProviders\.devices/,
  },
  {
    name: 'where gateways have files of their own',
    value: { authority: { tokenExchange: exchange } },
    verdict: 'ok',
    says: /which stands in their own file: identityProviders\.devices/,
  },
]
for (const { name, value, verdict, says } of cases) {
  test(`token exchange ${name}: ${verdict ?? 'nothing is said'}`, async () => {
    const found = await finding(value)
    assert.equal(found?.verdict, verdict)
    assert.match(`${found?.found ?? ''}${found?.fix ?? ''}`, says)
  })
}
