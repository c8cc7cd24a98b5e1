import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttestationReport } from '@sallyport/authority'
import { reportAdvice, reportText } from '../../src/attestation/report-text.ts'
import { assertGolden } from '../golden.ts'

const counts = { appraised: 40, accepted: 30, wouldBeRefused: 8, refused: 2 }
const report: AttestationReport = {
  appId: 'wallet',
  since: '2026-10-22T00:00:00.000Z',
  until: '2026-11-21T00:00:00.000Z',
  totals: { appraised: 200, accepted: 180, wouldBeRefused: 18, refused: 2 },
  byCheck: [
    {
      format: 'android-key',
      name: 'bootloader',
      code: 'android_bootloader_unlocked',
      wouldBeRefused: 12,
      refused: 0,
    },
    {
      format: 'play-integrity',
      name: 'device',
      code: 'play_integrity_device_unrecognised',
      wouldBeRefused: 6,
      refused: 2,
    },
  ],
  byModel: [
    { name: 'Pixel 9a', ...counts },
    { name: null, ...counts },
  ],
  byOsVersion: [{ name: '16', ...counts }],
  byAppVersion: [{ name: '4.2.0\u001b[2J', ...counts }],
  isTruncated: true,
}
const plain = (_style: unknown, text: string): string => text

test('a report says what policy costs, and whom', () => {
  assertGolden('attestation-report.txt', `${reportText(report, plain)}\n`)
})

test('the advice names the check that costs most', () => {
  assert.match(reportAdvice(report), /lost to bootloader \(android_bootloader_unlocked\)/)
  assert.match(reportAdvice({ ...report, byCheck: [] }), /costs no phone/)
  const none = { appraised: 0, accepted: 0, wouldBeRefused: 0, refused: 0 }
  assert.match(reportAdvice({ ...report, totals: none, byCheck: [] }), /No phone has enrolled/)
})
