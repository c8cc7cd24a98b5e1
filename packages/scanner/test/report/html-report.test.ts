import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { htmlReport } from '../../src/report/html/html-report.ts'
import { acceptedReport, hostileName, sampleReport } from './sample.ts'

const page = htmlReport([sampleReport(), acceptedReport()])

test('the page needs nothing else: no script, no address that a browser would ask', () => {
  assert.doesNotMatch(page, /<(?:script|link|img|iframe|object|base)\b/i)
  assert.doesNotMatch(page, /\b(?:src|href)="(?!#)/i)
  assert.doesNotMatch(page, /\son\w+=/i)
  assert.doesNotMatch(page, /url\(|@import/i)
})

test('its policy lets in the style that it has, and nothing else', () => {
  const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]
  assert.equal(
    policy?.replaceAll('&#39;', "'"),
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  )
})

test('names from the package are text', () => {
  assert.ok(!page.includes(hostileName))
  assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'))
  for (const obeyed of ['\u202e', '\u001b', '\u009b', '\u2028']) assert.ok(!page.includes(obeyed))
})

test('every element is closed, in order', () => {
  const open: string[] = []
  const isVoid = /^(?:meta|br)$/
  const markup = page.replace(/<style>[^]*?<\/style>|<!doctype html>/g, '')
  for (const [, slash, name = ''] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (isVoid.test(name)) continue
    if (slash === '') open.push(name)
    else assert.equal(open.pop(), name)
  }
  assert.deepEqual(open, [])
})

test('ids are there once, and links lead to them', () => {
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
  for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) assert.ok(ids.includes(target))
})

test('what fails is open, what does not is folded', () => {
  const folded = htmlReport([sampleReport({ failOn: 'never' })])
  assert.doesNotMatch(folded, /<details open>/)
  assert.equal(htmlReport([sampleReport()]).match(/<details open>/g)?.length, 2)
})

test('that nothing fails is no praise where nothing was to fail', () => {
  const verdict = (of: Parameters<typeof sampleReport>[0]) =>
    /<span class="verdict ([\w-]+)">([^<]*)</.exec(htmlReport([sampleReport(of)]))?.slice(1)
  assert.deepEqual(verdict({ failOn: 'never' }), ['asked-nothing', 'Report only'])
  assert.deepEqual(verdict({ failOn: 'critical' }), ['fails', 'Fails'])
})

test('a list with nothing in it is no row', () => {
  const report = sampleReport()
  const findings = report.findings.map((finding) => ({ ...finding, facts: { hosts: [] } }))
  assert.doesNotMatch(htmlReport([{ ...report, findings }]), /<dt>hosts/)
})

test('what a certificate may be used for is told by name', () => {
  const report = sampleReport()
  const facts = { extendedKeyUsage: ['1.3.6.1.5.5.7.3.2', '1.2.3.4'] }
  const findings = report.findings.map((finding) => ({ ...finding, facts }))
  assert.match(
    htmlReport([{ ...report, findings }]),
    /<dd>clientAuth \(1\.3\.6\.1\.5\.5\.7\.3\.2\), 1\.2\.3\.4<\/dd>/,
  )
})
