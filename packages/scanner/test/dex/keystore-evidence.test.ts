import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceEntry, ResourceTable } from '../../src/android/resources/resource-table.ts'
import { withKeystoreUse } from '../../src/dex/keystore-evidence.ts'
import { keystoreHints } from '../../src/dex/keystore-hints.ts'
import { noFacts } from '../../src/facts.ts'
import type { Finding } from '../../src/finding.ts'
import { defaultLimits } from '../../src/limits.ts'
import type { Sink } from '../../src/sink.ts'

const entry = (text: string): ResourceEntry[] => [
  { config: { sdk: 0, isDefault: true }, value: { kind: 'string', text }, offset: 0 },
]
const table: ResourceTable = {
  path: 'resources.arsc',
  byId: (id) => (id === 0x7f_0f_00_03 ? entry('res/raw/client.p12') : []),
  byName: (name) => (name === 'string/store_word' ? entry('open-sesame') : []),
  nameOf: () => undefined,
  ofType: () => [],
}

function opened(strings: readonly string[]) {
  const facts = noFacts()
  facts.resourceTables.push(table)
  facts.keystoreUses.push({
    method: 'Lcom/bank/Tls;->open(I)V',
    strings,
    resourceIds: [0x7f_0f_00_03],
    resourceNames: ['string/store_word'],
    location: { path: 'classes.dex' },
  })
  return facts
}

const found = (path: string): Finding => ({
  rule: 'client-identity',
  confidence: 'certain',
  title: '',
  detail: 'Found.',
  locations: [{ path }],
  identity: 'key',
})

test('a keystore is told with the code that opens it, by asset or by resource', () => {
  const assets = opened(['PKCS12', 'certs/client.p12'])
  assert.equal(
    withKeystoreUse(found('assets/certs/client.p12'), assets).detail,
    'Found. The app opens it in com.bank.Tls.open.',
  )
  assert.equal(
    withKeystoreUse(found('res/raw/client.p12'), opened([])).facts?.['usedBy'],
    'com.bank.Tls.open',
  )
  const other = withKeystoreUse(found('assets/other.p12'), assets)
  assert.equal(other.facts?.['usedBy'], undefined)
})

test('texts of resources that such code names may be passwords', () => {
  const told: string[] = []
  const nothing = () => {}
  const sink: Sink = {
    text: nothing,
    blob: nothing,
    fact: (kind, fact) => {
      if (kind === 'passwords' && 'text' in fact) told.push(fact.text)
    },
    report: nothing,
    notChecked: nothing,
  }
  const settings = { submittedAt: new Date(0), releaseWindowDays: 1, limits: defaultLimits }
  void keystoreHints(settings).end?.(opened([]), sink)
  assert.deepEqual(told, ['res/raw/client.p12', 'open-sesame'])
})
