import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EntryFault } from '../../src/archive/entry.ts'
import { provisioningProfileReader } from '../../src/ios/provisioning-profile.ts'
import { fixture, readWith } from '../collect.ts'

const der = fixture('ios/development.mobileprovision')
const ber = fixture('ios/development-ber.mobileprovision')
const path = 'Payload/Bank.app/embedded.mobileprovision'

/** The same message around another list, as long: the signature is nobody's business. */
function withList(change: (list: string) => string): Buffer {
  const bytes = Buffer.from(der)
  const start = bytes.indexOf('<?xml')
  const end = bytes.indexOf('</plist>') + 8
  const list = change(bytes.toString('utf8', start, end))
  assert.equal(list.length, end - start)
  bytes.write(list, start)
  return bytes
}

for (const [name, bytes] of Object.entries({ der, ber })) {
  test(`a profile as ${name.toUpperCase()} says whom it is for, and until when`, async () => {
    assert.ok(provisioningProfileReader.takes(bytes, path))
    const { facts, notChecked } = await readWith(provisioningProfileReader, bytes, path)
    assert.deepEqual(facts.provisioningProfiles, [
      {
        path,
        kind: 'development',
        name: 'Bank Development',
        teamName: 'Example Bank',
        expiresAt: new Date('2026-06-30T10:00:00Z'),
        devices: 2,
      },
    ])
    assert.deepEqual(notChecked, [])
  })
}

test('the list that counts is the signed content, not the first text that looks like one', async () => {
  const decoy = Buffer.from('<?xml version="1.0"?><plist><dict/></plist>')
  const bytes = Buffer.concat([der, decoy])
  const { facts } = await readWith(provisioningProfileReader, bytes, path)
  assert.equal(facts.provisioningProfiles[0]?.name, 'Bank Development')
})

test('kinds are told apart', async () => {
  const adHoc = withList((list) => list.replace('get-task-allow', 'get-task-deny!'))
  const store = withList((list) =>
    list
      .replace('get-task-allow', 'get-task-deny!')
      .replace('ProvisionedDevices', 'ProvisionedNothing'),
  )
  // As long as the name of the list of devices is.
  const enterprise = withList((list) =>
    list
      .replace('get-task-allow', 'get-task-deny!')
      .replace(/<key>ProvisionedDevices[^]*<\/array>/, (devices) =>
        '<key>ProvisionsAllDevices</key><true/>'.padEnd(devices.length),
      ),
  )
  for (const [kind, bytes] of [
    ['ad-hoc', adHoc],
    ['app-store', store],
    ['enterprise', enterprise],
  ] as const) {
    const { facts } = await readWith(provisioningProfileReader, bytes, path)
    assert.equal(facts.provisioningProfiles[0]?.kind, kind)
  }
})

test('a signature of an APK is no profile', () => {
  const bytes = Buffer.concat([der.subarray(0, 40), Buffer.alloc(200)])
  assert.ok(!provisioningProfileReader.takes(bytes, 'META-INF/CERT.RSA'))
})

test('bytes that were changed are read, or refused in words', async () => {
  const changes = fc.array(fc.tuple(fc.nat(der.length - 1), fc.nat(255)), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(der, ber),
      changes,
      fc.nat(der.length),
      async (whole, all, to) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of all) bytes[at] = value
        for (const tried of [bytes, bytes.subarray(0, to)]) {
          try {
            await readWith(provisioningProfileReader, tried, path)
          } catch (error) {
            if (!(error instanceof EntryFault)) throw error
          }
        }
      },
    ),
    { numRuns: 500 },
  )
})
