import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { type Reason, reasons } from '@sallyport/problem'
import { commands } from '../../src/commands.ts'
import { readCommandLine } from '../../src/command-line.ts'
import { loadConfig } from '../../src/configuration/schema.ts'
import { newFolder } from '../sallyport.ts'
import { blocksOf, guide, shellLines, wordsOf } from './guide.ts'

describe('the guide to attestation', () => {
  test('says of every reason of attestation whose move it is, and of no other', () => {
    const told = [...guide.matchAll(/^\| `([a-z_]+)` \| /gm)].map(([, code]) => String(code))
    const known = Object.entries<Reason>(reasons)
      .filter(([, { area }]) => area === 'attestation')
      .map(([code]) => code)
    assert.deepEqual(told.toSorted(), known.toSorted())
  })

  test('names no other party than those that it introduces', () => {
    const parties = [...guide.matchAll(/^\| `[a-z_]+` \| ([^|]+) \|/gm)]
    for (const [line, named = ''] of parties) {
      for (const party of named.split(', ')) {
        assert.ok(['app', 'phone', 'operator', 'attack'].includes(party), line)
      }
    }
  })

  test('has configurations that are valid', () => {
    const folder = newFolder()
    const blocks = blocksOf(guide, 'yaml')
    assert.ok(blocks.length >= 4)
    for (const [index, block] of blocks.entries()) {
      const file = path.join(folder, `${index}.yaml`)
      writeFileSync(file, `version: 1\ntrustDomain: example.com\n${block}`)
      loadConfig(file)
    }
  })

  test('has JSON that is JSON', () => {
    for (const block of blocksOf(guide, 'json')) JSON.parse(block)
  })

  test('has shell lines that call commands with options that they have', () => {
    const lines = shellLines(guide)
    assert.ok(lines.length >= 8)
    for (const line of lines) {
      const [program, ...argv] = wordsOf(line)
      assert.equal(program, 'sallyport', line)
      assert.ok('chosen' in readCommandLine(argv, commands), line)
    }
  })
})
