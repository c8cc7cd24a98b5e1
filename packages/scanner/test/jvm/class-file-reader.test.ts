import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { jvmInstructions } from '../../src/jvm/bytecode.ts'
import { classFileReader } from '../../src/jvm/class-file-reader.ts'
import { isClassFile } from '../../src/jvm/class-file.ts'
import { readWith } from '../dex/read-dex.ts'

// Sources and fixtures stay where they are, while this runs from dist.
const folder = path.join(import.meta.dirname, '../../../test/jvm')
const fixtures = path.join(folder, 'fixtures')

function compile(out: string): boolean {
  const run = spawnSync(
    'javac',
    [
      '--release',
      '11',
      '-encoding',
      'utf8',
      '-d',
      out,
      'com/bank/Tls.java',
      'com/bank/Shapes.java',
    ],
    {
      cwd: path.join(folder, 'java'),
      encoding: 'utf8',
    },
  )
  if (run.error !== undefined) return false
  if (run.status !== 0) throw new Error(`javac: ${run.stderr}`)
  return true
}

function readAll(classes: string) {
  const read = readdirSync(classes)
    .toSorted()
    .map((name) => readWith(classFileReader, readFileSync(path.join(classes, name)), name))
  return {
    shapes: read
      .flatMap(({ facts }) => facts.codeShapes)
      .map(({ shape, owner }) => `${shape} ${owner}`)
      .toSorted(),
    passwords: read.flatMap(({ facts }) => facts.passwords).map(({ text }) => text),
    users: new Map(read.flatMap(({ facts }) => facts.typeUses).flatMap(({ by }) => [...by])),
    regions: read.flatMap(({ regions }) => regions),
  }
}

const expected = [
  'accepts-every-name Lcom/bank/Shapes$AnyName;',
  'accepts-every-name Lcom/bank/Shapes$AnyNameByMethod;',
  'accepts-every-name Lcom/bank/Shapes$AnyNameByVariable;',
  'accepts-every-name Lcom/bank/Tls;',
  'always-proceeds Lcom/bank/Shapes$Proceeds;',
  'always-proceeds Lcom/bank/Shapes$ProceedsByMethod;',
  'always-proceeds Lcom/bank/Tls$Proceeds;',
  'checks-only-dates Lcom/bank/Shapes$OnlyDates;',
  'trusts-every-certificate Lcom/bank/Shapes$Caught;',
  'trusts-every-certificate Lcom/bank/Shapes$Helped;',
  'trusts-every-certificate Lcom/bank/Shapes$Logged;',
  'trusts-every-certificate Lcom/bank/Shapes$NullChecked;',
  'trusts-every-certificate Lcom/bank/Tls$Trusts;',
]

test('class files are read for what refuses nothing, and for texts near keystores', () => {
  const { shapes, passwords, users } = readAll(fixtures)
  assert.deepEqual(shapes, expected)
  assert.ok(passwords.includes('in-a-jar-5'))
  assert.deepEqual(users.get('Lcom/bank/Tls$Trusts;'), ['Lcom/bank/Tls;->'])
  assert.ok(users.has('Lcom/bank/Tls;'), 'the class of a lambda is in use')
})

test('what javac makes of the sources today reads the same', (t) => {
  const out = mkdtempSync(path.join(tmpdir(), 'javac-'))
  try {
    if (!compile(out)) {
      if (process.env['CI'] !== undefined) throw new Error('javac is not installed')
      t.skip('javac is not installed')
      return
    }
    const classes = path.join(out, 'com/bank')
    if (process.env['SALLYPORT_WRITE_FIXTURES'] !== undefined) {
      cpSync(classes, fixtures, { recursive: true })
    }
    assert.deepEqual(readAll(classes).shapes, expected)
  } finally {
    rmSync(out, { recursive: true })
  }
})

test('texts of the constant pool lie where their offsets say', () => {
  const bytes = readFileSync(path.join(fixtures, 'Tls.class'))
  const region = readAll(fixtures).regions.find(({ text }) => text.includes('in-a-jar-5'))
  for (const words of ['in-a-jar-5', 'jar-5', 'bank.example']) {
    const offset = region?.offsetAt(region.text.indexOf(words)) ?? 0
    assert.equal(bytes.toString('latin1', offset, offset + words.length), words)
  }
})

test('a universal Mach-O, which begins as class files do, is none', () => {
  const fat = Buffer.from('cafebabe0000000200000000', 'hex')
  assert.equal(isClassFile(fat), false)
  assert.equal(isClassFile(readFileSync(path.join(fixtures, 'Tls.class'))), true)
})

for (const name of ['Tls.class', 'Shapes$Caught.class', 'Shapes$ChecksError.class']) {
  test(`${name} with flipped bytes, or cut, ends in a RangeError or is read`, () => {
    const bytes = readFileSync(path.join(fixtures, name))
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 })
    fc.assert(
      fc.property(flips, fc.integer({ min: 10, max: bytes.length }), (changes, length) => {
        const changed = Buffer.from(bytes.subarray(0, length))
        for (const [at, value] of changes) changed[8 + (at % (length - 8))] = value
        try {
          readWith(classFileReader, changed, name)
        } catch (error) {
          assert.ok(error instanceof RangeError)
        }
      }),
      { numRuns: 500 },
    )
  })
}

test('code of any bytes is taken apart within its bounds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (code) => {
      const found = jvmInstructions(Buffer.from(code))
      let end = 0
      for (const { at, targets } of found) {
        assert.ok(at >= end && at < code.length && targets.length <= code.length)
        end = at + 1
      }
    }),
  )
})
