import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationCrash } from '../../src/android/network/network-security-config.ts'
import { parseNetworkSecurityConfig } from '../../src/android/network/parse-network-security-config.ts'
import { readTextXml } from '../../src/android/xml/read-text-xml.ts'
import { accepted, crashes, pins } from './network-security-configs.ts'

function parse(inside: string, isDebuggable = false) {
  const text = `<network-security-config>${inside}</network-security-config>`
  const { root } = readTextXml(Buffer.from(text))
  assert.ok(root)
  return parseNetworkSecurityConfig(root, 'network.xml', isDebuggable)
}

for (const [name, inside, message] of crashes) {
  test(`the app crashes with ${name}`, () => {
    assert.throws(
      () => parse(inside),
      (error) => error instanceof ConfigurationCrash && message.test(error.message),
    )
  })
}

for (const [name, inside] of accepted) {
  test(`the platform takes ${name}`, () => void parse(inside))
}

test('a document with another root crashes the app', () => {
  const { root } = readTextXml(Buffer.from('<config/>'))
  assert.ok(root)
  assert.throws(() => parseNetworkSecurityConfig(root, 'network.xml', false), ConfigurationCrash)
})

test('what is wrong in overrides for debugging crashes debuggable builds alone', () => {
  const wrong = '<debug-overrides><trust-anchors><certificates/></trust-anchors></debug-overrides>'
  assert.throws(() => parse(wrong, true), ConfigurationCrash)
  assert.equal(parse(wrong, false).debug, undefined)
})

test('values that are no booleans are the default, which allows cleartext', () => {
  const cleartext = (value: string) =>
    parse(`<base-config cleartextTrafficPermitted="${value}"/>`).base?.cleartext?.value
  assert.equal(cleartext('false'), false)
  assert.equal(cleartext('False'), false)
  assert.equal(cleartext('0'), false)
  assert.equal(cleartext('no'), true)
  assert.equal(cleartext('@bool/cleartext'), true, 'references are not followed')
  assert.equal(parse('<base-config/>').base?.cleartext, undefined)
})

test('subdomains are included only where an attribute without a namespace says so', () => {
  const includes = (attribute: string) =>
    parse(`<domain-config><domain ${attribute}>a.example</domain></domain-config>`).domains[0]
      ?.domains[0]?.includesSubdomains
  assert.equal(includes('includeSubdomains="true"'), true)
  assert.equal(includes('includeSubdomains="yes"'), false)
  assert.equal(includes('android:includeSubdomains="true"'), false)
  assert.equal(includes(''), false)
})

test('the place of a fault is told', () => {
  const text = `<network-security-config>${pins('', 'expiration="soon"')}</network-security-config>`
  try {
    parse(pins('', 'expiration="soon"'))
    assert.fail('it did not crash')
  } catch (error) {
    assert.ok(error instanceof ConfigurationCrash)
    assert.deepEqual(error.location, {
      path: 'network.xml',
      offset: text.indexOf('<pin-set'),
      within: '<pin-set>',
    })
  }
})
