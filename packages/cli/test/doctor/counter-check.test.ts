import assert from 'node:assert/strict'
import { test } from 'node:test'
import { counterCheck } from '../../src/doctor/counter-check.ts'
import type { Examination } from '../../src/doctor/finding.ts'

async function findings(gateway: object) {
  const file = { value: { gateway } } as unknown as Examination['file']
  return await counterCheck.examine({ file, client: undefined, now: Date.now })
}

const rule = { name: 'per-device', key: 'device', limit: 10, per: '1m' }
const hostWith = (rules: object[], bruteForce: object[] = []) => ({
  api: { routes: [{ stages: { limits: { rules, bruteForce } } }] },
})

test('doctor warns of limits that a restart forgets', async () => {
  assert.deepEqual(await findings({ hosts: { api: { routes: [{}] } } }), [])
  const [inMemory] = await findings({ hosts: hostWith([rule]) })
  assert.equal(inMemory?.verdict, 'warn')
  const [inRedis] = await findings({ counters: { redis: {} }, hosts: hostWith([rule]) })
  assert.equal(inRedis?.verdict, 'ok')
})

test('doctor names the rules that a proxy which asks leaves without effect', async () => {
  const hosts = hostWith(
    [
      rule,
      { name: 'open', key: 'device', atOnce: 3 },
      { name: 'failed', key: 'device', limit: 3, per: '1m', countStatus: [401] },
    ],
    [{ name: 'login', account: { body: '/username' } }],
  )
  const counters = { redis: {} }
  assert.equal((await findings({ counters, hosts })).length, 1)
  const [, ...unseen] = await findings({ counters, hosts, decisions: { listen: [] } })
  assert.deepEqual(
    unseen.map(({ verdict, what }) => [verdict, what.split(',')[0]]),
    [
      ['warn', 'atOnce of the rule open'],
      ['warn', 'countStatus of the rule failed'],
      ['warn', 'content of the rule login'],
    ],
  )
})
