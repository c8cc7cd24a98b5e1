import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isReasonCode } from '@sallyport/problem'
import { checkConfig } from '../../src/config/check-config.ts'
import { readTestConfig } from '../fixture/deployment.ts'

const guide = readFileSync(new URL('../../../../../docs/guide/users.md', import.meta.url), 'utf8')

test('the configuration in the guide to users is taken, with the defaults that its table tells', () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? ''
  const [providers = '', apps = ''] = yaml.split(/^apps:$/m)
  const config = readTestConfig('/nowhere', `${apps}\n${providers}`)
  checkConfig(config)
  assert.equal(config.apps['wallet']?.enrollment.user.provider, 'corp')
  const { limits } = readTestConfig('/nowhere', '\n  wallet: {}\n').apps['wallet']?.enrollment ?? {}
  const { perBatchPerDay, ...rest } = limits ?? { perBatchPerDay: {} }
  const told = Object.entries(rest).map(([name, most]) => [name, most] as const)
  const batches = Object.entries(perBatchPerDay).map(
    ([name, most]) => [`perBatchPerDay.${name}`, most] as const,
  )
  for (const [name, most] of [...told, ...batches]) {
    assert.ok(guide.includes(`| \`${name}\` | ${Number(most).toLocaleString('en')} |`), name)
  }
})

test('every code in the guide to users is one', () => {
  const table = /\| code \|[\s\S]*?\n\n/.exec(guide)?.[0] ?? ''
  const codes = [...table.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code = '']) => code)
  assert.ok(codes.length >= 8)
  for (const code of codes) assert.ok(isReasonCode(code), code)
})
