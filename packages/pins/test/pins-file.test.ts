import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isProblem, type Problem } from '@sallyport/problem'
import fc from 'fast-check'
import {
  generate,
  parsePinsFile,
  pinFault,
  pinSetFaults,
  refuseFaultySets,
  targets,
} from '../src/index.ts'
import { now, pin, pinsYaml } from './pins-yaml.ts'

/** Beside it lie certificates. */
const fixtures = fileURLToPath(new URL('../../test/fixtures/pins.yaml', import.meta.url))

function refusal(run: () => unknown): Problem {
  try {
    run()
  } catch (error) {
    assert.ok(isProblem(error), String(error))
    return error
  }
  return assert.fail('it was accepted')
}

const parsed = (hosts: string) => parsePinsFile('pins.yaml', pinsYaml(hosts))

test('a file is read, with what was left out filled in', () => {
  const { hosts, release } = parsed(
    `  api.example.com:\n    pins:\n      - { role: leaf, sha256: '${pin(1)}' }\n`,
  )
  assert.deepEqual(
    hosts.map(({ name, port, subdomains, enforcement, compare, pins }) => [
      name,
      port,
      subdomains,
      enforcement,
      compare,
      pins.map(({ role, place, sha256 }) => [role, place, sha256]),
    ]),
    [['api.example.com', 443, 'none', 'enforce', 'key', [['leaf', 'leaf', pin(1)]]]],
  )
  assert.deepEqual(release, { everyDays: 14, adoptionDays: 60, warnDays: 30 })
})

test('a misspelt key is named with file, line, column and the nearest right one', () => {
  const problem = refusal(() => parsed('  api.example.com:\n    subdomain: any\n    pins: []\n'))
  assert.equal(problem.code, 'pins_invalid')
  assert.match(
    problem.detail ?? '',
    /^pins\.yaml:4:5: unknown key "subdomain"; did you mean "subdomains"\?/,
  )
})

for (const [host, said] of [
  ['API.example.com', /have this name as api\.example\.com/],
  ['api.example.com.', /have this name as api\.example\.com/],
  ['bücher.example', /have this name as xn--bcher-kva\.example/],
  ['192.0.2.1', /an address is not pinned/],
  ["'[2001:db8::1]'", /an address is not pinned/],
  ["'*.example.com'", /no wildcard here: .*subdomains: one/],
  ['a.*.example.com', /no wildcard here/],
  ["'https://api.example.com/'", /stands here alone/],
  ["'api.example.com:8443'", /"port" is a member/],
  ["'10'", /no name of a host/],
  ['a.0x7f', /no name of a host/],
  ['a~1b', /no name of a host/],
  ['__proto__', /no name of a host/],
  ['null', /no name of a host/],
] as const) {
  test(`${host} is no host, and what to write is told`, () => {
    const problem = refusal(() =>
      parsed(`  ${host}: { pins: [{ role: leaf, sha256: '${pin(1)}' }] }\n`),
    )
    assert.match(problem.detail ?? '', host === 'null' ? /^pins\.yaml:2:1: / : /^pins\.yaml:3:3: /)
    assert.match(problem.detail ?? '', said)
  })
}

for (const [name, text, said] of [
  ['billion laughs', `a: &a [${'x, '.repeat(9)}x]\n`.concat(...laughs()), /alias/],
  ['brackets without end', '['.repeat(100_000), /nested too deeply/],
  ['dashes without end', '- '.repeat(20_000), /nested too deeply/],
  ['two documents', 'version: 1\n---\nversion: 1\n', /multiple documents/],
  ['a host twice', pinsYaml('  a.example: {}\n  a.example: {}\n'), /4:3: Map keys must be unique/],
  ['an alias of nothing', pinsYaml('  a.example: *gone\n'), /alias/],
  ['a tag of another language', pinsYaml("  a.example: !!js/function 'x'\n"), /Unresolved tag/],
] as const) {
  test(`a file with ${name} is refused, soon`, () => {
    const startedAt = performance.now()
    const problem = refusal(() => parsePinsFile('pins.yaml', text))
    assert.equal(problem.code, 'pins_invalid')
    assert.match(problem.detail ?? '', said)
    assert.ok(performance.now() - startedAt < 10_000)
  })
}

function laughs(): string[] {
  return Array.from({ length: 12 }, (_, index) => {
    const above = index === 0 ? 'a' : `a${index - 1}`
    return `a${index}: &a${index} [${`*${above}, `.repeat(9)}*${above}]\n`
  })
}

test('thousands of hosts are read, judged and generated in time', () => {
  const hosts = Array.from({ length: 3_000 }, (_, index) => {
    const name = index % 3 === 0 ? `deep.h${index - 1}.example.com` : `h${index}.example.com`
    const pins = `[{ role: root, sha256: ${pin(1)} }, { role: backup, for: root, sha256: ${pin(2)} }]`
    return `  ${name}: { pins: ${pins} }\n`
  })
  const file = parsed(hosts.join(''))
  const startedAt = performance.now()
  for (const name of ['ios-ats', 'okhttp', 'trustkit-ios', 'expo', 'android-nsc'] as const) {
    generate(targets[name], file, { javaPackage: 'pins' })
  }
  assert.deepEqual(pinSetFaults(file, now), [])
  assert.ok(performance.now() - startedAt < 5_000)
})

