import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figureNames } from '../../src/report/figures.ts'
import { compare } from '../../src/report/report.ts'
import { markdownTable, reportText } from '../../src/report/report-text.ts'

test('a table is Markdown with its columns in line, the first to the left, numbers to the right', () => {
  assert.equal(
    markdownTable([
      ['', 'nginx', 'other'],
      ['CPU, µs', '13.7', '8'],
    ]),
    [
      '|         | nginx | other |',
      '| ------- | ----: | ----: |',
      '| CPU, µs |  13.7 |     8 |',
    ].join('\n'),
  )
})

test('the report has a row a figure, says what is missing, and holds its subject against the limits', () => {
  const samplesOf = (value: number) =>
    Object.fromEntries(figureNames.map((name) => [name, [value]])) as never
  const text = reportText(
    {
      machine: { processor: 'Example', cores: 2 },
      settings: { rounds: 1 },
      base: 'base',
      gateways: compare(
        [
          { name: 'base', version: '1.22', samples: samplesOf(10) },
          { name: 'subject', version: '0.1.0', samples: samplesOf(20) },
        ],
        'base',
      ),
      missing: [{ name: 'Other', install: 'apt-get install other' }],
    },
    'subject',
  )
  const lines = text.split('\n')
  assert.match(lines[0] ?? '', /^\| +\| +base 1\.22 \| +subject 0\.1\.0 \|$/)
  assert.match(
    text,
    /^\| CPU per kept-alive request, HTTP\/1\.1, µs +\| +10\.0 \| +20\.0 \(2\.00 ×\) \|$/m,
  )
  assert.match(
    text,
    /^\| Resident memory, idle after the start, MB +\| +10 \| +20 \(2\.00 ×\) \|$/m,
  )
  assert.match(text, /^Not installed: Other \(apt-get install other\)\.$/m)
  assert.match(text, /^Machine: processor Example, cores 2\.$/m)
  assert.match(
    text,
    /^met: CPU per kept-alive request, HTTP\/1\.1: at most 2\.3 ×, found 2\.00 ×$/m,
  )
  assert.match(text, /^NOT met: CPU per full handshake: at most 1\.6 ×, found 2\.00 ×$/m)
  assert.match(text, /^met: Resident memory, idle after the start: at most 120 MB, found 20 MB$/m)
})
