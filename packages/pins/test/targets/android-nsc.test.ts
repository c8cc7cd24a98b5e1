import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hostFor } from '../../src/index.ts'
import {
  configFor,
  parseNetworkSecurityConfig,
  ParserException,
} from '../platform/network-security-config.ts'
import { pin } from '../pins-yaml.ts'
import { fileOf, filesOf, type Sketch, textOf, wholeRoots } from './file-of.ts'

test('the platform reads hosts, depth, pins and date as the file has them', () => {
  const configs = parseNetworkSecurityConfig(
    textOf('android-nsc', {
      'api.example.com': "    expires: '2027-06-01'\n",
      'example.org': '    subdomains: any\n',
    }),
  )
  assert.deepEqual(configs, [
    {
      domain: 'api.example.com',
      includesSubdomains: false,
      pins: new Set([pin(1), pin(2)]),
      expiration: Date.UTC(2027, 5, 1),
      anchors: [],
      cleartext: false,
    },
    {
      domain: 'example.org',
      includesSubdomains: true,
      pins: new Set([pin(3), pin(4)]),
      expiration: Number.POSITIVE_INFINITY,
      anchors: [],
      cleartext: false,
    },
  ])
})

const label = fc.constantFrom('a', 'b', 'api', 'xn--bcher-kva')
const name = fc
  .array(label, { minLength: 1, maxLength: 4 })
  .map((labels) => `${labels.join('.')}.example`)

test('for every name, the platform takes the pins that the file says', () => {
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.constantFrom('none', 'any'), { minKeys: 1, maxKeys: 6 }),
      fc.array(name, { minLength: 1, maxLength: 12 }),
      (hosts, asked) => {
        const sketch: Sketch = Object.fromEntries(
          Object.entries(hosts).map(([host, depth]) => [host, `    subdomains: ${depth}\n`]),
        )
        const configs = parseNetworkSecurityConfig(textOf('android-nsc', sketch))
        const file = fileOf(sketch)
        for (const each of [...asked, ...Object.keys(hosts)]) {
          assert.deepEqual(
            configFor(configs, each)?.pins,
            pinsOf(hostFor(file.hosts, each)?.pins),
            each,
          )
        }
      },
    ),
    { numRuns: 40 },
  )
})

function pinsOf(pins: readonly { sha256: string }[] | undefined): Set<string> | undefined {
  return pins === undefined ? undefined : new Set(pins.map(({ sha256 }) => sha256))
}

test('trust anchors name the raw resources that are written beside', () => {
  const files = filesOf('android-trust-anchors', { 'my-bank.example': wholeRoots })
  const [config] = parseNetworkSecurityConfig(files[0]?.content.toString('utf8') ?? '')
  assert.deepEqual(config?.anchors, ['@raw/pin_my__bank_example_1', '@raw/pin_my__bank_example_2'])
  assert.deepEqual(
    files.slice(1).map(({ name }) => name),
    ['res/raw/pin_my__bank_example_1.der', 'res/raw/pin_my__bank_example_2.der'],
  )
})

test('the parser of the tests refuses what the platform refuses', () => {
  const good = textOf('android-nsc', { 'a.example': "    expires: '2027-06-01'\n" })
  const faults: readonly (readonly [RegExp, string, RegExp])[] = [
    [/SHA-256/, 'SHA-1', /Unsupported pin digest/],
    [/(<pin [^>]*>)[^<]{8}/, '$1', /digest length 26/],
    [/2027-06-01/, '2027-02-30', /Invalid expiration/],
    [/<domain .*<\/domain>/, '', /No domain elements/],
    [/<domain .*<\/domain>/, '$&$&', /already been specified/],
    [/<pin-set[\s\S]*<\/pin-set>/, '$&$&', /Multiple pin-set/],
    [/(<pin [^>]*>)[^<]*/, '$1', /Missing pin digest/],
  ]
  parseNetworkSecurityConfig(good)
  for (const [from, to, said] of faults) {
    const bad = good.replace(from, to)
    assert.notEqual(bad, good)
    assert.throws(
      () => parseNetworkSecurityConfig(bad),
      (error) => error instanceof ParserException && said.test(error.message),
      String(from),
    )
  }
})
