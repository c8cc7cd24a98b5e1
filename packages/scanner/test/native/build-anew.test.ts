import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { elfReader } from '../../src/native/elf.ts'
import { machOReader } from '../../src/native/mach-o/mach-o.ts'
import { readBinaryPlist } from '../../src/plist/binary-plist.ts'
import type { PlistValue } from '../../src/plist/plist-value.ts'
import { readXmlPlist } from '../../src/plist/xml-plist.ts'
import { placesOf, readWith } from '../collect.ts'

// What the committed fixtures prove of one build, proven of others where the tools are: npm alone runs the rest.

function isThere(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Skips, and says why; where continuous integration installs the tools, it does not. */
function needs(t: TestContext, ...tools: readonly string[]): boolean {
  const missing = tools.filter((tool) => !isThere(tool))
  if (missing.length === 0) return true
  assert.notEqual(process.env['CI'], 'true', `must not be skipped here: no ${missing.join(', ')}`)
  t.skip(`not installed here: ${missing.join(', ')}`)
  return false
}

function inFolder<Result>(work: (folder: string) => Result): Result {
  const folder = mkdtempSync(path.join(tmpdir(), 'scanner-build-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const source = String.raw`
__attribute__((visibility("default"))) const char constant[] = "constant-secret-0123456789";
__attribute__((visibility("default"))) char writable[] = "writable-secret-0123456789";
__attribute__((visibility("default"))) const unsigned short wide[] = u"wide-secret-0123456789";
static const char pointed[] = "pointed-secret-0123456789";
__attribute__((visibility("default"))) const char *table[] = { pointed, constant };
`
const narrow = ['constant', 'writable', 'pointed'].map((kind) => `${kind}-secret-0123456789`)
const wide = 'wide-secret-0123456789'

const targets = [
  'aarch64-linux-android',
  'armv7-linux-androideabi',
  'x86_64-linux-android',
  'i686-linux-android',
]
const linkers = { lld: [], 'lld, with code and constants in one segment': ['-Wl,--no-rosegment'] }

for (const target of targets) {
  for (const [linker, options] of Object.entries(linkers)) {
    test(`ELF for ${target} by ${linker}`, async (t) => {
      if (!needs(t, 'clang', 'ld.lld', 'llvm-objcopy')) return
      const [whole, stripped] = inFolder((folder) => {
        const [c, so, bare] = ['a.c', 'a.so', 'b.so'].map((name) => path.join(folder, name)) as [
          string,
          string,
          string,
        ]
        writeFileSync(c, source)
        const link = ['-shared', '-nostdlib', '-fuse-ld=lld', ...options]
        execFileSync('clang', [`--target=${target}`, '-O2', '-fPIC', ...link, '-o', so, c])
        execFileSync('llvm-objcopy', ['--strip-sections', so, bare])
        return [readFileSync(so), readFileSync(bare)] as const
      })
      for (const bytes of [whole, stripped]) {
        const { regions, notChecked } = await readWith(elfReader, bytes)
        for (const text of narrow)
          assert.deepEqual(placesOf(text, regions), [bytes.indexOf(text)], text)
        assert.deepEqual(placesOf(wide, regions), [bytes.indexOf(wide, 0, 'utf16le')])
        assert.deepEqual(notChecked, [])
      }
    })
  }
}

for (const architecture of ['arm64', 'x86_64', 'armv7']) {
  test(`Mach-O for ${architecture}`, async (t) => {
    if (!needs(t, 'clang')) return
    const bytes = inFolder((folder) => {
      const [c, object] = ['a.c', 'a.o'].map((name) => path.join(folder, name)) as [string, string]
      writeFileSync(c, source)
      execFileSync('clang', [
        `--target=${architecture}-apple-ios${architecture === 'armv7' ? '10.0' : '14.0'}`,
        '-O2',
        '-c',
        '-o',
        object,
        c,
      ])
      return readFileSync(object)
    })
    const { regions, facts, notChecked } = await readWith(machOReader, bytes)
    for (const text of narrow)
      assert.deepEqual(placesOf(text, regions), [bytes.indexOf(text)], text)
    assert.deepEqual(placesOf(wide, regions), [bytes.indexOf(wide, 0, 'utf16le')])
    assert.equal(facts.machOs[0]?.architecture, architecture)
    assert.deepEqual(notChecked, [])
  })
}

/** As plistutil writes it. Keys and texts without what XML cannot say. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map((each) => each.replace(/[^ -~à-￼]/g, 'x'))
const tree: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text.map((each) => `<string>${escaped(each)}</string>`),
    fc.integer().map((each) => `<integer>${each}</integer>`),
    fc.boolean().map((each) => `<${each}/>`),
    fc
      .uint8Array({ maxLength: 20 })
      .map((each) => `<data>${Buffer.from(each).toString('base64')}</data>`),
    fc.array(tie('value'), { maxLength: 5 }).map((each) => `<array>${each.join('')}</array>`),
    fc
      .uniqueArray(fc.tuple(text, tie('value')), { maxLength: 5, selector: ([key]) => key })
      .map(
        (each) =>
          `<dict>${each.map(([key, value]) => `<key>${escaped(key)}</key>${value}`).join('')}</dict>`,
      ),
  ),
})).value

function escaped(each: string): string {
  return each.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function plain(value: PlistValue): unknown {
  if (value.type === 'array') return value.items.map(plain)
  if (value.type === 'data') return value.bytes.toString('hex')
  if (value.type !== 'dictionary') return { ...value, offset: 0 }
  return Object.fromEntries([...value.members].map(([key, member]) => [key, plain(member)]))
}

test('property lists say the same in binary as libplist writes them', (t) => {
  if (!needs(t, 'plistutil')) return
  inFolder((folder) => {
    const [xml, binary] = ['a.xml', 'a.bin'].map((name) => path.join(folder, name)) as [
      string,
      string,
    ]
    fc.assert(
      fc.property(tree, (inner) => {
        const list = Buffer.from(
          `<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">${inner}</plist>`,
        )
        writeFileSync(xml, list)
        execFileSync('plistutil', ['-f', 'bin', '-i', xml, '-o', binary])
        assert.deepEqual(plain(readBinaryPlist(readFileSync(binary))), plain(readXmlPlist(list)))
      }),
      { numRuns: 200 },
    )
  })
})