for (const [text, said] of [
  [`sha256/${pin(1)}`, /has a prefix/],
  [pin(1).replace('=', ''), /not the one way/],
  [Buffer.alloc(20, 7).toString('base64'), /decodes to 20 bytes/],
  [Buffer.alloc(32, 0xff).toString('base64url'), /is base64url/],
  ['!'.repeat(44), /no base64/],
] as const) {
  test(`${text} is no pin`, () => {
    const problem = refusal(() =>
      parsed(`  a.example.com:\n    pins:\n      - { role: leaf, sha256: '${text}' }\n`),
    )
    assert.match(problem.detail ?? '', /^pins\.yaml:5:23: /)
    assert.match(problem.detail ?? '', said)
  })
}

test('a text is a pin where it is the base64 of 32 bytes, and nowhere else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 64 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64')
      assert.equal(pinFault(text) === undefined, bytes.length === 32)
    }),
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      if (pinFault(text) !== undefined) return
      assert.equal(Buffer.from(text, 'base64').toString('base64'), text)
      assert.equal(text.length, 44)
    }),
  )
})

for (const name of ['API.example.com', '192.0.2.1', '-a.example.com', 'a..b', 'a.example.com.']) {
  test(`${name} is no host name`, () => {
    const problem = refusal(() =>
      parsed(`  '${name}':\n    pins:\n      - { role: leaf, sha256: '${pin(1)}' }\n`),
    )
    assert.equal(problem.code, 'pins_invalid')
  })
}

const withPins = (lines: readonly string[], more = '') =>
  parsed(
    `  api.example.com:\n${more}    pins:\n${lines.map((line) => `      - { ${line} }\n`).join('')}`,
  )

for (const [name, lines, more, said] of [
  [
    'one pin',
    [`role: leaf, sha256: '${pin(1)}'`],
    '',
    /^pins\.yaml:3:3: there is one pin: when the pinned keys change/,
  ],
  [
    'no backup',
    [`role: leaf, sha256: '${pin(1)}'`, `role: root, sha256: '${pin(2)}'`],
    '',
    /no pin is a backup/,
  ],
  ['a backup alone', [`role: backup, sha256: '${pin(1)}'`], '', /matches no server/],
  [
    'a backup that is another pin',
    [`role: leaf, sha256: '${pin(1)}'`, `role: backup, sha256: '${pin(1)}'`],
    '',
    /the backup is the key of another pin/,
  ],
  [
    'a pin twice',
    [
      `role: leaf, sha256: '${pin(1)}'`,
      `role: root, sha256: '${pin(1)}'`,
      `role: backup, sha256: '${pin(2)}'`,
    ],
    '',
    /the same pin stands here twice/,
  ],
  [
    'pins that are expired',
    [`role: leaf, sha256: '${pin(1)}'`, `role: backup, sha256: '${pin(2)}'`],
    "    expires: '2026-11-22'\n",
    /^pins\.yaml:4:5: the pins are expired/,
  ],
  [
    'whole certificates without one',
    [`role: leaf, sha256: '${pin(1)}'`, `role: backup, sha256: '${pin(2)}'`],
    '    compare: certificate\n',
    /this pin has none/,
  ],
] as const) {
  test(`${name} is refused, at its place`, () => {
    const problem = refusal(() => refuseFaultySets(withPins(lines, more), now))
    assert.equal(problem.code, 'pins_refused')
    assert.match(problem.detail ?? '', said)
  })
}

test('one pin is taken where it is asked for', () => {
  const file = withPins([`role: leaf, sha256: '${pin(1)}'`], '    allowWithoutBackup: true\n')
  refuseFaultySets(file, now)
  assert.deepEqual(pinSetFaults(file, now), [])
})

test('pins that end soon are warned of, and so are certificates', () => {
  const file = withPins(
    [
      `role: leaf, sha256: '${pin(1)}', notAfter: '2026-12-01'`,
      `role: backup, sha256: '${pin(2)}'`,
    ],
    "    expires: '2026-12-10'\n",
  )
  refuseFaultySets(file, now)
  assert.deepEqual(
    pinSetFaults(file, now).map(({ weight, what }) => [weight, what]),
    [
      ['warning', 'the pins expire in 18 days'],
      ['warning', 'the certificate of leaf ends on 2026-12-01'],
    ],
  )
})

test('whole leaf certificates alone are warned of, and what is only reported', () => {
  const file = parsePinsFile(
    fixtures,
    pinsYaml(`  api.example.com:
    compare: certificate
    enforcement: report
    pins:
      - { role: leaf, certificate: root-one.pem }
      - { role: backup, certificate: root-two.pem }
`),
  )
  assert.deepEqual(
    pinSetFaults(file, now).map(({ weight, what }) => [weight, what.split(':')[0]]),
    [
      ['warning', 'whole leaf certificates alone are pinned'],
      ['warning', 'pins are reported and not enforced'],
    ],
  )
})

for (const [lines, said] of [
  ['{ role: root, certificate: missing.pem }', /:5:23: .*missing\.pem: ENOENT/],
  [
    `{ role: root, certificate: root-one.pem, sha256: '${pin(1)}' }`,
    /the pin is that of another key/,
  ],
  [`{ role: root, for: leaf, sha256: '${pin(1)}' }`, /"for" is said of a backup alone/],
  ['{ role: root }', /needs "sha256", "certificate" or both/],
] as const) {
  test(`a pin is refused at its place: ${said.source}`, () => {
    const problem = refusal(() =>
      parsePinsFile(fixtures, pinsYaml(`  a.example.com:\n    pins:\n      - ${lines}\n`)),
    )
    assert.equal(problem.code, 'pins_invalid')
    assert.match(problem.detail ?? '', said)
  })
}
