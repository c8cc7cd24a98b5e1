import assert from 'node:assert/strict'
import { test } from 'node:test'
import { junitReport } from '../../src/report/junit-report.ts'
import { acceptedReport, sampleReport } from './sample.ts'

test('the numbers are those of the cases', () => {
  const xml = junitReport([sampleReport(), acceptedReport()])
  const [, tests, failures, skipped] =
    /<testsuites [^>]*tests="(\d+)" failures="(\d+)" errors="0" skipped="(\d+)"/.exec(xml) ?? []
  assert.equal(Number(tests), xml.match(/<testcase /g)?.length)
  assert.equal(Number(skipped), xml.match(/<skipped /g)?.length)
  assert.equal(Number(failures), 4)
})

test('it is XML 1.0: no character that has no place in it, and no markup but its own', () => {
  const xml = junitReport([sampleReport()])
  assert.doesNotMatch(xml, /[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
  assert.doesNotMatch(xml, /<script|\]\]>/)
  const open: string[] = []
  for (const [, slash, name, empty] of xml.matchAll(/<(\/?)([a-z-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (slash === '/') assert.equal(open.pop(), name)
    else if (empty !== '/') open.push(name ?? '')
  }
  assert.deepEqual(open, [])
})
