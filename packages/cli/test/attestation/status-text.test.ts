import { test } from 'node:test'
import type { AttestationStatus } from '@sallyport/authority'
import { type ListedDevices, statusText } from '../../src/attestation/status-text.ts'
import { assertGolden } from '../golden.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const document = {
  source: 'fetch',
  url: 'https://android.googleapis.com/attestation/status',
  sha256: 'ab'.repeat(32),
  fetchedAt: '2026-11-17T12:00:00.000Z',
  ageSeconds: 4 * 86_400,
  attemptedAt: '2026-11-21T11:30:00.000Z',
  heldAt: '2026-11-17T12:00:00.000Z',
  nextAttemptAt: '2026-11-21T12:30:00.000Z',
} as const
const status: AttestationStatus & { listedDevices: ListedDevices } = {
  needed: true,
  takesSnapshot: false,
  statusList: {
    ...document,
    entries: 1_204,
    maxAgeSeconds: 72 * 3_600,
    tooOld: true,
    whenTooOld: 'refuse',
    doubted: { sha256: 'cd'.repeat(32), entries: 3, fetchedAt: '2026-11-21T11:30:00.000Z' },
  },
  roots: {
    ...document,
    url: 'https://android.googleapis.com/attestation/root',
    pinned: [{ spkiSha256: 'fe'.repeat(32), subject: 'CN=Root', trusted: true, published: true }],
    unpinned: [{ spkiSha256: '01'.repeat(32), subject: null, trusted: false, published: true }],
    development: [],
  },
  devices: {
    onRevokedSerial: 'suspend',
    listed: 7,
    waiting: 2,
    lifted: 1,
    sweptAt: '2026-11-21T11:59:00.000Z',
    sweepMs: 41,
  },
  listedDevices: [
    {
      deviceId: 'dev_aaaaaaaaaaaaaaaaaaaaaaaaaa',
      appId: 'wallet',
      status: 'active',
      statusReason: null,
      serial: '2b93de1176be43cec61253edf5eace94',
      listed: 'REVOKED',
      handledAt: '2026-11-21T11:59:00.000Z',
    },
    {
      deviceId: 'dev_bbbbbbbbbbbbbbbbbbbbbbbbbb',
      appId: 'wallet',
      status: 'suspended',
      statusReason: 'attestation key listed',
      serial: 'c5a1',
      listed: null,
      handledAt: '2026-11-20T11:59:00.000Z',
    },
  ],
  receipts: [
    {
      teamId: 'ABCDE12345',
      environment: 'production',
      url: 'https://data.appattest.apple.com/v1/attestationData',
      due: 12,
      dueSince: '2026-11-21T11:40:00.000Z',
      maxRiskMetric: 10,
      onRisk: 'suspend',
      atRisk: 2,
      answeredAt: '2026-11-21T11:59:00.000Z',
      nextAttemptAt: '2026-11-21T12:20:00.000Z',
    },
  ],
  problems: [
    {
      code: 'status_list_shrunk',
      about: 'statusList',
      title: 'The status list lost most of its entries',
      detail: 'expected most of 1204 entries to be there still, found 3',
      fix: 'Compare with the publisher.',
      since: '2026-11-17T13:00:00.000Z',
    },
  ],
}

test('the status says how old things are, what is wrong, and whom the list brings down', () => {
  const plain = (_style: unknown, text: string): string => text
  assertGolden('attestation-status.txt', `${statusText(status, plain, now)}\n`)
})
