import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { considerations } from '../../src/assess/considerations.ts'
import { layers } from '../../src/assess/layers.ts'
import {
  answersTo,
  notSure,
  type QuestionName,
  questionNames,
  questions,
  type Situation,
} from '../../src/assess/questions.ts'
import { assess, flips } from '../../src/assess/verdict.ts'

const anySituation = fc.record(
  Object.fromEntries(questionNames.map((name) => [name, fc.constantFrom(...answersTo(name))])),
) as unknown as fc.Arbitrary<Situation>

const layersOf = (situation: Situation): Set<string> =>
  new Set(layers.filter(({ when }) => when(assess(situation).shape, situation)).map(({ id }) => id))

/** Pieces of advice that nobody can follow together. */
const contradictions: readonly (readonly [string, string])[] = [
  ['device-everywhere', 'device-on-some-routes'],
  ['attestation', 'approval'],
  ['dpop', 'dpop-at-the-provider'],
  ['pins', 'no-pins'],
  ['anonymous-tokens', 'sign-out'],
  ['anonymous-tokens', 'step-up'],
  ['host-beside-the-edge', 'certificates-from-the-proxy'],
]

/** Pieces that mean nothing without device certificates. */
const ofDevices = [
  'device-everywhere',
  'device-on-some-routes',
  'attestation',
  'approval',
  'managed-enrolment',
  'user-at-enrolment',
  'host-beside-the-edge',
  'certificates-from-the-proxy',
  'inspection-exempted',
  'exchange',
  'host-for-others',
]

describe('any answers', () => {
  test('end in a verdict with a reason that pulls to it, and in advice that does not contradict itself', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { verdict, shape, balance, reasons, against } = assess(situation)
        assert.ok(reasons.length > 0)
        const hasDevices = shape.devices !== 'none'
        assert.equal(verdict === 'tokens', !hasDevices)
        const side = hasDevices ? 'certificates' : 'tokens'
        assert.ok(reasons.every(({ pull }) => pull.toward === side))
        assert.ok(against.every(({ pull }) => pull.toward !== side))
        if (hasDevices) assert.ok(balance > 0)
        // Something is demanded of somebody, whatever comes out.
        assert.ok(shape.appTokens || shape.devices === 'all-routes')

        const advised = layersOf(situation)
        for (const [one, other] of contradictions) {
          assert.ok(!(advised.has(one) && advised.has(other)), `${one} and ${other}`)
        }
        for (const id of ofDevices) assert.ok(hasDevices || !advised.has(id), id)
        assert.equal(advised.has('tokens'), shape.appTokens || shape.otherHost)
      }),
      { numRuns: 5_000 },
    )
  })

  test('are changed by each flip, which changes one answer, into the verdict that it names', () => {
    fc.assert(
      fc.property(anySituation, (situation) => {
        const { verdict } = assess(situation)
        for (const flip of flips(situation)) {
          const changed = assess({ ...situation, [flip.question]: flip.answer })
          assert.equal(changed.verdict, flip.verdict)
          assert.notEqual(flip.verdict, verdict)
          assert.notEqual(flip.answer, notSure)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('lean no less to certificates where more harm can be done, or more phones are managed', () => {
    const rising: readonly (readonly [QuestionName, readonly string[]])[] = [
      ['harm', ['little', 'personal', 'severe']],
      ['mdm', ['none', 'some', 'all']],
      ['operations', ['part-time', 'on-call']],
      ['fleet', ['unattestable', 'mixed', 'current']],
    ]
    fc.assert(
      fc.property(anySituation, fc.constantFrom(...rising), (situation, [question, answers]) => {
        // The proxies of managed phones can exempt a host: that is a consideration of its own.
        fc.pre(question !== 'mdm' || situation.networks !== 'most')
        const balances = answers.map(
          (answer) => assess({ ...situation, [question]: answer }).balance,
        )
        assert.deepEqual(
          balances,
          balances.toSorted((a, b) => a - b),
        )
      }),
      { numRuns: 2_000 },
    )
  })
})

test('nobody to run it means tokens, whatever else is said', () => {
  fc.assert(
    fc.property(anySituation, (situation) => {
      assert.equal(assess({ ...situation, operations: 'nobody' }).verdict, 'tokens')
    }),
  )
})

test('who knows nothing is told the simpler thing', () => {
  const unknown = Object.fromEntries(questionNames.map((name) => [name, notSure])) as Situation
  const { verdict, reasons } = assess(unknown)
  assert.equal(verdict, 'tokens')
  assert.deepEqual(
    reasons.map(({ id }) => id),
    ['simpler'],
  )
  assert.ok(flips(unknown).length > 0)
})

test('every verdict is reached, and every consideration and layer can apply', () => {
  const verdicts = new Set<string>()
  const applied = new Set<string>()
  const advised = new Set<string>()
  for (const situation of fc.sample(anySituation, { numRuns: 20_000, seed: 7 })) {
    const { verdict, reasons, against, shaping } = assess(situation)
    verdicts.add(verdict)
    for (const { id } of [...reasons, ...against, ...shaping]) applied.add(id)
    for (const id of layersOf(situation)) advised.add(id)
  }
  assert.deepEqual([...verdicts].toSorted(), ['both', 'mutual-tls', 'tokens'])
  assert.deepEqual([...applied].toSorted(), considerations.map(({ id }) => id).toSorted())
  assert.deepEqual([...advised].toSorted(), layers.map(({ id }) => id).toSorted())
})

test('the usual answer of each question is one of its answers, and each answer but a usual one matters', () => {
  const named = new Set(
    considerations.flatMap(({ when }) =>
      Object.entries(when).flatMap(([question, answers]) =>
        answers.map((answer) => `${question}: ${answer}`),
      ),
    ),
  )
  for (const name of questionNames) {
    const { choices, initial } = questions[name]
    assert.ok(Object.hasOwn(choices, initial), name)
    assert.ok(
      Object.keys(choices).filter((answer) => !named.has(`${name}: ${answer}`)).length <= 1,
      `${name}: two answers that change nothing`,
    )
  }
})
