import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AndroidApp } from '../../src/android/android-app.ts'
import type { CodeShape } from '../../src/dex/code-facts.ts'
import { judgeCode } from '../../src/dex/judge-code.ts'
import { noFacts } from '../../src/facts.ts'
import { defaultLimits } from '../../src/limits.ts'
import { fixture } from './assembled.ts'
import { readDex } from './read-dex.ts'

const settings = { submittedAt: new Date(0), releaseWindowDays: 60, limits: defaultLimits }

function judged(facts: ReturnType<typeof noFacts>, id = 'com.bank', targetSdk = '23') {
  const app = { format: 'apk', platform: 'android', bytes: 1, id, targetSdk } as const
  return [...judgeCode(facts, { app, settings })]
}

/** A class that trusts everything, used by the methods given. */
function trusting(
  owner: string,
  usedBy: readonly string[],
  shape: CodeShape['shape'] = 'trusts-every-certificate',
) {
  const facts = noFacts()
  const method = `${owner}->checkServerTrusted()V`
  facts.codeShapes.push({ shape, owner, method, subject: '', location: { path: 'classes.dex' } })
  facts.typeUses.push({ by: new Map([[owner, usedBy]]) })
  return facts
}

test('a class that is made somewhere is told with the place', () => {
  const finding = judged(readDex(fixture('tls')).facts).find(({ title }) =>
    title.includes('Trust$Dates'),
  )
  assert.equal(finding?.confidence, 'firm')
  assert.equal(finding?.severity, undefined)
  assert.equal(finding?.facts?.['usedBy'], 'com.bank.Trust.all')
})

test('a user that names a class alone, as JVM classes do, is told as the class', () => {
  const [finding] = judged(trusting('Lcom/bank/Left;', ['Lcom/bank/Tls;->']))
  assert.equal(finding?.facts?.['usedBy'], 'com.bank.Tls')
})

test('a class that nothing makes weighs less', () => {
  const [finding] = judged(trusting('Lcom/bank/Left;', []))
  assert.equal(finding?.severity, 'low')
  assert.equal(finding?.confidence, 'tentative')
  assert.match(finding?.detail ?? '', /Nothing in the package makes one by name/)
})

test('a class of a library counts when the app uses it, and is a note when only the library does', () => {
  const owner = 'Lio/netty/handler/ssl/util/Insecure$1;'
  const [byApp] = judged(trusting(owner, ['Lio/netty/A;->a()V', 'Lcom/bank/Net;->open()V']))
  assert.equal(byApp?.severity, undefined)
  assert.equal(byApp?.facts?.['usedBy'], 'com.bank.Net.open')
  const [byItself] = judged(trusting(owner, ['Lio/netty/A;->a()V']))
  assert.equal(byItself?.severity, 'info')
  assert.match(byItself?.detail ?? '', /came with Netty, and only that uses it/)
})

test('an app whose own name begins as a library’s is no library', () => {
  const facts = trusting('Lcom/google/bank/Trust;', [])
  assert.equal(judged(facts, 'com.google.bank')[0]?.severity, 'low')
  assert.equal(judged(facts, 'com.bank')[0]?.severity, 'info')
})

test('what a library does with what it is given is not told', () => {
  assert.deepEqual(judged(trusting('Lokhttp3/ConnectionSpec;', [], 'old-tls-protocol')), [])
})

test('numbers of inner classes make no other finding of it', () => {
  const [first] = judged(trusting('Lcom/bank/Tls$1;', ['Lcom/bank/Tls;->a()V']))
  const [second] = judged(trusting('Lcom/bank/Tls$3;', ['Lcom/bank/Tls;->a()V']))
  assert.equal(first?.identity, second?.identity)
})

test('a class that does the same to several things is told once, where the report names none of them', () => {
  const [first] = trusting('Lcom/bank/Files;', [], 'writes-shared-storage').codeShapes
  const facts = noFacts()
  for (const subject of ['a.html', 'b.html']) facts.codeShapes.push({ ...first!, subject })
  const [finding, ...rest] = judged(facts)
  assert.equal(finding?.locations.length, 2)
  assert.deepEqual(rest, [])
})

test('a write to shared storage is not told of an app that asks for no permission to', () => {
  const asking = (...names: string[]) => {
    const facts = trusting('Lcom/charts/Chart;', [], 'writes-shared-storage')
    const permissions = names.map((name) => ({ name }))
    facts.androidApps.push({ manifests: [{ permissions }] } as unknown as AndroidApp)
    return facts
  }
  assert.deepEqual(judged(asking('android.permission.INTERNET')), [])
  assert.equal(judged(asking('android.permission.WRITE_EXTERNAL_STORAGE')).length, 1)
  assert.equal(judged(asking('android.permission.MANAGE_EXTERNAL_STORAGE')).length, 1)
  // Of a library, the app decides.
  const alone = trusting('Lcom/charts/Chart;', [], 'writes-shared-storage')
  assert.equal(judged(alone).length, 1)
})

test('what the platform refuses to apps of its time weighs less', () => {
  const facts = trusting('Lcom/bank/Files;', [], 'world-readable')
  assert.equal(judged(facts, 'com.bank', '23')[0]?.severity, undefined)
  const [later] = judged(facts, 'com.bank', '24')
  assert.equal(later?.severity, 'low')
  assert.match(later?.detail ?? '', /throws SecurityException/)
})

test('a class of another package than the app’s is told to be', () => {
  const [other] = judged(trusting('Lcom/adhoc/Net;', []))
  assert.match(other?.detail ?? '', /Its package is not the app’s \(com\.bank\)/)
  for (const own of ['Lcom/bank/net/Tls;', 'La/b/c;', 'Lx;']) {
    assert.doesNotMatch(judged(trusting(own, []))[0]?.detail ?? '', /not the app’s/)
  }
})
