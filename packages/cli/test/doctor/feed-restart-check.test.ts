import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restartFindings } from '../../src/doctor/feed-restart-check.ts'

const now = Date.parse('2027-01-01T12:00:00Z')

test('a gateway that had the feed begin anew is warned of, and one that was refused fails', () => {
  const restarts = [
    { gateway: 'gateway-1', at: '2027-01-01T11:00:00.000Z', refused: false },
    { gateway: 'gateway-2', at: '2027-01-01T10:00:00.000Z', refused: false },
    { gateway: 'gateway-2', at: '2027-01-01T11:30:00.000Z', refused: true },
  ]
  const findings = restartFindings(restarts, now)
  assert.deepEqual(
    findings.map(({ what, verdict }) => [what, verdict]),
    [
      ['gateway-1', 'warn'],
      ['gateway-2', 'fail'],
    ],
  )
  assert.match(findings[1]?.found ?? '', /refused/)
  assert.match(findings[1]?.fix ?? '', /gateways revoke/)
  assert.deepEqual(restartFindings([], now), [])
})
