import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textReport } from '../../src/report/text-report.ts'
import { sampleReport } from './sample.ts'

test('the lines that show a finding again have the file in them, as a shell takes it', () => {
  const again = (file: string) =>
    /again +\$ unzip -p (.*?) 'assets/.exec(textReport([{ ...sampleReport(), file }]))?.[1]
  assert.equal(again('build/app-release.apk'), 'build/app-release.apk')
  assert.equal(again("it's $(mine).apk"), "'it'\\''s $(mine).apk'")
})

test('colours are those that are painted, and the text is the same without', () => {
  const plain = textReport([sampleReport()])
  const painted = textReport([sampleReport()], (style, text) => `<${style}>${text}</${style}>`)
  assert.match(painted, /<red>CRITICAL<\/red>/)
  assert.equal(painted.replaceAll(/<\/?(?:bold|dim|red|yellow|green|cyan)>/g, ''), plain)
})

test('no line but commands and places is longer than a terminal', () => {
  const lines = textReport([sampleReport()]).split('\n')
  const long = lines.filter(
    (line) =>
      line.length > 100 &&
      !/^ +(?:where|again) |^(?:CRIT|HIGH|MED|LOW|INFO)|^ {16}\S*$|error/.test(line),
  )
  assert.deepEqual(long, [])
})
