import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverTrust } from '../../src/ios/judges/server-trust.ts'
import { fileProtection, keychainAccess } from '../../src/ios/judges/data-protection.ts'
import type { Judge } from '../../src/detector.ts'
import type { Finding } from '../../src/finding.ts'
import { noFacts } from '../../src/facts.ts'
import { defaultLimits } from '../../src/index.ts'
import type { TraceKind } from '../../src/native/mach-o/traces.ts'

type Names = Partial<Record<TraceKind, readonly string[]>>

/** What a judge says of a program that has these names. */
function judged(judge: Judge, names: Names, isEncrypted = false): string[] {
  return findingsOf(judge, names, isEncrypted).map(
    ({ confidence, locations }) => `${confidence} ${locations[0]?.within}`,
  )
}

function severities(judge: Judge, names: Names) {
  return findingsOf(judge, names, false).map(({ severity }) => severity)
}

function findingsOf(judge: Judge, names: Names, isEncrypted: boolean): Finding[] {
  const traces = (kind: TraceKind) => new Map((names[kind] ?? []).map((name, at) => [name, at]))
  const facts = noFacts()
  facts.machOs.push({
    path: 'Payload/A.app/A',
    architecture: 'arm64',
    isEncrypted,
    libraries: [],
    traces: { import: traces('import'), selector: traces('selector'), class: traces('class') },
    offset: 0,
  })
  const settings = { submittedAt: new Date(), releaseWindowDays: 60, limits: defaultLimits }
  const app = { format: 'ipa', platform: 'ios', bytes: 0 } as const
  return [...judge(facts, { app, settings })]
}

const delegate = ['URLSession:didReceiveChallenge:completionHandler:', 'credentialForTrust:']

test('a credential of trust that nobody evaluates is a finding', () => {
  assert.deepEqual(judged(serverTrust, { selector: delegate }), ['firm credentialForTrust:'])
})

test('whoever looks at certificates by itself may be right', () => {
  const names = { selector: delegate, import: ['_SecTrustCopyCertificateChain'] }
  assert.deepEqual(judged(serverTrust, names), ['tentative credentialForTrust:'])
})

test('whoever asks the platform, or a library that does, is left alone', () => {
  for (const name of [
    '_SecTrustEvaluateWithError',
    '_SecTrustEvaluate',
    '_SecTrustGetTrustResult',
  ]) {
    assert.deepEqual(judged(serverTrust, { selector: delegate, import: [name] }), [], name)
  }
  for (const name of ['evaluateServerTrust:forDomain:', 'handleChallenge:completionHandler:']) {
    assert.deepEqual(judged(serverTrust, { selector: [...delegate, name] }), [], name)
  }
})

test('neither a delegate without a credential nor a credential without a delegate is one', () => {
  for (const name of delegate) assert.deepEqual(judged(serverTrust, { selector: [name] }), [])
})

test('of a program whose code is encrypted, what is missing says nothing', () => {
  assert.deepEqual(judged(serverTrust, { selector: delegate }, true), [])
})

test('a setter of a library says something of who calls it, not of who defines it', () => {
  const selector = ['setAllowInvalidCertificates:']
  assert.deepEqual(judged(serverTrust, { selector }), ['tentative setAllowInvalidCertificates:'])
  assert.deepEqual(judged(serverTrust, { selector, class: ['AFSecurityPolicy'] }), [])
})

test('settings of sockets weigh less where the library is that hands them on', () => {
  const names = ['_kCFStreamSSLValidatesCertificateChain', '_SecTrustSetExceptions']
  const alone = severities(serverTrust, { import: names })
  assert.deepEqual(alone, ['medium', 'medium'])
  for (const library of ['SRWebSocket', 'RCTSRWebSocket', 'GCDAsyncSocket', 'AsyncSocket']) {
    const besides = severities(serverTrust, { import: names, class: [library] })
    assert.deepEqual(besides.toSorted(), ['info', 'medium'], library)
  }
  const renamed = severities(serverTrust, { import: names, selector: ['startTLS:'] })
  assert.deepEqual(renamed.toSorted(), ['info', 'medium'])
})

test('several symbols of one class are one finding', () => {
  const names = [
    '_$s9Alamofire22DisabledTrustEvaluatorC',
    '_$s9Alamofire22DisabledTrustEvaluatorCMa',
  ]
  assert.deepEqual(judged(serverTrust, { import: names }), [`firm ${names[0]}`])
})

test('a library that offers every class of the keychain is told of with less certainty', () => {
  const one = ['_kSecAttrAccessibleAlways']
  assert.deepEqual(judged(keychainAccess, { import: one }), ['firm _kSecAttrAccessibleAlways'])
  const all = [
    ...one,
    '_kSecAttrAccessibleWhenUnlocked',
    '_kSecAttrAccessibleAfterFirstUnlock',
    '_kSecAttrAccessibleWhenUnlockedThisDeviceOnly',
  ]
  assert.deepEqual(judged(keychainAccess, { import: all }), ['tentative _kSecAttrAccessibleAlways'])
})

test('a library that offers every protection of files says nothing of what the app chooses', () => {
  const none = ['_NSFileProtectionNone']
  const others = ['', 'UnlessOpen', 'UntilFirstUserAuthentication'].map(
    (which) => `_NSFileProtectionComplete${which}`,
  )
  assert.deepEqual(severities(fileProtection, { import: none }), [undefined])
  assert.deepEqual(severities(fileProtection, { import: [...none, ...others] }), ['info'])
})
