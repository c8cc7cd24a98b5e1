import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inflation, scanner } from '../../src/scan/scan-peers.ts'
import { meetsScanLimits, reportedScan } from '../../src/scan/scan-report.ts'
import { scanText } from '../../src/scan/scan-text.ts'

const scanned = { name: 'a package', file: 'a.apk', megabytes: 20, limitSeconds: 2 }

function reportOf(own: { seconds: number; cpuSeconds: number; peakMegabytes: number }) {
  const base = { seconds: 0.2, cpuSeconds: 0.2, peakMegabytes: 100 }
  const costs = new Map([
    [inflation, [base, base]],
    [scanner, [own, own]],
  ])
  return {
    machine: { cores: 2 },
    settings: { rounds: 2 },
    packages: [reportedScan(scanned, costs)],
  }
}

test('a scan within its limits meets them, and says so', () => {
  const report = reportOf({ seconds: 1, cpuSeconds: 1.1, peakMegabytes: 200 })
  assert.equal(meetsScanLimits(report), true)
  const text = scanText(report)
  assert.match(text, /\| sallyport scan .*\| +1\.00 \| +1\.10 \| +5\.50 × \| +200 \|/)
  assert.match(text, /^met: a package, seconds: at most 2 s, found 1\.00 s$/m)
  assert.doesNotMatch(text, /NOT met/)
})

test('time, memory and the ratio to inflation are each a limit', () => {
  const within = { seconds: 1, cpuSeconds: 1, peakMegabytes: 200 }
  for (const [beyond, what] of [
    [{ seconds: 2.1 }, 'seconds'],
    [{ peakMegabytes: 301 }, 'peak memory'],
    [{ cpuSeconds: 1.3 }, 'CPU time beside plain inflation'],
  ] as const) {
    const report = reportOf({ ...within, ...beyond })
    assert.equal(meetsScanLimits(report), false)
    assert.match(scanText(report), new RegExp(`^NOT met: a package, ${what}: `, 'm'))
  }
})
