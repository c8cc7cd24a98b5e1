import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { generate, type TargetName, targetNames, targets } from '../../src/index.ts'
import { pin } from '../pins-yaml.ts'
import { fileOf, type Sketch, textOf, wholeRoots } from './file-of.ts'

function refusal(target: TargetName, hosts: Sketch): string | undefined {
  try {
    textOf(target, hosts)
  } catch (error) {
    assert.ok(isProblem(error), String(error))
    assert.equal(error.code, 'pins_not_expressible')
    assert.match(error.detail ?? '', /pins\.yaml:\d+:\d+: /)
    return error.detail
  }
  return undefined
}

/** The table of the guide: which target can say which depth. */
const depths: Readonly<Record<TargetName, readonly string[]>> = {
  'android-nsc': ['none', 'any'],
  'ios-ats': ['none', 'one'],
  okhttp: ['none', 'one', 'any'],
  'trustkit-ios': ['none', 'any'],
  expo: ['none'],
  'android-trust-anchors': ['none', 'any'],
  'ios-urlsession': ['none', 'one', 'any'],
  'sallyport-sdk': ['none', 'one', 'any'],
}

for (const target of targetNames) {
  for (const depth of ['none', 'one', 'any']) {
    const can = depths[target].includes(depth)
    test(`${target} ${can ? 'says' : 'refuses'} subdomains ${depth}`, () => {
      const isWhole = !targets[target].compares.includes('key')
      const told = refusal(target, {
        'api.example.com': `    subdomains: ${depth}\n${isWhole ? wholeRoots : ''}`,
      })
      assert.equal(told === undefined, can, told ?? 'it was taken')
      if (told !== undefined) assert.match(told, /list the names as hosts of their own/)
    })
  }
}

const mixed = `    pins:
      - { role: intermediate, sha256: '${pin(1)}' }
      - { role: backup, sha256: '${pin(2)}' }
`

for (const [target, hosts, said] of [
  ['ios-ats', { 'a.example': mixed }, /demands a leaf pin and a CA pin/],
  ['expo', { 'a.example': mixed }, /demands a leaf pin and a CA pin/],
  ['ios-ats', { 'a.example': `    ats: ca\n${mixed}` }, /none is a backup: .*for: intermediate/],
  ['ios-ats', { 'a.example': '    ats: ca\n' }, /leaves no pin/],
  ['android-nsc', { 'a.example': '    enforcement: report\n' }, /cannot report alone/],
  ['android-nsc', { 'a.example': wholeRoots }, /compares keys/],
  ['android-trust-anchors', { 'a.example': '' }, /compares whole certificates/],
  ['trustkit-ios', { localhost: '' }, /public suffix/],
  [
    'okhttp',
    { 'a.example': '    subdomains: any\n', 'b.a.example': '' },
    /takes the pins of both for names under both a\.example and b\.a\.example/,
  ],
  [
    'trustkit-ios',
    { 'a.example': '    subdomains: any\n', 'b.a.example': '    subdomains: any\n' },
    /takes either set/,
  ],
  ['ios-ats', { 'a.example': '    subdomains: one\n', 'b.a.example': '' }, /no rule/],
] as const) {
  test(`${target} refuses what it cannot say: ${said.source}`, () => {
    assert.match(refusal(target, hosts) ?? 'taken', said)
  })
}

test('names below one another are taken where the exact one counts, or the pins are the same', () => {
  const below = { 'a.example': '    subdomains: any\n', 'b.a.example': '' }
  assert.equal(refusal('android-nsc', below), undefined)
  assert.equal(refusal('trustkit-ios', below), undefined)
  const same = `    pins:
      - { role: leaf, sha256: '${pin(1)}' }
      - { role: backup, sha256: '${pin(2)}' }
`
  const alike = { 'a.example': `    subdomains: any\n${same}`, 'b.a.example': same }
  assert.equal(refusal('okhttp', alike), undefined)
})

test('a date that a platform does not know is told, not dropped', () => {
  const file = fileOf({ 'a.example': "    expires: '2027-06-01'\n" })
  const { notes } = generate(targets['ios-ats'], file, { javaPackage: 'pins' })
  assert.deepEqual(notes, [
    'ios-ats knows no date: its pins hold beyond 2027-06-01, until the build is replaced',
  ])
  assert.deepEqual(generate(targets.okhttp, file, { javaPackage: 'pins' }).notes, [])
})

test('the package of a Java class is a name and nothing else', () => {
  const file = fileOf({ 'a.example': '' })
  assert.throws(
    () => generate(targets.okhttp, file, { javaPackage: 'pins; class X {}' }),
    (error) => isProblem(error) && error.code === 'command_usage',
  )
})
